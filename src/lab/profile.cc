#include "profile.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "wimwright/base/text.h"

namespace ww::lab {
namespace {

struct Macro {
  std::string_view name, native, redirected;
};

// windows-servicing.md 3.5. `redirected`: x86 and wow64 components of 64-bit images.
constexpr std::array<Macro, 22> kMacros = {{
    {"system32", "Windows\\System32", "Windows\\SysWOW64"},
    {"syswow64", "Windows\\SysWOW64", "Windows\\SysWOW64"},
    {"drivers", "Windows\\System32\\drivers", "Windows\\SysWOW64\\drivers"},
    {"wbem", "Windows\\System32\\wbem", "Windows\\SysWOW64\\wbem"},
    {"windows", "Windows", "Windows"},
    {"windir", "Windows", "Windows"},
    {"systemroot", "Windows", "Windows"},
    {"inf", "Windows\\INF", "Windows\\INF"},
    {"fonts", "Windows\\Fonts", "Windows\\Fonts"},
    {"help", "Windows\\Help", "Windows\\Help"},
    {"apppatch", "Windows\\AppPatch", "Windows\\AppPatch"},
    {"programfiles", "Program Files", "Program Files (x86)"},
    {"commonfiles", "Program Files\\Common Files", "Program Files (x86)\\Common Files"},
    {"programfilesx86", "Program Files (x86)", "Program Files (x86)"},
    {"commonfilesx86", "Program Files (x86)\\Common Files", "Program Files (x86)\\Common Files"},
    {"programdata", "ProgramData", "ProgramData"},
    {"public", "Users\\Public", "Users\\Public"},
    {"userprofile", "Users\\Default", "Users\\Default"},
    {"documentssettings", "Users", "Users"},
    {"bootdrive", "", ""},
    {"systemdrive", "", ""},
    {"root", "", ""},
}};

const Macro* FindMacro(std::string_view name) {
  for (const Macro& macro : kMacros) {
    if (EqualNoCaseAscii(macro.name, name)) return &macro;
  }
  return nullptr;
}

constexpr std::string_view kOpen = "$(runtime.";

bool Redirected(std::string_view component, std::string_view image) {
  return image == "amd64" && (component == "x86" || component == "wow64");
}

}  // namespace

std::string Profile::build_text() const { return ubr == 0 ? "" : fmt::format("{}.{}", build, ubr); }

Profile Windows7(std::string_view architecture) {
  Profile p;
  p.name = "win7sp1";
  p.architecture = architecture;
  p.product = "Windows 7";
  p.major = 6;
  p.minor = 1;
  p.build = 7601;
  p.rtm = "6.1.7601.17514";
  p.level = "6.1.7601.18247";
  p.stack = "6.1.7601.17592";
  p.service_pack = "Service Pack 1";
  p.build_lab = fmt::format("7601.17514.{}fre.win7sp1_rtm.101119-1850", architecture);
  p.catalogs = CatalogForm::kSha1Tags;
  p.packed_manifests = false;
  p.editions = {{"Professional", "Windows 7 Professional"}, {"Ultimate", "Windows 7 Ultimate"}};
  return p;
}

Profile Windows81(std::string_view architecture) {
  Profile p;
  p.name = "win81";
  p.architecture = architecture;
  p.product = "Windows 8.1";
  p.major = 6;
  p.minor = 3;
  p.build = 9600;
  p.rtm = "6.3.9600.16384";
  p.level = "6.3.9600.17031";
  p.stack = "6.3.9600.17031";
  p.build_lab = fmt::format("9600.17031.{}fre.winblue_gdr.140221-1952", architecture);
  p.editions = {{"Professional", "Windows 8.1 Pro"}};
  return p;
}

Profile Windows10(std::string_view architecture) {
  Profile p;
  p.name = "win10-1607";
  p.architecture = architecture;
  p.product = "Windows 10";
  p.build = 14393;
  p.ubr = 2312;
  p.rtm = "10.0.14393.0";
  p.level = "10.0.14393.2312";
  p.stack = "10.0.14393.2273";
  p.release_id = "1607";
  p.build_lab = fmt::format("14393.2312.{}fre.rs1_release.180607-1919", architecture);
  p.editions = {{"Professional", "Windows 10 Pro"}, {"Enterprise", "Windows 10 Enterprise"}};
  return p;
}

Profile Windows10October2018() {
  Profile p;
  p.name = "win10-1809";
  p.architecture = "amd64";
  p.product = "Windows 10";
  p.build = 17763;
  p.ubr = 1;
  p.rtm = p.level = p.stack = "10.0.17763.1";
  p.release_id = "1809";
  p.build_lab = "17763.1.amd64fre.rs5_release.180914-1434";
  p.editions = {{"Professional", "Windows 10 Pro"}};
  return p;
}

Profile Windows10May2020() {
  Profile p = Windows10October2018();
  p.name = "win10-2004";
  p.build = 19041;
  p.rtm = p.level = p.stack = "10.0.19041.1";
  p.release_id = "2004";
  p.build_lab = "19041.1.amd64fre.vb_release.191206-1406";
  return p;
}

Profile Windows11Year2024() {
  Profile p;
  p.name = "win11-24h2";
  p.architecture = "amd64";
  p.product = "Windows 11";
  p.build = 26100;
  p.ubr = 1;
  p.rtm = p.level = p.stack = "10.0.26100.1";
  p.release_id = "2009";
  p.build_lab = "26100.1.amd64fre.ge_release.240331-1435";
  p.editions = {{"Professional", "Windows 11 Pro"}};
  return p;
}

Profile AtLevel(Profile profile, unsigned ubr) {
  profile.ubr = ubr;
  profile.level = fmt::format("10.0.{}.{}", profile.build, ubr);
  profile.stack = fmt::format("10.0.{}.{}", profile.build, ubr - 1);
  return profile;
}

std::string RealDirectory(std::string_view destination, std::string_view component_architecture,
                          std::string_view image_architecture) {
  if (!EqualNoCaseAscii(destination.substr(0, kOpen.size()), kOpen)) return "";
  const std::size_t close = destination.find(')');
  if (close == std::string_view::npos) return "";
  const Macro* const macro = FindMacro(destination.substr(kOpen.size(), close - kOpen.size()));
  if (macro == nullptr) return "";
  std::string path(Redirected(component_architecture, image_architecture) ? macro->redirected
                                                                          : macro->native);
  std::string_view rest = destination.substr(close + 1);
  while (!rest.empty() && rest.front() == '\\') rest.remove_prefix(1);
  while (!rest.empty() && rest.back() == '\\') rest.remove_suffix(1);
  if (!rest.empty()) {
    if (!path.empty()) path += '\\';
    path += rest;
  }
  return path;
}

std::string RealText(std::string_view text, std::string_view component_architecture,
                     std::string_view image_architecture) {
  std::string out;
  while (true) {
    const std::size_t open = text.find(kOpen);
    const std::size_t close = text.find(')', open);
    if (open == std::string_view::npos || close == std::string_view::npos) break;
    out += text.substr(0, open);
    const std::string_view macro = text.substr(open, close - open + 1);
    if (FindMacro(macro.substr(kOpen.size(), macro.size() - kOpen.size() - 1)) == nullptr) {
      out += macro;
    } else {
      out += "C:\\" + RealDirectory(macro, component_architecture, image_architecture);
    }
    text.remove_prefix(close + 1);
  }
  return out + std::string(text);
}

}  // namespace ww::lab
