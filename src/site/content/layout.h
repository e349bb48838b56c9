// Where the folder library keeps what:
//
//   lock                        shared while something becomes visible, exclusive while it goes
//   FileLib/ab/<digest>         the file, mode 0444; never touched again: who reads it may watch it
//   FileLib/ab/<digest>.map     its block map; can be made again. Its time of modification is that
//   of
//                               the (latest) addition
//   quarantine/<digest>.<n>     files that were not what their name says
//   scratch/<host>-<pid>-<x>/   of one open library; its `lock` is held as long as that lives
#pragma once

#include <filesystem>

#include "wimwright/content/content_id.h"

namespace ww::content {

struct Layout {
  std::filesystem::path dir;

  std::filesystem::path lock() const { return dir / "lock"; }
  std::filesystem::path files() const { return dir / "FileLib"; }
  std::filesystem::path quarantine() const { return dir / "quarantine"; }
  std::filesystem::path scratch() const { return dir / "scratch"; }
  std::filesystem::path FolderOf(const ContentId& id) const {
    return files() / id.ToText().substr(0, 2);
  }
  std::filesystem::path FileOf(const ContentId& id) const { return FolderOf(id) / id.ToText(); }
  std::filesystem::path MapOf(const ContentId& id) const {
    return FolderOf(id) / (id.ToText() + ".map");
  }
};

}  // namespace ww::content
