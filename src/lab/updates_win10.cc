// Updates of Windows 10 1607 that an engine has to apply, or to recognise as done.
#include <fmt/format.h>

#include "golden_update.h"
#include "updates.h"

namespace ww::lab {
namespace {

struct Rollup {
  std::string_view kb;
  unsigned ubr;
  std::uint32_t revision;
  std::string_view stack;
};

// A cumulative update: the foundation's part guarded by the editions too, as the example of
// windows-servicing.md 5.7, and the features' part.
UpdateDraft MakeRollup(LabContext& lab, const Profile& profile, const Rollup& rollup) {
  UpdateComposer composer(lab.shop, profile, rollup.kb, kRollup,
                          fmt::format("{}.{}.1.0", profile.build, rollup.ubr), "10.0.1.0");
  composer.root().stack = rollup.stack;
  composer.root().release_type = "Security Update";
  composer.root().parents[0].integrate = "standalone";
  const std::string version = fmt::format("10.0.{}.{}", profile.build, rollup.ubr);
  const auto raise = [&](std::string_view family) {
    return Raise{std::string(family), version, rollup.revision};
  };
  Parent foundation = composer.ProductParent(FoundationName(profile));
  Parent editions;
  editions.integrate.clear();
  for (const Edition& edition : profile.editions) {
    editions.any_of.push_back(
        PackageId(EditionPackageName(edition), profile.rtm, profile.architecture));
  }
  foundation.nested = {editions};
  composer.AddChild(foundation, {raise(kRevision), raise(kService), raise(kFilterDriver)});
  std::vector<Raise> features;
  for (std::string_view family :
       {kPolicy, kComServer, kShared, kMutable, kFolders, kTask, kSettings, kTelemetry}) {
    features.push_back(raise(family));
  }
  // Some that the installed update raised, some that it did not.
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(lab.model_size.fillers, 40); i += 4) {
    features.push_back(raise(FillerFamily(i)));
  }
  composer.AddChild(composer.ProductParent(kFeaturesPackage), features);
  return composer.Finish();
}

UpdateDraft MakeStackUpdate(LabContext& lab, const Profile& profile) {
  UpdateComposer composer(lab.shop, profile, "KB9000099", "Package_for_KB9000099", "10.0.1.0",
                          "10.0.1.0");
  composer.root().self_update = true;
  composer.root().permanent = true;
  composer.AddToRoot({{std::string(kServicingStack), "10.0.14393.2400", 2}});
  return composer.Finish();
}

// A fix with the usual chain: wrapper, release, child of a package of the product.
UpdateDraft MakeFix(LabContext& lab, const Profile& profile, std::string_view kb,
                    std::string_view parent, std::string_view family, std::string_view version) {
  UpdateComposer composer(lab.shop, profile, kb, fmt::format("Package_for_{}", kb), "10.0.1.0",
                          "10.0.1.0");
  Parent trunk = composer.ProductParent(parent);
  trunk.disposition = "staged";
  composer.root().parents = {trunk};
  composer.AddTrunk("_RTM", trunk);
  Parent child = composer.ProductParent(parent);
  if (parent == kViewerPackage) child.disposition = "staged";
  composer.AddChild(child, {{std::string(family), std::string(version), 2}});
  return composer.Finish();
}

// Without tree: root with components.
UpdateDraft MakeSimple(LabContext& lab, const Profile& profile, std::string_view kb,
                       std::string_view parent, std::string_view family, std::string_view version) {
  UpdateComposer composer(lab.shop, profile, kb, fmt::format("Package_for_{}", kb), "10.0.1.0",
                          "10.0.1.0");
  composer.root().parents = {composer.ProductParent(parent)};
  composer.AddToRoot({{std::string(family), std::string(version), 2}});
  return composer.Finish();
}

}  // namespace

