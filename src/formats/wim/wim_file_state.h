// The representation of WimFile, shared with Editor.
#pragma once

#include "wimwright/wim/wim_file.h"

namespace ww::wim {

struct WimFile::State {
  std::unique_ptr<File> file;
  std::filesystem::path path;
  std::uint64_t file_size = 0;
  Header header;
  BlobTable blobs;
  std::string xml;
  std::vector<ImageInfo> images;
  TailInfo tail;
};

}  // namespace ww::wim
