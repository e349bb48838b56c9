#include "families.h"

#include <fmt/format.h>

#include <algorithm>

#include "driver_family.h"
#include "pe_writer.h"
#include "wimwright/base/text.h"
#include "words.h"

namespace ww::lab {
namespace {

constexpr std::string_view kSystem32 = "$(runtime.system32)\\";
constexpr std::string_view kDrivers = "$(runtime.drivers)\\";
constexpr std::string_view kWbem = "$(runtime.wbem)\\";
constexpr std::string_view kCurrentVersion =
    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
constexpr unsigned kFirstEnabledLine = 18362;  // 18363 is one

struct Context {
  const Workshop& shop;
  const Profile& profile;
  std::string_view architecture;
  std::string_view version;
  std::uint32_t revision;

  // Not a twin: twins share directories such as \\Windows\\Help and must not share files there.
  bool native() const { return architecture == profile.architecture; }
};

PayloadFile Program(const Context& c, std::string_view name,
                    std::string_view destination = kSystem32) {
  PayloadFile file;
  file.name = name;
  file.destination = destination;
  file.content = c.shop.Code(name, c.architecture, c.revision);
  return file;
}

PayloadFile TextFile(const Context& c, std::string_view name, std::string_view destination) {
  PayloadFile file = Program(c, name, destination);
  file.content = c.shop.Text(name, c.revision);
  return file;
}

void FillStack(const Context& c, Component& component) {
  const std::uint16_t machine = c.architecture == "amd64" ? 0x8664 : 0x14C;
  PayloadFile wcp = Program(c, "wcp.dll", "");
  wcp.content = Content::Literal(MakeResourceLibrary(machine, 614, 1, LabBaseManifest()));
  component.files.push_back(std::move(wcp));
  for (std::string_view name : {"cbscore.dll", "dpx.dll", "CbsMsg.dll", "poqexec.exe",
                                "drvstore.dll", "wdscore.dll", "TrustedInstaller.exe"}) {
    component.files.push_back(Program(c, name, ""));
  }
  component.categories = {"ServicingStackComponent"};
}

void FillRevision(const Context& c, Component& component) {
  const auto version = manifest::Version::Parse(c.version);
  const unsigned revision = version ? version->revision() : 0;
  RegistryKey key{std::string(kCurrentVersion),
                  {{"UBR", "REG_DWORD", fmt::format("0x{:08x}", revision)},
                   {"BuildLabEx", "REG_SZ",
                    fmt::format("{}.{}.{}fre.rs1_release.180607-1919", c.profile.build, revision,
                                c.profile.architecture)}},
                  {}};
  // Where an enablement package may raise the build, the update says nothing about it: one file
  // serves both builds, and a value has one owner.
  if (c.profile.build < kFirstEnabledLine) {
    key.values.push_back({"CurrentBuild", "REG_SZ", fmt::format("{}", c.profile.build)});
  }
  component.registry.push_back(std::move(key));
}

void FillPackageManager(const Context& c, Component& component) {
  component.files = {Program(c, "pkgmgr.exe"), Program(c, "ssshim.dll")};
}

void FillWinProviders(const Context& c, Component& component) {
  for (std::string_view name :
       {"AppxProvider.dll", "AssocProvider.dll", "CbsProvider.dll", "CompatProvider.dll",
        "DmiProvider.dll", "FolderProvider.dll", "GenericProvider.dll", "ImagingProvider.dll",
        "IntlProvider.dll", "OSProvider.dll", "SmiProvider.dll", "UnattendProvider.dll"}) {
    component.files.push_back(Program(c, name, "$(runtime.system32)\\Dism\\"));
  }
}

void FillSmiEngine(const Context& c, Component& component) {
  component.files = {Program(c, "smiengine.dll"), Program(c, "SmiInstaller.dll"),
                     Program(c, "smipi.dll", "")};
}

void FillReporting(const Context& c, Component& component) {
  component.files = {Program(c, "labdeploy.dll"), TextFile(c, "labdeploy.xsl", kSystem32)};
}

void FillService(const Context& c, Component& component) {
  component.files = {Program(c, "labbridge.dll")};
  Service service;
  service.name = "LabBridge";
  service.display_name = "@%systemroot%\\system32\\labbridge.dll,-101";
  service.description =
      fmt::format("@%systemroot%\\system32\\labbridge.dll,-{}", c.revision < 2 ? 102 : 103);
  service.start = "demand";
  service.type = "win32ShareProcess";
  service.error_control = "normal";
  service.image_path = "%systemroot%\\system32\\svchost.exe -k netsvcs";
  service.object_name = "LocalSystem";
  service.depend_on_service = c.revision < 2 ? "RpcSs" : "RpcSs,LabFilter";
  service.required_privileges = "SeChangeNotifyPrivilege,SeImpersonatePrivilege";
  service.sid_type = "unrestricted";
  service.svchost_group = "netsvcs";
  component.services.push_back(std::move(service));
  component.registry.push_back(
      {"HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\LabBridge\\Parameters",
       {{"ServiceDll", "REG_EXPAND_SZ", "%SystemRoot%\\system32\\labbridge.dll"},
        {"QueueLength", "REG_DWORD", c.revision < 2 ? "0x00000010" : "0x00000020"}},
       {}});
  component.dependencies.push_back(
      {ComponentId(kServiceResources, c.version, c.architecture, "*"), true});
}

void FillResources(const Context& c, Component& component) {
  component.id.language = "en-us";
  component.files = {Program(c, "labbridge.dll.mui", "$(runtime.system32)\\en-US\\")};
}

void FillFilterDriver(const Context& c, Component& component) {
  component.files = {Program(c, "labfilter.sys", kDrivers)};
  Service service;
  service.name = "LabFilter";
  service.display_name = "Lab Filter";
  service.start = "boot";
  service.type = "kernelDriver";
  service.error_control = "critical";
  service.image_path = "system32\\drivers\\labfilter.sys";
  service.group = "Filter";
  component.services.push_back(std::move(service));
  component.registry = {
      {"HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\LabFilter\\Parameters",
       {{"Depth", "REG_DWORD", fmt::format("{}", 4 + c.revision)}},
       {}}};
  component.categories = {"BootCritical"};
}

void FillMutable(const Context& c, Component& component) {
  PayloadFile journal = TextFile(c, "labjournal.ini", "$(runtime.programData)\\Lab\\Journal\\");
  journal.is_mutable = true;
  component.files = {Program(c, "labjournal.dll"), std::move(journal)};
}

void FillWmi(const Context& c, Component& component) {
  PayloadFile mof = TextFile(c, "labwmi.mof", kWbem);
  // The text of the class does not change from version to version.
  mof.content = c.shop.Text("labwmi.mof", 0);
  component.files = {Program(c, "labwmi.dll", kWbem), std::move(mof)};
  component.effects = "  <mof name=\"$(runtime.wbem)\\labwmi.mof\" />\n";
}

void FillTask(const Context& c, Component& component) {
  component.files = {Program(c, "labtask.exe")};
  component.effects =
      "  <taskScheduler><Task "
      "xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\"><RegistrationInfo>"
      "<URI>Lab\\Cleanup</URI></RegistrationInfo><Triggers><LogonTrigger><Enabled>true</Enabled>"
      "</LogonTrigger></Triggers><Actions><Exec><Command>%windir%\\system32\\labtask.exe"
      "</Command></Exec></Actions></Task></taskScheduler>\n";
}

void FillSettings(const Context& c, Component& component) {
  component.files = {Program(c, "labsettings.dll")};
  component.effects = fmt::format(
      "  <migration settingsVersion=\"0\"><supportedComponents><supportedComponent>"
      "<supportedComponentIdentity language=\"neutral\" name=\"{0}\" processorArchitecture=\"{1}\" "
      "settingsVersionRange=\"0\" /></supportedComponent></supportedComponents></migration>\n"
      "  <configuration><configurationSchema><xsd:schema "
      "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" targetNamespace=\"{0}\" version=\"{2}\" />"
      "</configurationSchema></configuration>\n",
      kSettings, c.architecture, c.version);
}

void FillPolicy(const Context& c, Component& component) {
  const std::string root = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Lab\\Policy";
  component.registry = {{root,
                         {{"", "REG_SZ", "Lab policy"},
                          {"Level", "REG_DWORD", fmt::format("0x{:08x}", 1 + c.revision)},
                          {"Limit", "REG_QWORD", "0x0000000100000000"},
                          {"Path", "REG_EXPAND_SZ", "$(runtime.system32)\\labpolicy"},
                          {"Names", "REG_MULTI_SZ", "\"first\",\"sec\"\"ond\",\"a\\b\""},
                          {"Empty", "REG_MULTI_SZ", ""},
                          {"Mask", "REG_BINARY", c.revision < 2 ? "00FF10" : "00FF1020"},
                          {"UserChoice", "REG_DWORD", "5", true}},
                         {"Path"}},
                        {root + "\\Empty", {}, {}},
                        {"HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\LabPolicy",
                         {{"Enabled", "REG_DWORD", "1"}},
                         {}}};
}

void FillFolders(const Context& c, Component& component) {
  component.directories = {{"$(runtime.programData)\\Lab\\Spool"}};
  if (c.revision >= 2) component.directories.push_back({"$(runtime.programData)\\Lab\\Archive"});
  component.files = {TextFile(c, "readme.txt", "$(runtime.programData)\\Lab\\Spool\\")};
}

void FillShared(const Context& c, Component& component) {
  component.files = {Program(c, "labshared.dll")};
  component.files[0].links = {"$(runtime.programFiles)\\Common Files\\Lab\\labshared.dll",
                              "$(runtime.system32)\\labshared2.dll"};
}

void FillTelemetry(const Context& c, Component& component) {
  constexpr std::string_view kPlace = "$(runtime.windows)\\AppCompat\\Lab\\";
  component.files = {TextFile(c, "proactive-telemetry-interfaces.js", kPlace),
                     TextFile(c, "proactive-telemetry-events.js", kPlace)};
}

void FillFont(const Context& c, Component& component) {
  component.files = {Program(c, "labsans.ttf", "$(runtime.fonts)\\")};
  component.files[0].content = c.shop.Raw("labsans.ttf", c.revision);
  component.registry = {{std::string(kCurrentVersion) + "\\Fonts",
                         {{"Lab Sans (TrueType)", "REG_SZ", "labsans.ttf"}},
                         {}}};
}

void FillPlayer(const Context& c, Component& component) {
  constexpr std::string_view kPlace = "$(runtime.programFiles)\\Lab Player\\";
  component.files = {Program(c, "labplayer.exe", kPlace), Program(c, "labskin.dll", kPlace)};
  if (c.native()) {
    component.files.push_back(TextFile(c, "labplayer.chm", "$(runtime.help)\\"));
  }
}

void FillUserSettings(const Context&, Component& component) {
  component.registry = {
      {"HKEY_CURRENT_USER\\Software\\Microsoft\\Lab", {{"Greeting", "REG_SZ", "hello"}}, {}},
      {"HKEY_USERS\\.Default\\Software\\Microsoft\\Lab", {{"Greeting", "REG_SZ", "hello"}}, {}}};
}

void FillComServer(const Context& c, Component& component) {
  const std::string id = "HKEY_CLASSES_ROOT\\CLSID\\{1AB00001-0000-4000-8000-000000000001}";
  component.files = {Program(c, "labcom.dll")};
  component.registry = {{id, {{"", "REG_SZ", "Lab server"}}, {}},
                        {id + "\\InprocServer32",
                         {{"", "REG_EXPAND_SZ", "%SystemRoot%\\system32\\labcom.dll"},
                          {"ThreadingModel", "REG_SZ", c.revision < 2 ? "Apartment" : "Both"}},
                         {}},
                        {"HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Lab\\ComServer",
                         {{"File", "REG_SZ", "$(runtime.system32)\\labcom.dll"},
                          {"Version", "REG_SZ", std::string(c.version)}},
                         {}}};
}

struct Special {
  std::string_view name;
  void (*fill)(const Context&, Component&);
  std::string_view twin;  // architecture of the 32-bit twin
};

constexpr Special kSpecials[] = {
    {kPackageManager, FillPackageManager, "wow64"},
    {kWinProviders, FillWinProviders, "wow64"},
    {kSmiEngine, FillSmiEngine, ""},
    {kReporting, FillReporting, ""},
    {kService, FillService, ""},
    {kServiceResources, FillResources, ""},
    {kFilterDriver, FillFilterDriver, ""},
    {kMutable, FillMutable, ""},
    {kWmi, FillWmi, ""},
    {kTask, FillTask, ""},
    {kSettings, FillSettings, ""},
    {kPolicy, FillPolicy, "wow64"},
    {kFolders, FillFolders, ""},
    {kShared, FillShared, "x86"},
    {kTelemetry, FillTelemetry, ""},
    {kFont, FillFont, ""},
    {kPlayer, FillPlayer, "wow64"},
    {kUserSettings, FillUserSettings, ""},
    {kComServer, FillComServer, "x86"},
    {kRevision, FillRevision, ""},
    {kServicingStack, FillStack, ""},
};

void FillFiller(const Context& c, std::string_view family, Component& component) {
  const std::string stem = ToLowerAscii(family.substr(family.rfind('-') + 1));
  const std::uint64_t sort = SeedOf(stem) % 8;
  for (int i = 0; i < c.shop.scale().files_per_filler; ++i) {
    if (i % 5 == 4) {
      component.files.push_back(TextFile(c, fmt::format("{}{}.xml", stem, i),
                                         sort < 4 && c.native()
                                             ? "$(runtime.windows)\\PolicyDefinitions\\"
                                             : "$(runtime.system32)\\en-US\\"));
    } else if (i % 7 == 3) {
      component.files.push_back(Program(c, fmt::format("{}{}.bin", stem, i), ""));
      component.files.back().content = c.shop.Raw(component.files.back().name, c.revision);
    } else {
      const bool driver = sort == 0 && i == 1;
      component.files.push_back(Program(
          c, i == 0 ? stem + ".dll" : fmt::format("{}{}.{}", stem, i, driver ? "sys" : "exe"),
          driver ? kDrivers : kSystem32));
    }
  }
  if (sort % 2 == 1) {
    component.registry.push_back(
        {"HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Lab\\Components\\" + stem,
         {{"Path", "REG_EXPAND_SZ", "%SystemRoot%\\system32\\" + stem + ".dll"},
          {"Build", "REG_SZ", std::string(c.version)}},
         {}});
  }
}

}  // namespace

std::uint64_t Workshop::SizeOf(std::string_view file) const {
  const std::uint64_t draw = Mix(SeedOf(file), seed_) % 16;
  return scale_.typical_file * (1 + draw) / 4 + draw * 37 + 300;
}

Content Workshop::Code(std::string_view file, std::string_view architecture,
                       std::uint32_t revision) const {
  const std::string name = ToLowerAscii(file);
  return ContentSpec{ContentKind::kCode, Mix(SeedOf(name + ":" + std::string(architecture)), seed_),
                     SizeOf(name), revision};
}

Content Workshop::Text(std::string_view file, std::uint32_t revision) const {
  const std::string name = ToLowerAscii(file);
  return ContentSpec{ContentKind::kText, Mix(SeedOf(name), seed_), SizeOf(name), revision};
}

Content Workshop::Raw(std::string_view file, std::uint32_t revision) const {
  const std::string name = ToLowerAscii(file);
  return ContentSpec{ContentKind::kRandom, Mix(SeedOf(name), seed_), SizeOf(name) / 2, revision};
}

Component Workshop::Draft(const Profile& profile, std::string_view family,
                          std::string_view architecture, std::string_view version,
                          std::uint32_t revision) const {
  if (IsDriverFamily(family)) {
    return DriverDraft(*this, family, architecture, version, revision);
  }
  Component component;
  component.id = ComponentId(family, version, architecture);
  component.comment = "Lab component " + std::string(family);
  const Context context{*this, profile, architecture, version, revision};
  const auto special = std::find_if(std::begin(kSpecials), std::end(kSpecials),
                                    [&](const Special& s) { return s.name == family; });
  if (special != std::end(kSpecials)) {
    special->fill(context, component);
  } else {
    FillFiller(context, family, component);
  }
  return component;
}

ComponentPtr Workshop::Make(const Profile& profile, std::string_view family,
                            std::string_view architecture, std::string_view version,
                            std::uint32_t revision) {
  return Seal(Draft(profile, family, architecture, version, revision), digests_);
}

const std::vector<std::string_view>& SpecialFamilies() {
  static const std::vector<std::string_view> kNames = [] {
    std::vector<std::string_view> names;
    for (const Special& special : kSpecials) names.push_back(special.name);
    return names;
  }();
  return kNames;
}

std::string FillerFamily(std::uint64_t number) { return "Microsoft-Windows-" + FamilyWord(number); }

std::string_view TwinArchitecture(std::string_view family) {
  if (IsDriverFamily(family)) return "";
  for (const Special& special : kSpecials) {
    if (special.name == family) return special.twin;
  }
  switch (SeedOf(family) % 4) {
    case 0:
      return "wow64";
    case 1:
      return "x86";
    default:
      return "";
  }
}

}  // namespace ww::lab