Status WriteWindows10Updates(LabContext& lab) {
  const Profile p = Windows10("x86");
  const auto write = [&lab](std::string_view name, const UpdateDraft& draft,
                            Shape shape = Shape::kMsu, Signing signing = Signing::kNone) {
    return WriteUpdate(lab, name, shape, draft, {}, signing);
  };
  WW_RETURN_IF_ERROR(write(kLcu, MakeRollup(lab, p, {"KB9000102", 2457, 3, "10.0.14393.2273"})));
  WW_RETURN_IF_ERROR(
      write(kOlderLcu, MakeRollup(lab, p, {"KB9000101", 2400, 2, "10.0.14393.2273"})));
  WW_RETURN_IF_ERROR(
      write(kAncientLcu, MakeRollup(lab, p, {"KB9000095", 2200, 1, "10.0.14393.0"})));
  WW_RETURN_IF_ERROR(
      write(kNewerLcu, MakeRollup(lab, p, {"KB9000103", 2500, 4, "10.0.14393.2400"})));
  WW_RETURN_IF_ERROR(write(kStackUpdate, MakeStackUpdate(lab, p)));
  {
    const ImageModel image = MakeBaseModel(lab.shop, p, p.editions[0], lab.model_size);
    WW_RETURN_IF_ERROR(write(kInstalledLcu, DraftOfInstalled(image, "KB9000090")));
  }
  WW_RETURN_IF_ERROR(write(
      kLcuWide, MakeRollup(lab, Windows10("amd64"), {"KB9000102", 2457, 3, "10.0.14393.2273"})));
  WW_RETURN_IF_ERROR(
      write("windows10.0-kb9000110-x86.msu",
            MakeFix(lab, p, "KB9000110", kFeaturesPackage, kTelemetry, "10.0.14393.2351")));
  WW_RETURN_IF_ERROR(
      write("windows10.0-kb9000111-x86.msu",
            MakeFix(lab, p, "KB9000111", kViewerPackage, kViewer, "10.0.14393.2320")));
  {
    // A needs B.
    UpdateDraft a =
        MakeSimple(lab, p, "KB9000112", kFeaturesPackage, FillerFamily(1), "10.0.14393.2360");
    Parent parent;
    parent.any_of = {PackageId("Package_for_KB9000113", "10.0.1.0", "x86")};
    a.root.parents = {parent};
    WW_RETURN_IF_ERROR(write("windows10.0-kb9000112-x86.msu", a));
    WW_RETURN_IF_ERROR(write(
        "windows10.0-kb9000113-x86.msu",
        MakeSimple(lab, p, "KB9000113", kFeaturesPackage, FillerFamily(2), "10.0.14393.2355")));
  }
  WW_RETURN_IF_ERROR(write("windows10.0-kb9000114-x86.msu",
                           MakeSimple(lab, p, "KB9000114", "Microsoft-Windows-ServerCore-Package",
                                      FillerFamily(3), "10.0.14393.2361")));
  WW_RETURN_IF_ERROR(
      write("windows10.0-kb9000115-x86.cab",
            MakeSimple(lab, p, "KB9000115", kFeaturesPackage, kFont, "10.0.14393.2362"),
            Shape::kCab, Signing::kSha256));
  WW_RETURN_IF_ERROR(write(
      "windows10.0-kb9000116-x86.cab",
      MakeSimple(lab, p, "KB9000116", kPlayerPackage, kPlayer, "10.0.14393.2363"), Shape::kCabSet));
  WW_RETURN_IF_ERROR(
      write("windows10.0-kb9000117-x86",
            MakeSimple(lab, p, "KB9000117", kFeaturesPackage, FillerFamily(7), "10.0.14393.2364"),
            Shape::kFolder));
  WW_RETURN_IF_ERROR(
      write(kSigned,
            MakeSimple(lab, p, "KB9000118", kFeaturesPackage, FillerFamily(6), "10.0.14393.2365"),
            Shape::kMsu, Signing::kSha256));
  return write(kGolden, GoldenDraft(), Shape::kCab);
}

}  // namespace ww::lab
