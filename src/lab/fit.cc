#include "fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "update_draft.h"
#include "wimwright/base/text.h"
#include "wimwright/cab/update_package.h"
#include "wimwright/manifest/component.h"
#include "wimwright/manifest/package.h"

namespace ww::lab {
namespace {

constexpr std::uint64_t kMetadataLimit = 1ULL << 30;

// What the update brings, by its manifests alone.
struct Genuine {
  std::map<std::string, manifest::PackageManifest> packages;  // by identity string, folded
  std::string root;
  std::map<std::string, std::pair<manifest::ComponentManifest, Bytes>> components;  // by keyform
};

std::string Folded(const AssemblyIdentity& id) {
  return FoldCase(manifest::PackageIdentityString(id));
}

Result<Genuine> ReadGenuine(FileSystem& fs, const std::filesystem::path& path) {
  WW_TRY(auto update, cab::OpenUpdate(fs, path, {}), path.filename().string());
  Genuine genuine;
  constexpr std::string_view kSuffixes[] = {".mum", ".manifest"};
  for (const auto& package : update.packages) {
    cab::Members& members = package->members();
    WW_TRY_STATUS(members.PreloadBySuffix(kSuffixes, kMetadataLimit), package->name);
    for (std::size_t i = 0; i < members.list().size(); ++i) {
      const std::string name = ToLowerAscii(members.list()[i].name);
      if (name.find('\\') != std::string::npos) continue;
      if (name.ends_with(".mum")) {
        WW_TRY(const Bytes bytes, members.Read(i, kMetadataLimit), name);
        WW_TRY(auto parsed, manifest::ParsePackage(bytes), name);
        const std::string key = Folded(parsed.identity);
        if (name == "update.mum" && genuine.root.empty()) genuine.root = key;
        genuine.packages.emplace(key, std::move(parsed));
      } else if (name.ends_with(".manifest")) {
        WW_TRY(Bytes bytes, members.Read(i, kMetadataLimit), name);
        WW_TRY(auto parsed, manifest::ParseComponent(bytes), name);
        const std::string key = manifest::Keyform(parsed.identity);
        genuine.components.emplace(key, std::pair(std::move(parsed), std::move(bytes)));
      }
    }
  }
  if (genuine.root.empty()) return Fail(Code::kNotFound, path.string() + " has no update.mum");
  return genuine;
}

bool HasComponents(const manifest::PackageManifest& package) {
  return std::any_of(package.updates.begin(), package.updates.end(),
                     [](const manifest::Update& update) { return !update.components.empty(); });
}

bool IsForSmallSystems(const AssemblyIdentity& id) {
  return id.name.find("WinPE") != std::string::npos || id.name.starts_with("WinEmb");
}

// The release that the parents belong to.
Profile ChooseProfile(const Genuine& genuine) {
  const manifest::PackageManifest& root = genuine.packages.at(genuine.root);
  const std::string architecture = root.identity.architecture == "amd64" ? "amd64" : "x86";
  manifest::Version version;
  for (const auto& [key, package] : genuine.packages) {
    for (const manifest::Parent& parent : package.parents) {
      for (const AssemblyIdentity& id : parent.any_of) {
        // Packages of fixes are numbered 6.1.1.0 and the like; builds of Windows are larger.
        if (id.version.build() > 1000) version = std::max(version, id.version);
      }
    }
  }
  Profile profile = version.major() >= 10                         ? Windows10(architecture)
                    : version.major() == 6 && version.minor() > 1 ? Windows81(architecture)
                                                                  : Windows7(architecture);
  if (version.build() != 0) {
    profile.major = version.major();
    profile.minor = version.minor();
    profile.build = version.build();
    profile.rtm = version.ToString();
    const manifest::Version level = *manifest::Version::Parse(profile.level);
    if (level.build() != version.build() || level <= version) {
      manifest::Version next = version;
      next.parts[3] = static_cast<std::uint16_t>(std::min(65535, next.parts[3] + 1));
      profile.level = next.ToString();
    }
    if (profile.ubr != 0) profile.ubr = manifest::Version::Parse(profile.level)->revision();
  }
  for (const auto& [key, package] : genuine.packages) {
    if (!package.installer_assembly) continue;
    const manifest::Version stack = *manifest::Version::Parse(profile.stack);
    if (stack < package.installer_assembly->version) {
      profile.stack = package.installer_assembly->version.ToString();
    }
  }
  return profile;
}

class Fitting {
 public:
  Fitting(LabContext& lab, const Genuine& genuine)
      : shop_(lab.options.seed, Scale{6000, 2}), genuine_(genuine) {
    const Profile profile = ChooseProfile(genuine);
    model_ = MakeBaseModel(shop_, profile, profile.editions[0], ModelSize{12});
    for (const InstalledPackage& entry : model_.packages) {
      installed_.insert(Folded(entry.package->id));
    }
  }

