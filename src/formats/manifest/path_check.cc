#include "path_check.h"

#include <string>

#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

// Device names cannot be opened as files, whatever their extension.
bool IsDeviceName(std::string_view part) {
  const std::string base = ToUpperAscii(part.substr(0, part.find('.')));
  if (base == "CON" || base == "PRN" || base == "AUX" || base == "NUL") return true;
  return base.size() == 4 && (base.starts_with("COM") || base.starts_with("LPT")) &&
         base[3] >= '1' && base[3] <= '9';
}

}  // namespace

std::string_view WhatIsWrongWithPart(std::string_view part) {
  constexpr std::size_t kMaxPart = 255 * 3;  // UTF-8 of the 255 units that NTFS allows
  constexpr std::string_view kForbidden = "\\/:*?\"<>|";
  if (part.empty()) return "a name is empty";
  if (part.size() > kMaxPart) return "a name is too long";
  if (part == "." || part == "..") return "it leaves its directory";
  if (part.back() == '.' || part.back() == ' ') return "a name ends with a dot or space";
  if (IsDeviceName(part)) return "a name is a device";
  for (const char c : part) {
    if (static_cast<unsigned char>(c) < 0x20 || kForbidden.find(c) != std::string_view::npos) {
      return "a name has a character that Windows does not allow";
    }
  }
  return {};
}

std::string_view WhatIsWrongWithRelativePath(std::string_view path) {
  constexpr std::size_t kMaxPath = 4096;
  if (path.size() > kMaxPath) return "the path is too long";
  while (true) {
    const auto slash = path.find('\\');
    if (const auto why = WhatIsWrongWithPart(path.substr(0, slash)); !why.empty()) return why;
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
}

}  // namespace ww::manifest
