#include "enablement.h"

#include <fmt/format.h>

namespace ww::lab {
namespace {

// What the system calls itself. Cumulative updates serve both builds with one file, so that the
// value is no part of theirs (see FillRevision).
ComponentPtr EnabledBuild(Workshop& shop, const Profile& profile) {
  Component component;
  component.id = ComponentId("Microsoft-Windows-LabEnablement", profile.rtm, profile.architecture);
  const std::string build = fmt::format("{}", kEnabledBuild);
  component.registry = {{"HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion",
                         {{"CurrentBuild", "REG_SZ", build},
                          {"CurrentBuildNumber", "REG_SZ", build},
                          {"DisplayVersion", "REG_SZ", "25H2"}},
                         {}}};
  return Seal(std::move(component), shop.digests());
}

}  // namespace

UpdateDraft MakeEnablement(Workshop& shop, const Profile& profile) {
  UpdateComposer composer(shop, profile, kEnablementKb,
                          fmt::format("Package_for_{}", kEnablementKb),
                          fmt::format("{}.1.1.0", profile.build), profile.rtm);
  Package& child = composer.AddChild(composer.ProductParent(FoundationName(profile)), {});
  child.id = PackageId(kEnablementPackage, profile.rtm, profile.architecture);
  composer.draft().components =
      AddGroup(child, "Enablement", profile.rtm, {EnabledBuild(shop, profile)}, shop);
  return composer.Finish();
}

void AddEnablement(Workshop& shop, ImageModel& model) {
  UpdateDraft draft = MakeEnablement(shop, model.profile);
  const std::string root = draft.root.identity();
  model.Add(draft.components);
  model.Install(std::move(draft.root));
  for (Package& package : draft.packages) {
    model.Install(std::move(package), kStateInstalled, root, false);
  }
}

}  // namespace ww::lab
