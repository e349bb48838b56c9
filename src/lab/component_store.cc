#include "component_store.h"

#include <map>
#include <set>

#include "security.h"
#include "wimwright/base/text.h"
#include "wimwright/manifest/security.h"

namespace ww::lab {
namespace {

constexpr HiveName kComponents = HiveName::kComponents;
constexpr HiveName kSoftware = HiveName::kSoftware;

hive::Value Ascii(std::string_view text) { return hive::MakeBinary(AsBytes(text)); }

hive::Value DwordBinary(std::uint32_t number) {
  Bytes bytes;
  AppendLe(bytes, number);
  return hive::MakeBinary(bytes);
}

Status WriteComponent(const StoredComponent& stored, Hives& hives) {
  const Component& component = *stored.component;
  const hive::KeyId key = hives.Key(kComponents, "DerivedData\\Components\\" + component.keyform);
  WW_TRY(const std::string identity, manifest::IdentityText(component.id), component.keyform);
  hives.SetAt(kComponents, key, "identity", Ascii(identity));
  hives.SetAt(kComponents, key, "S256H", hive::MakeBinary(component.digest));
  for (const std::string& deployment : stored.deployments) {
    hives.SetAt(kComponents, key, "c!" + deployment, hive::MakeBinary({}));
  }
  for (const PayloadFile& file : component.files) {
    const auto name = manifest::FileValueName(file.name);
    // The form of names with a directory is not known (windows-servicing.md 4.5).
    if (!name && component.foreign) continue;
    if (!name) return Fail(name.error().Within(component.keyform));
    hives.SetAt(kComponents, key, *name, hive::MakeDword(1));
  }
  if (component.deployment && component.files.empty()) {
    hives.SetAt(kComponents, key, "CF", hive::MakeDword(0x0C));
  } else if (component.has_mutable_file()) {
    hives.SetAt(kComponents, key, "CF", hive::MakeDword(0x80));
  }
  return {};
}

Status WriteDeployment(const StoredComponent& stored, Hives& hives) {
  const std::string deployment = manifest::DeploymentKey(stored.component->id);
  const hive::KeyId key = hives.Key(kComponents, "CanonicalData\\Deployments\\" + deployment);
  WW_TRY(const std::string identity, manifest::IdentityText(stored.component->id), deployment);
  hives.SetAt(kComponents, key, "appid", Ascii(identity));
  hives.SetAt(kComponents, key, "CatalogThumbprint", hive::MakeSz(stored.catalog));
  for (const DeploymentUse& use : stored.uses) {
    for (const char prefix : {'p', 's', 'i'}) {
      if (prefix == 'i' && !use.installed) continue;
      WW_TRY(const std::string name, manifest::ReferenceValueName(prefix, use.reference),
             deployment);
      // 14393: the staging reference carries no digit (5.2.2).
      const std::string digit = prefix == 's' && use.digit == "2" ? "" : use.digit;
      hives.SetAt(kComponents, key, name,
                  hive::MakeBinary(manifest::ReferenceBlob(use.reference, digit)));
    }
  }
  return {};
}

// The cache that a stack keeps about families: a few entries, as any edit has to drop them.
void WriteVersionedIndex(const ImageModel& model, const Store& store, Hives& hives) {
  const std::string root =
      "DerivedData\\VersionedIndex\\" + StackBuildName(model.profile) + "\\ComponentFamilies\\";
  std::size_t count = 0;
  for (const auto& [keyform, stored] : store.components) {
    if (!stored.winner || ++count > 40) continue;
    hives.Set(kComponents, root + manifest::FamilyKey(stored.component->id),
              "v!" + stored.component->id.version.ToString(), DwordBinary(1));
  }
}

std::string OwnerFlag(const InstalledPackage& entry) {
  return entry.owner.empty() ? entry.package->identity() : entry.owner;
}

void WritePackage(const StoredPackage& stored, FileTime time, Hives& hives) {
  const InstalledPackage& entry = stored.entry;
  const std::string id = entry.package->identity();
  const std::string path = std::string(kServicingKey) + "\\Packages\\" + id;
  const hive::KeyId key = hives.Key(kSoftware, path);
  const auto number = [&](std::string_view name, std::uint32_t value) {
    hives.SetAt(kSoftware, key, name, hive::MakeDword(value));
  };
  number("CurrentState", entry.state);
  hives.SetAt(kSoftware, key, "InstallClient", hive::MakeSz("DISM Package Manager Provider"));
  hives.SetAt(kSoftware, key, "InstallLocation", hive::MakeSz("\\\\?\\C:\\lab\\"));
  hives.SetAt(kSoftware, key, "InstallName", hive::MakeSz(id + ".mum"));
  number("InstallTimeHigh", static_cast<std::uint32_t>(time >> 32));
  number("InstallTimeLow", static_cast<std::uint32_t>(time));
  hives.SetAt(kSoftware, key, "InstallUser", hive::MakeSz("S-1-5-18"));
  number("SelfUpdate", entry.package->self_update ? 1 : 0);
  number("Visibility", entry.visible ? 1 : 2);
  hives.Set(kSoftware, path + "\\Owners", OwnerFlag(entry),
            hive::MakeDword((entry.owner.empty() ? 0x30000u : 0x20000u) | entry.state));
  for (const UpdateGroup& update : entry.package->updates) {
    if (update.selectable) {
      hives.Set(kSoftware, path + "\\Updates", update.name,
                hive::MakeDword(update.on ? kStateInstalled : kStateStaged));
    }
  }
  hives.Set(kSoftware,
            std::string(kServicingKey) + "\\PackageIndex\\" +
                manifest::PackageFamilyString(entry.package->id),
            id, hive::MakeDword(0));
}

void WriteDetection(const InstalledPackage& entry, Hives& hives) {
  const std::string id = entry.package->identity();
  for (const Parent& parent : entry.package->parents) {
    if (parent.disposition != "detect") continue;
    for (const AssemblyIdentity& wanted : parent.any_of) {
      hives.Set(
          kSoftware,
          std::string(kServicingKey) + "\\PackageDetect\\" + manifest::PackageFamilyString(wanted),
          id, hive::MakeDword(2));
    }
  }
  for (const UpdateGroup& update : entry.package->updates) {
    for (const Applicable& applicable : update.applicable) {
      for (const AssemblyIdentity& component : applicable.components) {
        hives.Set(kSoftware,
                  std::string(kServicingKey) + "\\ComponentDetect\\" +
                      manifest::ComponentDetectKey(component),
                  id + "." + update.name,
                  hive::MakeSz(component.version.ToString() + "@" + ElevateDigit(update)));
      }
    }
  }
}

}  // namespace

std::string StackBuildName(const Profile& profile) {
  return profile.stack + " (" +
         profile.build_lab.substr(
             std::min(profile.build_lab.find('.') + 1, profile.build_lab.size())) +
         ")";
}

Status WriteComponentsHive(const ImageModel& model, const Store& store, Hives& hives) {
  // First of all: new keys share their parent's descriptor.
  WW_TRY(const Bytes descriptor, manifest::SddlToSecurityDescriptor(kKeySddl), "COMPONENTS");
  for (std::string_view path : {"CanonicalData", "DerivedData"}) {
    hives.SetSecurity(kComponents, path, descriptor);
  }
  Bytes version;
  for (char c : std::string_view("0.0.0.6")) {
    AppendLe<std::uint16_t>(version, static_cast<unsigned char>(c));
  }
  hives.Set(kComponents, "", "StoreFormatVersion", hive::MakeBinary(version));
  hives.Set(kComponents, "", "StoreArchitecture", DwordBinary(model.profile.wide() ? 9 : 0));
  hives.Set(kComponents, "DerivedData", "TransformSettingsVersion", DwordBinary(1));
  for (std::string_view path : {"CCPInterface", "Drivers\\x86", "Installers", "NonCanonicalData",
                                "CanonicalData\\Catalogs", "CanonicalData\\Deployments"}) {
    hives.Ensure(kComponents, path);
  }
  if (model.profile.wide()) hives.Ensure(kComponents, "Drivers\\amd64");
  hives.Set(kComponents, "ServicingStackVersions", StackBuildName(model.profile),
            hive::MakeSz("2018/08/01:00:00:00.000 " + StackBuildName(model.profile)));
  for (const StoredPackage& package : store.packages) {
    for (const std::string& deployment : package.deployments) {
      hives.Set(kComponents, "CanonicalData\\Catalogs\\" + package.catalog_name, "c!" + deployment,
                hive::MakeBinary({}));
    }
  }
  for (const auto& [keyform, stored] : store.components) {
    WW_RETURN_IF_ERROR(WriteComponent(stored, hives));
    if (stored.component->deployment) WW_RETURN_IF_ERROR(WriteDeployment(stored, hives));
  }
  WriteVersionedIndex(model, store, hives);
  return hives.status();
}

Status WriteSideBySide(const Store& store, Hives& hives) {
  WW_TRY(const Bytes descriptor, manifest::SddlToSecurityDescriptor(kKeySddl), "SideBySide");
  hives.SetSecurity(kSoftware, kSideBySideKey, descriptor);
  struct Branch {
    manifest::Version best;
    std::set<manifest::Version> versions;
  };
  std::map<std::string, std::map<manifest::Version, Branch>> families;
  for (const auto& [keyform, stored] : store.components) {
    if (!stored.installed) continue;
    const manifest::Version version = stored.component->id.version;
    manifest::Version major_minor;
    major_minor.parts = {version.parts[0], version.parts[1], 0, 0};
    Branch& branch = families[manifest::FamilyKey(stored.component->id)][major_minor];
    branch.versions.insert(version);
    branch.best = std::max(branch.best, version);
  }
  const std::string root = std::string(kSideBySideKey) + "\\Winners\\";
  for (const auto& [family, branches] : families) {
    hives.Set(kSoftware, root + family, "",
              hive::MakeSz(branches.rbegin()->second.best.MajorMinor()));
    for (const auto& [number, branch] : branches) {
      const hive::KeyId key = hives.Key(kSoftware, root + family + "\\" + branch.best.MajorMinor());
      hives.SetAt(kSoftware, key, "", hive::MakeSz(branch.best.ToString()));
      for (const manifest::Version& version : branch.versions) {
        const std::byte one{1};
        hives.SetAt(kSoftware, key, version.ToString(), hive::MakeBinary(ByteView(&one, 1)));
      }
    }
  }
  hives.Ensure(kSoftware, std::string(kSideBySideKey) + "\\Configuration");
  return hives.status();
}

Status WriteServicingKeys(const ImageModel& model, const Store& store, TimePoint now,
                          Hives& hives) {
  const std::string root(kServicingKey);
  WW_TRY(const Bytes descriptor, manifest::SddlToSecurityDescriptor(kKeySddl), "CBS");
  hives.SetSecurity(kSoftware, root, descriptor);
  hives.Set(kSoftware, root, "EnableLog", hive::MakeDword(1));
  hives.Set(kSoftware, root, "ProcessorArchitecture",
            hive::MakeDword(model.profile.wide() ? 9 : 0));
  hives.Set(kSoftware, root, "BuildBranch", hive::MakeSz("lab_release"));
  for (std::string_view name : {"Interface", "DriverOperations", "ComponentDetect", "PackageDetect",
                                "PackageIndex", "Packages", "UpdateDetect"}) {
    hives.Ensure(kSoftware, root + "\\" + std::string(name));
  }
  // Caches, as a running system leaves them.
  hives.Set(kSoftware,
            root + "\\ApplicabilityEvaluationCache\\Package_for_KB9000001~" + std::string(kToken) +
                "~" + model.profile.architecture + "~~1.0.0.0",
            "ApplicabilityState", hive::MakeDword(0));
  for (const StoredPackage& package : store.packages) {
    WritePackage(package, ToFileTime(now), hives);
    WriteDetection(package.entry, hives);
    if (const auto& entry = *package.entry.package; !entry.capability.empty()) {
      hives.Set(kSoftware, root + "\\CapabilityIndex\\" + entry.capability + "~~~~0.0.1.0",
                entry.identity(), hive::MakeDword(0));
    }
  }
  for (const auto& [keyform, stored] : store.components) {
    if (!EqualNoCaseAscii(stored.component->id.name, "Microsoft-Windows-ServicingStack")) continue;
    hives.Set(kSoftware, root + "\\Version", stored.component->id.version.ToString(),
              hive::MakeExpandSz("%SystemRoot%\\winsxs\\" + keyform));
  }
  return hives.status();
}

}  // namespace ww::lab
