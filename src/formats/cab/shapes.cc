#include "shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "cix_index.h"
#include "names.h"
#include "wimwright/base/text.h"

namespace ww::cab {
namespace {

bool AtRoot(std::string_view name) { return name.find('\\') == std::string_view::npos; }

bool Contains(std::string_view text, std::string_view lower_case_part) {
  return ToLowerAscii(text).find(lower_case_part) != std::string::npos;
}

bool AnyAtRoot(const Members& members, bool (*matches)(std::string_view)) {
  const auto& list = members.list();
  return std::any_of(list.begin(), list.end(),
                     [matches](const Member& m) { return AtRoot(m.name) && matches(m.name); });
}

// Setup dynamic updates bring some of these (windows-servicing.md 1.9).
constexpr std::array<std::string_view, 4> kSetupPrograms = {"setup.exe", "setupprep.exe",
                                                            "setuphost.exe", "setupplatform.dll"};

// What the installer brings for itself, and metadata about the update.
bool IsCompanion(std::string_view name) {
  return EqualNoCaseAscii(name, "WSUSSCAN.cab") || StartsWithNoCase(name, "DesktopDeployment") ||
         Contains(name, "aggregatedmetadata");
}

// By name only: what it really is, its content says.
bool MayHoldPackage(std::string_view name) {
  return EndsWithNoCase(name, ".cab") || EndsWithNoCase(name, ".wim");
}

// A cabinet is an MSU when something beside its cabinets, or their names, says so: other software
// ships cabinets inside cabinets too.
bool LooksLikeMsu(std::string_view name) {
  if (EndsWithNoCase(name, "pkgProperties.txt") || IsCompanion(name)) return true;
  if (!MayHoldPackage(name) && !EndsWithNoCase(name, ".psf")) return false;
  const auto lower = ToLowerAscii(name);
  if (lower.rfind("ssu-", 0) == 0) return true;
  const auto kb = lower.find("kb");
  return kb != std::string::npos && kb + 2 < lower.size() && lower[kb + 2] >= '0' &&
         lower[kb + 2] <= '9';
}

// 7 for "Cab7.cab", else 0.
std::size_t NumberInSet(std::string_view name) {
  if (!StartsWithNoCase(name, "cab") || !EndsWithNoCase(name, ".cab") || name.size() < 8) return 0;
  const auto digits = name.substr(3, name.size() - 7);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
}

}  // namespace

Shape ShapeOf(const Members& members) {
  const auto has = [&members](std::string_view name) { return members.Find(name).has_value(); };
  if (has(kCixName)) return Shape::kIntraDelta;
  if (AnyAtRoot(members, [](std::string_view n) { return EndsWithNoCase(n, ".psf.cix.xml"); })) {
    return Shape::kExpress;
  }
  if (AnyAtRoot(members, [](std::string_view n) { return EndsWithNoCase(n, "cablist.ini"); })) {
    return Shape::kCabinetSet;
  }
  if (has("update.mum")) {
    const bool fod =
        AnyAtRoot(members, [](std::string_view n) { return Contains(n, "fodmetadataservicing"); });
    return fod ? Shape::kFodMetadata : Shape::kPlain;
  }
  if (has("package.cab") || has("package.xml")) return Shape::kScan;
  for (const std::string_view name : kSetupPrograms) {
    if (has(name)) return Shape::kSetup;
  }
  const bool msu = AnyAtRoot(members, [](std::string_view n) { return LooksLikeMsu(n); });
  const bool cabinets = AnyAtRoot(members, [](std::string_view n) {
    return (MayHoldPackage(n) && !IsCompanion(n)) || EndsWithNoCase(n, ".psf");
  });
  return msu && cabinets ? Shape::kMsu : Shape::kOther;
}

Result<std::vector<std::size_t>> CabinetsOfSet(const Members& members) {
  std::vector<std::pair<std::size_t, std::size_t>> numbered;
  for (std::size_t i = 0; i < members.list().size(); ++i) {
    const auto number = NumberInSet(members.list()[i].name);
    if (number != 0) numbered.emplace_back(number, i);
  }
  std::sort(numbered.begin(), numbered.end());
  std::vector<std::size_t> out;
  for (const auto& [number, index] : numbered) {
    if (number != out.size() + 1) {
      return Fail(Code::kCorrupt,
                  fmt::format("Cab{}.cab of the cabinet set is missing or double", out.size() + 1));
    }
    out.push_back(index);
  }
  if (out.empty()) return Fail(Code::kCorrupt, "the cabinet set has a list but no cabinets");
  return out;
}

std::vector<std::size_t> PackageCandidates(const Members& msu) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < msu.list().size(); ++i) {
    const auto& name = msu.list()[i].name;
    if (AtRoot(name) && MayHoldPackage(name) && !IsCompanion(name)) out.push_back(i);
  }
  return out;
}

std::vector<std::size_t> PsfsOf(const Members& members) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < members.list().size(); ++i) {
    const auto& name = members.list()[i].name;
    if (AtRoot(name) && EndsWithNoCase(name, ".psf")) out.push_back(i);
  }
  return out;
}

std::vector<std::string> DescribeDeltaPayload(const Members& members) {
  constexpr std::array<std::string_view, 3> kFolders = {"f", "r", "n"};
  constexpr std::array<std::string_view, 3> kKinds = {"forward", "reverse", "null"};
  std::array<std::size_t, 3> counts{};
  for (const auto& member : members.list()) {
    // Directly in a component directory: root folders are component names. The file may lie deeper,
    // where the payload does (windows-servicing.md 6.5).
    const auto component = member.name.find('\\');
    if (component == std::string::npos) continue;
    const auto rest = std::string_view(member.name).substr(component + 1);
    const auto end = rest.find('\\');
    if (end == std::string_view::npos) continue;
    const auto folder = rest.substr(0, end);
    for (std::size_t i = 0; i < kFolders.size(); ++i) {
      if (EqualNoCaseAscii(folder, kFolders[i])) ++counts[i];
    }
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    out.push_back(fmt::format("{} deltas ({}\\), {} files", kKinds[i], kFolders[i], counts[i]));
  }
  return out;
}

}  // namespace ww::cab
