// What the XML part of a WIM says about one image. It may be stale: the image's registry decides.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wimwright/base/clock.h"

namespace ww::wim {

struct ImageInfo {
  int index = 0;  // 1-based
  std::string name;
  std::string description;
  std::string display_name;
  std::string flags;  // edition word of imagex /flags
  std::string edition_id;
  std::string installation_type;
  std::string product_name;
  std::string architecture;  // "x86", "amd64", "arm64", "arm", "ia64"; empty: the XML does not say
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t build = 0;
  std::uint32_t sp_build = 0;
  std::uint32_t sp_level = 0;
  std::vector<std::string> languages;
  std::string default_language;
  std::uint64_t directories = 0;
  std::uint64_t files = 0;
  std::uint64_t total_bytes = 0;
  std::uint64_t hard_link_bytes = 0;
  FileTime created = 0;
  FileTime modified = 0;
};

}  // namespace ww::wim
