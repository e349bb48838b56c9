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

// Looks into WimFile on behalf of the functions of this module that read what it does not show.
class StateAccess {
 public:
  static const File& FileOf(const WimFile& wim) { return *wim.state_->file; }
};

}  // namespace ww::wim