  ImageModel Make() {
    // Those with components say what has to be there; wrappers accept any of it.
    for (const auto& [key, package] : genuine_.packages) {
      if (HasComponents(package)) AddLeaf(package);
    }
    for (const auto& [key, package] : genuine_.packages) Satisfy(package);
    for (auto& [key, parent] : parents_) {
      if (!installed_.contains(key)) model_.Install(std::move(parent));
    }
    return std::move(model_);
  }

 private:
  // A package of the product or a fix, without content so far.
  Package& ParentPackage(const AssemblyIdentity& id) {
    const auto [entry, is_new] = parents_.try_emplace(Folded(id));
    Package& package = entry->second;
    if (is_new) {
      package.id = PackageId(id.name, id.version.ToString(), id.architecture, id.language);
      package.release_type = "Feature Pack";
      package.stack.clear();
    }
    return package;
  }

  bool IsThere(const AssemblyIdentity& id) const {
    return installed_.contains(Folded(id)) || parents_.contains(Folded(id));
  }

  // One identity of the parent and one of everything nested in it; nested once at most, as in every
  // genuine package.
  void Satisfy(const manifest::Parent& parent, int depth = 0) {
    const auto& ids = parent.any_of;
    const bool satisfied = std::any_of(ids.begin(), ids.end(),
                                       [&](const AssemblyIdentity& id) { return IsThere(id); });
    if (!satisfied && !ids.empty()) {
      const auto usual = std::find_if(ids.begin(), ids.end(), [](const AssemblyIdentity& id) {
        return !IsForSmallSystems(id);
      });
      const AssemblyIdentity& id = usual != ids.end() ? *usual : ids.front();
      // A second edition would contradict the one that is there.
      if (id.name.ends_with("Edition")) return;
      if (!genuine_.packages.contains(Folded(id))) ParentPackage(id);
    }
    if (depth > 0) return;
    for (const manifest::Parent& nested : parent.nested) Satisfy(nested, 1);
  }

  void Satisfy(const manifest::PackageManifest& package) {
    const bool wrapper =
        std::all_of(package.updates.begin(), package.updates.end(),
                    [](const manifest::Update& update) { return !update.packages.empty(); });
    if (!wrapper && !HasComponents(package)) return;
    if (!package.parents.empty()) Satisfy(package.parents.front());
  }

  void AddLeaf(const manifest::PackageManifest& package) {
    const bool small = std::all_of(
        package.parents.begin(), package.parents.end(), [](const manifest::Parent& parent) {
          return std::all_of(parent.any_of.begin(), parent.any_of.end(), IsForSmallSystems);
        });
    if (package.parents.empty() || small) return;
    Satisfy(package.parents.front());
    std::vector<ComponentPtr> members;
    for (const manifest::Update& update : package.updates) {
      for (const AssemblyIdentity& id : update.components) AddPredecessors(id, members);
    }
    if (members.empty()) return;
    // Where the parent is a package of the base image, the predecessors come in one of their own.
    const AssemblyIdentity& first = package.parents.front().any_of.front();
    const AssemblyIdentity owner = installed_.contains(Folded(first))
                                       ? PackageId("Microsoft-Windows-Lab-Fit-Package",
                                                   model_.profile.rtm, model_.profile.architecture)
                                       : first;
    Package& parent = ParentPackage(owner);
    model_.Add(members);
    model_.Add(AddGroup(parent, fmt::format("Fit{}", parent.updates.size() + 1), model_.profile.rtm,
                        members, shop_));
  }

