#include "base_model.h"

#include <fmt/format.h>

#include "driver_family.h"
#include "optional_features.h"

namespace ww::lab {
namespace {

constexpr std::size_t kGroupSize = 10;
constexpr unsigned kFirstModernBuild = 22000;

Package ProductPackage(const Profile& profile, std::string_view name, std::string_view release_type,
                       std::string_view language = "") {
  Package package;
  package.id = PackageId(name, profile.rtm, profile.architecture, language);
  package.release_type = release_type;
  package.stack.clear();
  return package;
}

class BaseModel {
 public:
  BaseModel(Workshop& shop, const Profile& profile, const Edition& edition, const ModelSize& size)
      : shop_(shop), size_(size) {
    model_.profile = profile;
    model_.edition = edition;
  }

  ImageModel Make() {
    const Profile& p = model_.profile;
    edition_id_ = EditionPackage();
    FoundationPackage();
    FeaturesPackage();
    Product(kPlayerPackage, {kPlayer}, kStateInstalled);
    Product(kViewerPackage, {kViewer}, kStateStaged);
    LanguagePackage();
    if (p.replaces_packages()) AddOptionalPackage(shop_, model_);
    if (p.major == 10 && p.as_released()) return std::move(model_);
    if (p.ubr != 0) {
      StackUpdate();
      CumulativeUpdate("Package_for_RollupFix", fmt::format("{}.{}.1.4", p.build, p.ubr),
                       "10.0.1.4");
    } else if (p.major == 6 && p.minor == 3) {
      CumulativeUpdate("Package_for_KB2919355", "6.3.1.14", "6.3.1.14");
    } else {
      CumulativeUpdate("Package_for_KB9000050", "6.1.1.1", "6.1.1.1");
    }
    return std::move(model_);
  }

 private:
  std::vector<ComponentPtr> Family(std::string_view family, std::string_view version,
                                   std::uint32_t revision) {
    return MakeWithTwin(shop_, model_.profile, family, version, revision);
  }

  // Components in deployments of at most kGroupSize, each its own update of the package.
  void AddGroups(Package& package, const std::vector<ComponentPtr>& members) {
    for (std::size_t at = 0; at < members.size(); at += kGroupSize) {
      const std::vector<ComponentPtr> group(
          members.begin() + static_cast<std::ptrdiff_t>(at),
          members.begin() + static_cast<std::ptrdiff_t>(std::min(members.size(), at + kGroupSize)));
      model_.Add(group);
      model_.Add(AddGroup(package, fmt::format("Group{}", at / kGroupSize + 1), model_.profile.rtm,
                          group, shop_));
    }
  }

  std::string EditionPackage() {
    Package package = ProductPackage(model_.profile, EditionPackageName(model_.edition), "Product");
    AddGroups(package,
              Family("Microsoft-Windows-Branding-" + model_.edition.id, model_.profile.rtm, 0));
    const std::string id = package.identity();
    model_.Install(std::move(package));
    return id;
  }

  void FoundationPackage() {
    const Profile& p = model_.profile;
    Package package = ProductPackage(p, FoundationName(p), "Foundation");
    std::vector<ComponentPtr> members;
    for (std::string_view family : {kPackageManager, kWinProviders, kSmiEngine, kReporting,
                                    kService, kFilterDriver, kRevision, kServicingStack}) {
      if (family == kRevision && p.ubr == 0) continue;
      // Without an update of its own the stack is at its level from the start.
      const bool stack_level = family == kServicingStack && p.as_released();
      for (const ComponentPtr& c : Family(family, stack_level ? p.stack : p.rtm, 0)) {
        members.push_back(c);
      }
    }
    AddGroups(package, members);
    if (p.build >= kFirstModernBuild) {
      const ComponentPtr driver = Family(kNetDriver, p.rtm, 0).front();
      model_.Add({driver});
      AddDriver(package, "Driver1", driver);
    }
    if (!p.replaces_packages()) {
      // An optional feature that is off: its package is staged.
      UpdateGroup feature;
      feature.name = kViewerFeature;
      feature.selectable = true;
      feature.on = false;
      feature.packages = {PackageId(kViewerPackage, p.rtm, p.architecture)};
      package.updates.push_back(std::move(feature));
    }
    model_.Install(std::move(package), kStateInstalled, edition_id_);
  }

  void FeaturesPackage() {
    const Profile& p = model_.profile;
    Package package = ProductPackage(p, kFeaturesPackage, "Feature Pack");
    std::vector<ComponentPtr> members;
    for (std::string_view family : {kMutable, kWmi, kTask, kSettings, kPolicy, kFolders, kShared,
                                    kTelemetry, kFont, kUserSettings, kComServer}) {
      for (const ComponentPtr& c : Family(family, p.rtm, 0)) members.push_back(c);
    }
    for (std::uint64_t i = 0; i < size_.fillers; ++i) {
      for (const ComponentPtr& c : Family(FillerFamily(i), p.rtm, 0)) members.push_back(c);
    }
    AddGroups(package, members);
    model_.Install(std::move(package), kStateInstalled, edition_id_);
  }

  void Product(std::string_view name, const std::vector<std::string_view>& families,
               std::uint32_t state) {
    const Profile& p = model_.profile;
    Package package = ProductPackage(p, name, "OnDemand Pack");
    if (name == kPlayerPackage && p.build >= kFirstModernBuild) package.capability = kCapability;
    Parent parent;
    parent.integrate = "delegate";
    parent.any_of = {PackageId(FoundationName(p), p.rtm, p.architecture)};
    package.parents = {parent};
    for (std::string_view family : families) AddGroups(package, Family(family, p.rtm, 0));
    model_.Install(std::move(package), state, "", state == kStateInstalled);
  }

