// The metadata of a WIM as SMS_ImagePackage.ImageProperty has it: XML that is made from the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wimwright/base/file.h"
#include "wimwright/base/result.h"

namespace ww::provider {

struct ImageProperties {
  std::string xml;         // ImageProperty
  std::string os_version;  // of the first index: "10.0.14393.2312"
  std::uint64_t bytes = 0;
};

// One index, as SMS_ImageInformation shows it.
struct IndexProperties {
  int index = 0;
  std::string name, description, architecture, os_version, product_type, language, created,
      hal_type;
  std::uint64_t bytes = 0;
};

// Where a package's source is on this machine: the WIM itself, or sources/install.wim of a folder
// of Windows setup. Nothing: a UNC path or a Windows drive, which this server cannot look into.
std::optional<std::filesystem::path> LocalWim(std::string_view source_path);

Result<ImageProperties> ReadImageProperties(FileSystem& fs, const std::filesystem::path& wim);
// Back from the XML. Text that is none of ours gives no index.
std::vector<IndexProperties> IndexesOf(std::string_view xml);

}  // namespace ww::provider
