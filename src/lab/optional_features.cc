#include "optional_features.h"

namespace ww::lab {
namespace {

UpdateGroup& AddTools(WholePackage& whole, Workshop& shop, const Profile& profile,
                      std::string_view name, const std::vector<std::string_view>& families,
                      std::uint32_t revision) {
  const std::string version = whole.package.id.version.ToString();
  std::vector<ComponentPtr> members;
  for (const std::string_view family : families) {
    const auto twins = MakeWithTwin(shop, profile, family, version, revision);
    members.insert(members.end(), twins.begin(), twins.end());
  }
  const auto made = AddGroup(whole.package, name, version, members, shop);
  whole.components.insert(whole.components.end(), made.begin(), made.end());
  UpdateGroup& update = whole.package.updates.back();
  update.on = false;
  return update;
}

}  // namespace

WholePackage MakeOptionalPackage(Workshop& shop, const Profile& profile, std::string_view version,
                                 std::uint32_t revision) {
  WholePackage whole;
  Package& package = whole.package;
  package.id = PackageId(kOptionalPackage, version, profile.architecture);
  package.release_type = "Feature Pack";
  package.stack.clear();
  Parent parent;
  parent.integrate = "delegate";
  parent.any_of = {PackageId(FoundationName(profile), profile.rtm, profile.architecture)};
  package.parents = {parent};

  UpdateGroup viewer;
  viewer.name = kViewerFeature;
  viewer.selectable = true;
  viewer.on = false;
  viewer.packages = {PackageId(kViewerPackage, version, profile.architecture)};
  package.updates.push_back(std::move(viewer));
  std::vector<std::string_view> tools = {kTools};
  if (revision > 0) tools.push_back(kMoreTools);
  AddTools(whole, shop, profile, kToolsFeature, tools, revision).selectable = true;
  Applicable with_tools;
  with_tools.updates = {std::string(kToolsFeature)};
  AddTools(whole, shop, profile, kToolsLinkUpdate, {kToolsLink}, revision).applicable = {
      with_tools};
  return whole;
}

void AddOptionalPackage(Workshop& shop, ImageModel& model) {
  WholePackage whole = MakeOptionalPackage(shop, model.profile, model.profile.rtm, 0);
  model.Add(whole.components);
  model.Install(std::move(whole.package));
}

void TurnFeaturesOn(ImageModel& model) {
  for (InstalledPackage& entry : model.packages) {
    if (entry.package->id.name == kViewerPackage) {
      entry.state = kStateInstalled;
      entry.visible = true;
    } else if (entry.package->id.name == kOptionalPackage) {
      Package package = *entry.package;
      for (UpdateGroup& update : package.updates) update.on = true;
      entry.package = std::make_shared<const Package>(std::move(package));
    }
  }
}

}  // namespace ww::lab