  void LanguagePackage() {
    const Profile& p = model_.profile;
    Package package = ProductPackage(p, "Microsoft-Windows-Client-LanguagePack-Package",
                                     "Language Pack", "en-US");
    AddGroups(package, Family(kServiceResources, p.rtm, 0));
    model_.Install(std::move(package));
  }

  void StackUpdate() {
    const Profile& p = model_.profile;
    Package package;
    package.id = PackageId("Package_for_KB9000080", "10.0.1.1", p.architecture);
    package.kb = "KB9000080";
    package.self_update = true;
    package.permanent = true;
    Parent parent;
    parent.any_of = {PackageId(FoundationName(p), p.rtm, p.architecture)};
    package.parents = {parent};
    Group(package, "9000080-1_neutral", Family(kServicingStack, p.stack, 1));
    model_.Install(std::move(package), 0x80);
  }

  // One update of a fix: components with their guard.
  void Group(Package& package, std::string_view name, const std::vector<ComponentPtr>& members) {
    model_.Add(members);
    model_.Add(AddGroup(package, name, members.front()->id.version.ToString(), members, shop_));
    Applicable applicable;
    for (const ComponentPtr& member : members) applicable.components.push_back(member->id);
    package.updates.back().applicable = {applicable};
  }

  // A tree of two levels, as cumulative updates are: one child per parent package.
  void CumulativeUpdate(std::string_view root_name, std::string_view root_version,
                        std::string_view child_version) {
    const Profile& p = model_.profile;
    const std::string kb = root_name == kRollup ? "KB9000090" : std::string(root_name.substr(12));
    Package root;
    root.id = PackageId(root_name, root_version, p.architecture);
    root.kb = kb;
    root.deep = true;
    root.release_type = "Security Update";
    Parent parent;
    parent.any_of = {PackageId(FoundationName(p), p.rtm, p.architecture)};
    root.parents = {parent};
    const std::string root_id = root.identity();

    std::vector<std::pair<std::string_view, std::vector<std::string>>> children = {
        {FoundationName(p), {std::string(kService)}}, {kFeaturesPackage, {}}};
    if (p.ubr != 0) children[0].second.emplace_back(kRevision);
    for (std::string_view family : {kPolicy, kComServer, kShared, kMutable}) {
      children[1].second.emplace_back(family);
    }
    for (std::uint64_t i = 0; i < size_.fillers; i += kFillerStep) {
      children[1].second.push_back(FillerFamily(i));
    }
    int number = 0;
    std::vector<Package> packages;
    for (const auto& [parent_name, families] : children) {
      Package child;
      child.id =
          PackageId(fmt::format("Package_{}_for_{}", ++number, kb), child_version, p.architecture);
      child.kb = kb;
      child.release_type = root.release_type;
      Parent wanted;
      wanted.any_of = {PackageId(parent_name, p.rtm, p.architecture)};
      child.parents = {wanted};
      int group = 0;
      for (const std::string& family : families) {
        Group(child, fmt::format("{}-{}_neutral", kb.substr(2), number * 1000 + ++group),
              Family(family, p.level, 1));
      }
      UpdateGroup link;
      link.name = fmt::format("{}-{}_neutral_PACKAGE", kb.substr(2), number);
      link.packages = {child.id};
      root.updates.push_back(std::move(link));
      packages.push_back(std::move(child));
    }
    model_.Install(std::move(root));
    for (Package& child : packages) {
      model_.Install(std::move(child), kStateInstalled, root_id, false);
    }
  }

  Workshop& shop_;
  ModelSize size_;
  ImageModel model_;
  std::string edition_id_;
};

}  // namespace

std::string_view FoundationName(const Profile& profile) {
  return profile.major == 10 ? "Microsoft-Windows-Common-Foundation-Package"
                             : "Microsoft-Windows-Foundation-Package";
}

std::string EditionPackageName(const Edition& edition) {
  return "Microsoft-Windows-" + edition.id + "Edition";
}

std::vector<ComponentPtr> AddGroup(Package& package, std::string_view update_name,
                                   std::string_view deployment_version,
                                   const std::vector<ComponentPtr>& members, Workshop& shop) {
  const ComponentPtr deployment =
      MakeDeployment("", deployment_version, package.id.architecture, members, shop.digests());
  UpdateGroup update;
  update.name = update_name;
  update.deployments = {deployment->id};
  package.updates.push_back(std::move(update));
  std::vector<ComponentPtr> all = {deployment};
  all.insert(all.end(), members.begin(), members.end());
  return all;
}

std::vector<ComponentPtr> MakeWithTwin(Workshop& shop, const Profile& profile,
                                       std::string_view family, std::string_view version,
                                       std::uint32_t revision) {
  std::vector<ComponentPtr> made = {
      shop.Make(profile, family, profile.architecture, version, revision)};
  const std::string_view twin = TwinArchitecture(family);
  if (profile.wide() && !twin.empty()) {
    made.push_back(shop.Make(profile, family, twin, version, revision));
  }
  return made;
}

ImageModel MakeBaseModel(Workshop& shop, const Profile& profile, const Edition& edition,
                         const ModelSize& size) {
  return BaseModel(shop, profile, edition, size).Make();
}

}  // namespace ww::lab
