#include "wimwright/manifest/variables.h"

#include <fmt/format.h>
#include <optional>

#include "path_check.h"
#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

// Genuine paths end near 200 characters; NTFS allows 32767.
constexpr std::size_t kMaxText = 65536;
constexpr std::size_t kMaxPath = 32767;

struct Macro {
  std::string_view name;
  std::string_view native;
  std::string_view redirected;  // empty: as native
};

// windows-servicing.md 3.5. bootDrive is the volume itself.
constexpr Macro kMacros[] = {
    {"windows", "\\Windows", {}},
    {"windir", "\\Windows", {}},
    {"systemroot", "\\Windows", {}},
    {"system32", "\\Windows\\System32", "\\Windows\\SysWOW64"},
    {"syswow64", "\\Windows\\SysWOW64", {}},
    {"drivers", "\\Windows\\System32\\drivers", "\\Windows\\SysWOW64\\drivers"},
    {"wbem", "\\Windows\\System32\\wbem", "\\Windows\\SysWOW64\\wbem"},
    {"inf", "\\Windows\\INF", {}},
    {"fonts", "\\Windows\\Fonts", {}},
    {"help", "\\Windows\\Help", {}},
    {"apppatch", "\\Windows\\AppPatch", {}},
    {"bootdrive", "", {}},
    {"programfiles", "\\Program Files", "\\Program Files (x86)"},
    {"commonfiles", "\\Program Files\\Common Files", "\\Program Files (x86)\\Common Files"},
    {"programfilesx86", "\\Program Files (x86)", {}},
    {"commonfilesx86", "\\Program Files (x86)\\Common Files", {}},
    {"programdata", "\\ProgramData", {}},
    {"public", "\\Users\\Public", {}},
    {"userprofile", "\\Users\\Default", {}},
    {"documentssettings", "\\Users", {}},
};

// Known by name, but public sources contradict each other or nobody knows: never guessed.
constexpr std::string_view k64BitOnly[] = {"syswow64", "programfilesx86", "commonfilesx86"};
constexpr std::string_view kAmbiguous[] = {"system", "startmenu", "startup",
                                           "root",   "apps",      "data"};

template <std::size_t N>
bool IsOneOf(const std::string_view (&words)[N], std::string_view text) {
  for (const auto word : words) {
    if (EqualNoCaseAscii(word, text)) return true;
  }
  return false;
}

std::optional<std::string_view> DirectoryOf(std::string_view name, bool redirected) {
  for (const auto& macro : kMacros) {
    if (!EqualNoCaseAscii(macro.name, name)) continue;
    return redirected && !macro.redirected.empty() ? macro.redirected : macro.native;
  }
  return std::nullopt;
}

enum class Family { k32, k64, kNeutral };

std::optional<Family> FamilyOf(std::string_view architecture) {
  if (EqualNoCaseAscii(architecture, "x86") || EqualNoCaseAscii(architecture, "wow64")) {
    return Family::k32;
  }
  if (EqualNoCaseAscii(architecture, "amd64") || EqualNoCaseAscii(architecture, "arm64") ||
      EqualNoCaseAscii(architecture, "ia64")) {
    return Family::k64;
  }
  if (EqualNoCaseAscii(architecture, "msil") || EqualNoCaseAscii(architecture, "neutral")) {
    return Family::kNeutral;
  }
  return std::nullopt;
}

}  // namespace

Result<Variables> Variables::For(std::string_view component_architecture,
                                 std::string_view image_architecture) {
  const auto component = FamilyOf(component_architecture);
  const auto image = FamilyOf(image_architecture);
  const bool same = EqualNoCaseAscii(component_architecture, image_architecture);
  if (same && EqualNoCaseAscii(image_architecture, "arm")) return Variables(false, false);
  if (component && image && *image != Family::kNeutral &&
      !EqualNoCaseAscii(image_architecture, "wow64")) {
    const bool wide = *image == Family::k64;
    if (same || *component == Family::kNeutral) return Variables(false, wide);
    if (*component == Family::k32 && wide) return Variables(true, true);
  }
  return Fail(Code::kUnsupported, fmt::format("directories of {} components in {} images",
                                              component_architecture, image_architecture));
}

Result<std::string> Variables::Replace(std::string_view text, std::string_view drive) const {
  if (text.size() > kMaxText) return Fail(Code::kLimit, "text with macros is too long");
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto begin = text.find("$(", at);
    out.append(text.substr(at, begin - at));
    if (begin == std::string_view::npos) break;
    const auto end = text.find(')', begin);
    const auto macro = text.substr(begin + 2, end == std::string_view::npos ? 60 : end - begin - 2);
    if (end == std::string_view::npos) {
      return Fail(Code::kCorrupt, fmt::format("the macro '$({}' does not end", macro));
    }
    constexpr std::string_view kPrefix = "runtime.";
    const bool runtime = EqualNoCaseAscii(macro.substr(0, kPrefix.size()), kPrefix);
    const auto name = runtime ? macro.substr(kPrefix.size()) : std::string_view();
    const auto directory = DirectoryOf(name, redirected_);
    if (!runtime || !directory) {
      return Fail(Code::kUnsupported,
                  fmt::format("the macro '$({})' {}", macro.substr(0, 100),
                              runtime && IsOneOf(kAmbiguous, name) ? "has no agreed meaning"
                                                                   : "is not known"));
    }
    if (!wide_ && IsOneOf(k64BitOnly, name)) {
      return Fail(Code::kUnsupported, fmt::format("the macro '$({})' in a 32-bit image", macro));
    }
    out.append(drive).append(*directory);
    if (out.size() > 2 * kMaxText) return Fail(Code::kLimit, "expanded text is too long");
    at = end + 1;
  }
  return out;
}

Result<std::string> Variables::ExpandText(std::string_view text) const {
  return Replace(text, "C:");
}

Result<std::string> Variables::ExpandPath(std::string_view text) const {
  const auto bad = [text](Code code, std::string_view why) {
    return Fail(code, fmt::format("the path '{}' cannot be used: {}", text.substr(0, 300), why));
  };
  if (!text.starts_with("$(")) return bad(Code::kUnsupported, "it does not begin with a macro");
  if (text.find("$(", 2) != std::string_view::npos) {
    return bad(Code::kUnsupported, "it has more than one macro");
  }
  const auto end = text.find(')');
  if (end != std::string_view::npos && end + 1 < text.size() && text[end + 1] != '\\') {
    return bad(Code::kUnsupported, "no backslash behind its macro");
  }
  WW_TRY(const auto expanded, Replace(text, ""), "path");
  std::string path;
  std::string_view rest = expanded;
  while (!rest.empty()) {
    const auto slash = rest.find('\\');
    const auto part = rest.substr(0, slash);
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
    if (part.empty()) continue;
    if (const auto why = WhatIsWrongWithPart(part); !why.empty()) return bad(Code::kCorrupt, why);
    path.append("\\").append(part);
  }
  if (path.size() > kMaxPath) return bad(Code::kLimit, "it is too long");
  return path.empty() ? "\\" : path;
}

}  // namespace ww::manifest
