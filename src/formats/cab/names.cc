#include "names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "wimwright/base/text.h"

namespace ww::cab {
namespace {

constexpr std::size_t kMaxComponents = 32;
constexpr std::size_t kMaxNameBytes = 1024;
constexpr std::size_t kMaxComponentUnits = 255;  // NTFS

tl::unexpected<Error> BadName(std::string_view name, std::string_view why) {
  std::string shown;
  for (const char c : name.substr(0, 200)) shown += (c >= 0x20 && c < 0x7F) ? c : '?';
  return Fail(Code::kCorrupt, fmt::format("member name \"{}\" {}", shown, why));
}

// CON, PRN, AUX, NUL, CONIN$, CONOUT$, COM0-9, LPT0-9 and their superscript forms, with or without
// an extension: Windows opens the device, whatever the folder.
bool IsDeviceName(std::string_view component) {
  const auto stem_end = component.find('.');
  auto stem = ToUpperAscii(component.substr(0, stem_end));
  while (!stem.empty() && stem.back() == ' ') stem.pop_back();
  constexpr std::array<std::string_view, 6> kNames = {"CON", "PRN",    "AUX",
                                                      "NUL", "CONIN$", "CONOUT$"};
  if (std::find(kNames.begin(), kNames.end(), stem) != kNames.end()) return true;
  if (stem.rfind("COM", 0) != 0 && stem.rfind("LPT", 0) != 0) return false;
  const std::string_view number = std::string_view(stem).substr(3);
  if (number.size() == 1) return number[0] >= '0' && number[0] <= '9';
  return number == "\xC2\xB9" || number == "\xC2\xB2" || number == "\xC2\xB3";
}

bool IsForbidden(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u < 0x20 || u == 0x7F || std::string_view("<>:\"|?*").find(c) != std::string_view::npos;
}

Status CheckComponent(std::string_view name, std::string_view component) {
  if (component.empty()) return BadName(name, "is absolute or has an empty component");
  if (component == "..") return BadName(name, "leaves its folder");
  if (component.back() == '.' || component.back() == ' ') {
    return BadName(name, "has a component that ends in a dot or blank");
  }
  if (std::any_of(component.begin(), component.end(), IsForbidden)) {
    return BadName(name, "has a character that no Windows file name may have");
  }
  if (IsDeviceName(component)) return BadName(name, "is the name of a device");
  const auto units = Utf8ToUtf16(component);
  if (!units) return BadName(name, "is not valid UTF-8");
  if (units->size() > kMaxComponentUnits)
    return BadName(name, "has a component of more than 255 units");
  return {};
}

}  // namespace

Result<std::string> NormaliseMemberName(std::string_view name) {
  if (name.empty()) return BadName(name, "is empty");
  if (name.size() > kMaxNameBytes) return BadName(name, "is longer than 1024 bytes");
  std::string out;
  out.reserve(name.size());
  std::size_t components = 0;
  for (std::size_t at = 0; at <= name.size();) {
    auto end = name.find_first_of("\\/", at);
    if (end == std::string_view::npos) end = name.size();
    const auto component = name.substr(at, end - at);
    at = end + 1;
    if (component == ".") continue;
    WW_RETURN_IF_ERROR(CheckComponent(name, component));
    if (++components > kMaxComponents) return BadName(name, "has more than 32 components");
    if (!out.empty()) out += '\\';
    out += component;
  }
  if (out.empty()) return BadName(name, "names no file");
  return out;
}

std::string_view BaseName(std::string_view name) {
  const auto slash = name.rfind('\\');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

bool EndsWithNoCase(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() &&
         EqualNoCaseAscii(text.substr(text.size() - suffix.size()), suffix);
}

bool StartsWithNoCase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && EqualNoCaseAscii(text.substr(0, prefix.size()), prefix);
}

}  // namespace ww::cab
