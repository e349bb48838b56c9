#include "driver_family.h"

#include <fmt/format.h>

#include "wimwright/base/bytes.h"
#include "wimwright/base/text.h"

namespace ww::lab {
namespace {

constexpr std::string_view kSystem = "HKEY_LOCAL_MACHINE\\SYSTEM\\";

// The directory in the driver store: 6.7, "base-39 polynomial over the raw INF bytes".
std::string StoreName(std::string_view inf, std::string_view architecture, ByteView content) {
  std::uint64_t hash = 0;
  for (const std::byte byte : content) hash = hash * 39 + std::to_integer<std::uint64_t>(byte);
  Bytes number(8);
  StoreLe(number.data(), hash);
  return fmt::format("{}_{}_{}", inf, architecture, ToHex(number));
}

// Every version supports the first device, and another one of its own.
std::vector<std::string> Devices(std::string_view stem, std::uint32_t revision) {
  const std::uint64_t vendor = 0x1000 + SeedOf(stem) % 0x1000;
  return {fmt::format("PCI\\VEN_{:04X}&DEV_0001", vendor),
          fmt::format("PCI\\VEN_{:04X}&DEV_1{:03X}", vendor, revision)};
}

}  // namespace

bool IsDriverFamily(std::string_view family) {
  return family == kNetDriver || family == kNewDriver;
}

std::string_view InfOf(std::string_view driver_family) {
  return driver_family.substr(std::string_view("dual_").size());
}

Component DriverDraft(const Workshop& shop, std::string_view family, std::string_view architecture,
                      std::string_view version, std::uint32_t revision) {
  const std::string inf(InfOf(family));
  const std::string stem = inf.substr(0, inf.size() - 4);
  const auto devices = Devices(stem, revision);
  Component component;
  component.id = ComponentId(family, version, architecture, "", "dualModeDriver");
  component.deployment = true;  // its own
  component.comment = "Lab component " + std::string(family);

  std::string text = fmt::format("[Version]\r\nDriverVer=01/01/2024,{}\r\n[Lab.NT]\r\n", version);
  for (const std::string& device : devices) {
    text += fmt::format("%Name%={},{}\r\n", stem, device);
  }
  PayloadFile file;
  file.name = inf;
  file.content = Content::Literal(text);
  file.is_inf = true;
  const std::string store = StoreName(inf, architecture, AsBytes(text));
  file.destination = "$(runtime.system32)\\DriverStore\\FileRepository\\" + store + "\\";
  component.files.push_back(file);
  PayloadFile driver;
  driver.name = stem + ".sys";
  driver.destination = "$(runtime.drivers)\\";
  driver.content = shop.Code(driver.name, architecture, revision);
  component.files.push_back(driver);

  const std::string database = std::string(kSystem) + "DriverDatabase\\";
  for (const std::string& device : devices) {
    component.registry.push_back(
        {database + "DeviceIds\\" + device, {{inf, "REG_BINARY", "02FF0000"}}, {}});
  }
  component.registry.push_back({database + "DriverInfFiles\\" + inf,
                                {{"", "REG_MULTI_SZ", "\"" + store + "\""},
                                 {"Active", "REG_SZ", store},
                                 {"Configurations", "REG_MULTI_SZ", "\"" + stem + ".ndi\""}},
                                {}});
  const std::string package = database + "DriverPackages\\" + store;
  component.registry.push_back({package,
                                {{"", "REG_SZ", inf},
                                 {"FileSize", "REG_QWORD", "0A88000000000000"},
                                 {"SignerScore", "REG_DWORD", "0x0D000003"}},
                                {}});
  component.registry.push_back({package + "\\Configurations\\" + stem + ".ndi\\Driver",
                                {{"*FlowControl", "00020001", "33000000"}},
                                {}});
  for (const std::string& device : devices) {
    component.registry.push_back(
        {package + "\\Descriptors\\" + device, {{"Configuration", "REG_SZ", stem + ".ndi"}}, {}});
  }
  component.registry.push_back(
      {std::string(kSystem) + "CurrentControlSet\\Services\\" + stem,
       {{"ErrorControl", "REG_DWORD", "0x00000001"},
        {"ImagePath", "REG_EXPAND_SZ", "\\SystemRoot\\System32\\drivers\\" + driver.name},
        {"Owners", "REG_MULTI_SZ", "\"" + inf + "\""},
        {"Start", "REG_DWORD", "0x00000003"},
        {"Type", "REG_DWORD", "0x00000001"}},
       {}});
  return component;
}

void AddDriver(Package& package, std::string_view update_name, const ComponentPtr& driver) {
  UpdateGroup update;
  update.name = update_name;
  update.drivers = {{driver->id, std::string(InfOf(driver->id.name))}};
  package.updates.push_back(std::move(update));
}

}  // namespace ww::lab
