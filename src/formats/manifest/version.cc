#include "wimwright/manifest/version.h"

namespace ww::manifest {

std::optional<Version> Version::Parse(std::string_view text) {
  Version version;
  std::size_t at = 0;
  for (std::size_t part = 0; part < 4; ++part) {
    if (part > 0) {
      if (at >= text.size() || text[at] != '.') return std::nullopt;
      ++at;
    }
    const std::size_t begin = at;
    std::uint32_t value = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      value = value * 10 + static_cast<std::uint32_t>(text[at] - '0');
      if (value > 0xFFFF) return std::nullopt;
      ++at;
    }
    if (at == begin || (text[begin] == '0' && at - begin > 1)) return std::nullopt;
    version.parts[part] = static_cast<std::uint16_t>(value);
  }
  if (at != text.size()) return std::nullopt;
  return version;
}

std::string Version::ToString() const {
  return MajorMinor() + "." + std::to_string(parts[2]) + "." + std::to_string(parts[3]);
}

std::string Version::MajorMinor() const {
  return std::to_string(parts[0]) + "." + std::to_string(parts[1]);
}

}  // namespace ww::manifest
