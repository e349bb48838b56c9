// What images need so that genuine updates apply to them: packages and components of the genuine
// names with content of our own. Names, attributes and the shape of the elements that ask for an
// installer are facts of the updates' public manifests; an element that differed would make the
// update "needs an installer of Windows" (windows-servicing.md 3.6).
#include <fmt/format.h>

#include "base_model.h"

namespace ww::lab {
namespace {

constexpr std::string_view kClientSku =
    "Microsoft-Windows-TerminalServices-RemoteApplications-ClientSku";
constexpr std::string_view kBindingEngine = "Microsoft-Windows-NDIS-TDI-BindingEngine";

std::string Migration(std::string_view name, std::string_view architecture,
                      std::string_view machine_specific) {
  return fmt::format(
      "  <migration settingsVersion=\"0\"><supportedComponents><supportedComponent>"
      "<assemblyIdentity name=\"_\" version=\"1.0.0.0\" /><supportedComponentIdentity "
      "buildType=\"release\" language=\"neutral\" name=\"{}\" processorArchitecture=\"{}\" "
      "publicKeyToken=\"{}\" settingsVersionRange=\"0\" versionScope=\"nonSxS\" />"
      "</supportedComponent></supportedComponents>{}</migration>\n",
      name, architecture, kToken, machine_specific);
}

std::string Configuration(std::string_view name_space) {
  return fmt::format(
      "  <configuration xmlns:wcm=\"http://schemas.microsoft.com/WMIConfig/2002/State\">"
      "<configurationSchema><xsd:schema xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
      "xmlns=\"{0}\" targetNamespace=\"{0}\" /></configurationSchema></configuration>\n",
      name_space);
}

// The task by which the binding engine handles its queue at start-up.
constexpr std::string_view kQueueTask =
    "  <taskScheduler><Task xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">"
    "<RegistrationInfo><URI>Microsoft\\Windows\\NetCfg\\BindingWorkItemQueueHandler</URI>"
    "<SecurityDescriptor>D:P(A;;FR;;;BU)(A;;FA;;;BA)(A;;FA;;;SY)(A;;FRFX;;;NS)(A;;FRFX;;;LS)"
    "(A;;FRFX;;;S-1-5-80-2898649604-2335086160-1904548223-3761738420-3855444835)"
    "(A;;FRFX;;;NO)(A;;FA;;;S-1-3-4)</SecurityDescriptor>"
    "<Author>$(@%systemRoot%\\System32\\netcfgx.dll,-14025)</Author>"
    "<Description>$(@%systemRoot%\\System32\\netcfgx.dll,-14026)</Description>"
    "<Version>1.0</Version></RegistrationInfo>"
    "<Triggers><BootTrigger><Enabled>true</Enabled></BootTrigger></Triggers>"
    "<Principals><Principal id=\"LocalSystem\"><UserId>S-1-5-18</UserId></Principal></Principals>"
    "<Actions Context=\"LocalSystem\"><ComHandler>"
    "<ClassId>{5AA199A0-1CED-43A5-9B85-3226086738A3}</ClassId></ComHandler></Actions>"
    "<Settings><AllowStartOnDemand>true</AllowStartOnDemand><Enabled>true</Enabled>"
    "<MultipleInstancesPolicy>Queue</MultipleInstancesPolicy>"
    "<StartWhenAvailable>true</StartWhenAvailable>"
    "<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>"
    "<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>"
    "<UseUnifiedSchedulingEngine>true</UseUnifiedSchedulingEngine></Settings></Task>"
    "</taskScheduler>\n";

constexpr std::string_view kNetworkMigration =
    "<machineSpecific><migXml xmlns=\"\"><rules context=\"System\"><include><objectSet>"
    "<pattern type=\"Registry\">HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Network "
    "[MaxNumFilters]</pattern></objectSet></include></rules></migXml></machineSpecific>";

void InstallFeature(Workshop& shop, ImageModel& model, std::string_view package_name,
                    const Component& draft) {
  const Profile& p = model.profile;
  const ComponentPtr component = Seal(draft, shop.digests());
  Package package;
  package.id = PackageId(package_name, p.rtm, p.architecture);
  package.release_type = "Feature Pack";
  package.stack.clear();
  model.Add(component);
  model.Add(AddGroup(package, "Group1", p.rtm, {component}, shop));
  model.Install(std::move(package));
}

void AddFile(Workshop& shop, Component& component, std::string_view name,
             std::string_view destination, bool text) {
  PayloadFile file;
  file.name = name;
  file.destination = destination;
  file.content = text ? shop.Text(name, 0) : shop.Code(name, component.id.architecture, 0);
  component.files.push_back(std::move(file));
}

}  // namespace

void AddRemoteClient(Workshop& shop, ImageModel& model) {
  const Profile& p = model.profile;
  Component c;
  c.id = ComponentId(kClientSku, p.rtm, p.architecture);
  AddFile(shop, c, "rdpshell.mof", "$(runtime.wbem)\\", true);
  AddFile(shop, c, "rdpinit.mof", "$(runtime.wbem)\\", true);
  AddFile(shop, c, "rdpshell.exe", "$(runtime.system32)\\", false);
  AddFile(shop, c, "rdpinit.exe", "$(runtime.system32)\\", false);
  AddFile(shop, c, "TSErrRedir.dll", "$(runtime.system32)\\", false);
  AddFile(shop, c, "TerminalServices-RemoteApplications-ClientSku-ppdlic.xrm-ms",
          "$(runtime.system32)\\spp\\tokens\\ppdlic\\", true);
  c.registry = {{"HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\Terminal Server",
                 {{"RailShowallNotifyIcons", "REG_DWORD", "0x00000001"}},
                 {}}};
  c.effects = Migration(kClientSku, p.architecture, "") +
              "  <mof name=\"$(runtime.wbem)\\rdpshell.mof\" />\n"
              "  <mof name=\"$(runtime.wbem)\\rdpinit.mof\" />\n" +
              Configuration(kClientSku) +
              "  <sppInstaller xmlns=\"urn:schemas-microsoft-com:spp:installer\" />\n";
  InstallFeature(shop, model, kRemoteClientPackage, c);
}

void AddBindingEngine(Workshop& shop, ImageModel& model) {
  const Profile& p = model.profile;
  Component c;
  c.id = ComponentId(kBindingEngine, p.rtm, p.architecture);
  AddFile(shop, c, "netcfgx.dll", "$(runtime.system32)\\", false);
  c.registry = {
      {"HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\MUI\\CallbackDlls\\NETCFGX",
       {{"DllPath", "REG_EXPAND_SZ", "%systemroot%\\system32\\netcfgx.dll"},
        {"Type", "REG_DWORD", "0x00000009"}},
       {}}};
  c.effects = Migration(kBindingEngine, p.architecture, kNetworkMigration) +
              std::string(kQueueTask) + Configuration("Microsoft-Windows-xx");
  InstallFeature(shop, model, kNetFeaturesPackage, c);
}

void AddNetDrivers(Workshop& shop, ImageModel& model) {
  const Profile& p = model.profile;
  Component c;
  c.id = ComponentId("netrasa.inf", p.rtm, p.architecture, "", "driverUpdate");
  c.deployment = true;
  AddFile(shop, c, "netrasa.inf", "", true);
  c.files[0].is_inf = true;
  const ComponentPtr component = Seal(std::move(c), shop.digests());
  Package package;
  package.id = PackageId(kNetDriversPackage, p.rtm, p.architecture);
  package.release_type = "Feature Pack";
  package.stack.clear();
  UpdateGroup update;
  update.name = "netrasa";
  update.drivers = {{component->id, "netrasa.inf"}};
  package.updates = {update};
  model.Add(component);
  model.Install(std::move(package));
}

}  // namespace ww::lab
