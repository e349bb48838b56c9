#include "windows_registry.h"

#include <fmt/format.h>

#include "words.h"

namespace ww::lab {
namespace {

constexpr HiveName kSoftware = HiveName::kSoftware;
constexpr HiveName kSystem = HiveName::kSystem;

void WriteSoftware(const ImageModel& model, Hives& hives) {
  const Profile& p = model.profile;
  const hive::KeyId key = hives.Key(kSoftware, "Microsoft\\Windows NT\\CurrentVersion");
  const auto text = [&](std::string_view name, std::string_view value) {
    hives.SetAt(kSoftware, key, name, hive::MakeSz(value));
  };
  text("ProductName", model.edition.display_name);
  text("EditionID", model.edition.id);
  text("InstallationType", "Client");
  text("CurrentBuild", fmt::format("{}", p.build));
  text("CurrentBuildNumber", fmt::format("{}", p.build));
  text("CurrentVersion", p.major == 10 ? "6.3" : fmt::format("{}.{}", p.major, p.minor));
  text("CurrentType", "Multiprocessor Free");
  text("BuildLabEx", p.build_lab);
  text("SystemRoot", "C:\\Windows");
  if (!p.release_id.empty()) text("ReleaseId", p.release_id);
  if (!p.service_pack.empty()) text("CSDVersion", p.service_pack);
  if (p.major == 10) {
    hives.SetAt(kSoftware, key, "CurrentMajorVersionNumber", hive::MakeDword(10));
    hives.SetAt(kSoftware, key, "CurrentMinorVersionNumber", hive::MakeDword(0));
  }
  const std::string groups[] = {"AeLookupSvc", "gpsvc", "Schedule"};
  hives.Set(kSoftware, "Microsoft\\Windows NT\\CurrentVersion\\Svchost", "netsvcs",
            hive::MakeMultiSz(groups));
  hives.Set(kSoftware, "Microsoft\\Windows\\CurrentVersion", "ProgramFilesDir",
            hive::MakeSz("C:\\Program Files"));
  hives.Set(kSoftware, "Classes\\.txt", "", hive::MakeSz("txtfile"));
  hives.Set(kSoftware, "Policies\\Microsoft\\Windows", "", hive::MakeSz(""));
  if (p.wide()) {
    hives.Set(kSoftware, "WOW6432Node\\Microsoft\\Windows\\CurrentVersion", "ProgramFilesDir",
              hive::MakeSz("C:\\Program Files (x86)"));
  }
}

void WriteSystem(const ImageModel& model, Hives& hives) {
  hives.Set(kSystem, "Select", "Current", hive::MakeDword(1));
  hives.Set(kSystem, "Select", "Default", hive::MakeDword(1));
  hives.Set(kSystem, "Select", "Failed", hive::MakeDword(0));
  hives.Set(kSystem, "Select", "LastKnownGood", hive::MakeDword(1));
  hives.Set(kSystem, "Setup", "OOBEInProgress", hive::MakeDword(0));
  const std::string control = "ControlSet001\\Control\\";
  hives.Set(kSystem, control + "ProductOptions", "ProductType", hive::MakeSz("WinNT"));
  hives.Set(kSystem, control + "ComputerName\\ComputerName", "ComputerName", hive::MakeSz("LAB"));
  const std::string boot[] = {"autocheck autochk *"};
  hives.Set(kSystem, control + "Session Manager", "BootExecute", hive::MakeMultiSz(boot));
  hives.Set(kSystem, control + "Session Manager\\Environment", "PROCESSOR_ARCHITECTURE",
            hive::MakeSz(model.profile.wide() ? "AMD64" : "x86"));
  const std::string services = "ControlSet001\\Services\\";
  for (std::string_view name : {"TrustedInstaller", "RpcSs", "EventLog"}) {
    const std::string path = services + std::string(name);
    hives.Set(kSystem, path, "Start", hive::MakeDword(name == "TrustedInstaller" ? 3 : 2));
    hives.Set(kSystem, path, "Type", hive::MakeDword(0x10));
    hives.Set(kSystem, path, "ErrorControl", hive::MakeDword(1));
    hives.Set(kSystem, path, "ImagePath",
              hive::MakeExpandSz("%SystemRoot%\\servicing\\TrustedInstaller.exe"));
  }
}

void WriteSmallHives(Hives& hives) {
  hives.Set(HiveName::kDefault, "Control Panel\\Desktop", "Wallpaper", hive::MakeSz(""));
  hives.Set(HiveName::kUser, "Control Panel\\Desktop", "Wallpaper", hive::MakeSz(""));
  hives.Set(HiveName::kUser, "Environment", "TEMP",
            hive::MakeExpandSz("%USERPROFILE%\\AppData\\Local\\Temp"));
  const std::byte account[80] = {std::byte{2}, std::byte{0}, std::byte{1}};
  hives.Set(HiveName::kSam, "SAM\\Domains\\Account", "F", hive::MakeBinary(account));
  hives.Set(HiveName::kSecurity, "Policy\\PolRevision", "", hive::MakeDword(0x10000));
  hives.Set(HiveName::kDrivers, "DriverDatabase", "Version", hive::MakeDword(1));
  hives.Ensure(HiveName::kDrivers, "DriverDatabase\\DeviceIds");
  hives.Ensure(HiveName::kDrivers, "DriverDatabase\\DriverInfFiles");
  hives.Ensure(HiveName::kDrivers, "DriverDatabase\\DriverPackages");
  hives.Set(HiveName::kSchema, "wcm:schema", "Version", hive::MakeSz("1.0"));
}

// One key with the values that a class or setting usually has: about 480 bytes of hive.
constexpr std::uint64_t kFillerKeyBytes = 480;

void FillHive(Hives& hives, HiveName name, std::string_view root, std::uint64_t bytes,
              std::uint64_t seed) {
  Random random(Mix(seed, SeedOf(root)));
  for (std::uint64_t i = 0; i < bytes / kFillerKeyBytes && hives.status(); ++i) {
    const std::uint64_t a = random.Next();
    const std::uint64_t b = random.Next();
    const hive::KeyId key =
        hives.Key(name, fmt::format("{}\\{{{:08x}-{:04x}-{:04x}-{:04x}-{:012x}}}", root, a >> 32,
                                    (a >> 16) & 0xffff, a & 0xffff, b >> 48, b & 0xffffffffffff));
    hives.SetAt(name, key, "", hive::MakeSz(FamilyWord(a % 4096)));
    hives.SetAt(
        name, key, "InprocServer32",
        hive::MakeExpandSz(fmt::format("%SystemRoot%\\system32\\{}.dll", FamilyWord(b % 4096))));
    hives.SetAt(name, key, "Flags", hive::MakeDword(static_cast<std::uint32_t>(a)));
    Bytes blob(40 + (b % 60));
    for (std::size_t at = 0; at + 8 <= blob.size(); at += 8)
      StoreLe(blob.data() + at, random.Next());
    hives.SetAt(name, key, "State", hive::MakeBinary(blob));
  }
}

}  // namespace

void WriteWindowsRegistry(const ImageModel& model, Hives& hives) {
  WriteSoftware(model, hives);
  WriteSystem(model, hives);
  WriteSmallHives(hives);
}

void FillHives(const ImageSize& size, std::uint64_t seed, Hives& hives) {
  FillHive(hives, kSoftware, "Classes\\CLSID", size.software_bytes, seed);
  FillHive(hives, kSystem, "ControlSet001\\Enum\\SWD", size.system_bytes, seed);
  FillHive(hives, HiveName::kComponents, "NonCanonicalData", size.components_bytes, seed);
}

}  // namespace ww::lab
