#include "enablement.h"

#include <fmt/format.h>

namespace ww::lab {
namespace {

constexpr Enablement kTo22H2{"KB9000552", "Microsoft-Windows-22H2Enablement-Package", 19045,
                             "22H2"};
constexpr Enablement kTo25H2{"KB9000551", "Microsoft-Windows-25H2Enablement-Package", 26200,
                             "25H2"};

// What the system calls itself. Cumulative updates serve both builds with one file, so that the
// value is no part of theirs (see FillRevision).
ComponentPtr EnabledBuild(Workshop& shop, const Profile& profile, std::string_view version) {
  Component component;
  component.id = ComponentId("Microsoft-Windows-LabEnablement", version, profile.architecture);
  const Enablement& to = EnablementOf(profile);
  const std::string build = fmt::format("{}", to.build);
  component.registry = {{"HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion",
                         {{"CurrentBuild", "REG_SZ", build},
                          {"CurrentBuildNumber", "REG_SZ", build},
                          {"DisplayVersion", "REG_SZ", std::string(to.version)}},
                         {}}};
  return Seal(std::move(component), shop.digests());
}

}  // namespace

const Enablement& EnablementOf(const Profile& profile) {
  return profile.build < kTo22H2.build ? kTo22H2 : kTo25H2;
}

WholePackage MakeEnablementPackage(Workshop& shop, const Profile& profile,
                                   std::string_view version) {
  WholePackage whole;
  whole.package.id = PackageId(EnablementOf(profile).package, version, profile.architecture);
  whole.package.stack.clear();
  Parent parent;
  parent.any_of = {PackageId(FoundationName(profile), profile.rtm, profile.architecture)};
  whole.package.parents = {parent};
  whole.components =
      AddGroup(whole.package, "Enablement", version, {EnabledBuild(shop, profile, version)}, shop);
  return whole;
}

UpdateDraft MakeEnablement(Workshop& shop, const Profile& profile) {
  const std::string_view kb = EnablementOf(profile).kb;
  UpdateComposer composer(shop, profile, kb, fmt::format("Package_for_{}", kb),
                          fmt::format("{}.1.1.0", profile.build), profile.rtm);
  WholePackage whole = MakeEnablementPackage(shop, profile, profile.rtm);
  composer.AddChild({}, {}) = std::move(whole.package);
  composer.draft().components = std::move(whole.components);
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
