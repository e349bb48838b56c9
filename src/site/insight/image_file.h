// The file of an image's version, for somebody who may read the image.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "wimwright/insight/insight.h"

namespace ww::insight {

struct ImageFile {
  std::string package_id;
  std::uint32_t version = 0;
  std::filesystem::path path;  // in the content library
  std::uint64_t bytes = 0;
};

// Without a version: the current one. kObjectMissing for images that the caller may not read, too.
Result<ImageFile> FileOfVersion(provider::LongMethodCall& m, const InsightOptions& options,
                                std::optional<std::uint32_t> version);

}  // namespace ww::insight