  void AddPredecessors(const AssemblyIdentity& deployment, std::vector<ComponentPtr>& members) {
    std::vector<std::string> open = {manifest::Keyform(deployment)};
    for (std::size_t i = 0; i < open.size(); ++i) {
      const auto found = genuine_.components.find(open[i]);
      if (found == genuine_.components.end()) continue;
      const manifest::ComponentManifest& component = found->second.first;
      for (const manifest::Dependency& dependency : component.dependencies) {
        if (dependency.identity.language == "*") continue;
        const std::string next = manifest::Keyform(dependency.identity);
        if (std::find(open.begin(), open.end(), next) == open.end()) open.push_back(next);
      }
      if (component.is_deployment) continue;
      if (!families_.insert(manifest::FamilyKey(component.identity)).second) continue;
      members.push_back(Predecessor(component, found->second.second));
    }
  }

  manifest::Version PredecessorVersion(const manifest::Version& version) const {
    const manifest::Version rtm = *manifest::Version::Parse(model_.profile.rtm);
    const bool same_line = rtm.parts[0] == version.parts[0] && rtm.parts[1] == version.parts[1];
    if (same_line && rtm < version) return rtm;
    manifest::Version lower = version;
    for (std::size_t i = 4; i-- > 0;) {
      if (lower.parts[i] == 0) continue;
      --lower.parts[i];
      break;
    }
    return lower;
  }

  ComponentPtr Predecessor(const manifest::ComponentManifest& genuine, const Bytes& xml) {
    Component component;
    component.id = genuine.identity;
    component.id.version = PredecessorVersion(genuine.identity.version);
    component.foreign = true;
    std::string text(AsText(xml));
    ReplaceAll(text, "\"" + genuine.identity.version.ToString() + "\"",
               "\"" + component.id.version.ToString() + "\"");
    for (const manifest::FileEntry& entry : genuine.files) {
      PayloadFile file;
      file.name = entry.name;
      file.destination = entry.destination_path.value_or("");
      file.destination_name = entry.destination_name;
      file.links = entry.links;
      file.is_mutable = !entry.writeable_type.empty();
      file.content = shop_.Code(entry.name, component.id.architecture, 0);
      if (entry.digest.size() == 32) {
        ReplaceAll(text, ToBase64(entry.digest), ToBase64(shop_.digests().Sha256Of(file.content)));
      }
      component.files.push_back(std::move(file));
    }
    for (const manifest::RegistryKey& key : genuine.registry_keys) {
      RegistryKey copy{key.key_name, {}, {}};
      for (const manifest::RegistryValueEntry& value : key.values) {
        copy.values.push_back({value.name, value.value_type, value.value, value.is_mutable});
      }
      component.registry.push_back(std::move(copy));
    }
    component.xml = ToBytes(text);
    component.digest = Sha256(component.xml);
    component.keyform = manifest::Keyform(component.id);
    return std::make_shared<const Component>(std::move(component));
  }

  static void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  }

  Workshop shop_;
  const Genuine& genuine_;
  ImageModel model_;
  std::set<std::string> installed_;
  std::map<std::string, Package> parents_;
  std::set<std::string> families_;
};

}  // namespace

Status WriteFittingImage(LabContext& lab, const std::filesystem::path& path) {
  WW_TRY(const Genuine genuine, ReadGenuine(lab.fs, path), "an image to fit");
  const ImageModel model = Fitting(lab, genuine).Make();
  const ImageSize size = lab.image_size;
  lab.image_size = ImageSize{8, 2000, 0, 0, 0};
  const std::string name = "fit-" + path.stem().string() + ".wim";
  const Status status = WriteWindowsImage(lab, name, {model});
  lab.image_size = size;
  if (status) lab.report.notes.push_back("images/" + name + " fits " + path.filename().string());
  return status;
}

}  // namespace ww::lab
