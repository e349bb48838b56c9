// Updates of Windows 7 and 8.1.
#include <fmt/format.h>

#include "updates.h"

namespace ww::lab {
namespace {

// Both branches for one family, as updates of Windows 7 have them: the service release for images
// that never had a hotfix, the hotfix line for those that had (windows-servicing.md 2.4).
UpdateDraft TwoBranches(LabContext& lab, const Profile& p) {
  UpdateComposer composer(lab.shop, p, "KB9000201", "Package_for_KB9000201", "6.1.1.0", "6.1.1.0");
  const Parent foundation = composer.ProductParent(FoundationName(p));
  Parent staged = foundation;
  staged.disposition = "staged";
  composer.AddTrunk("_SP1", staged);
  Package& child = composer.AddChild(foundation, {});
  for (std::string_view family : {kPackageManager, kService}) {
    composer.AddUpdate(child, "_GDR", MakeWithTwin(lab.shop, p, family, "6.1.7601.18300", 2),
                       "revision");
    composer.AddUpdate(child, "_LDR", MakeWithTwin(lab.shop, p, family, "6.1.7601.22500", 3),
                       "revision");
  }
  return composer.Finish();
}

UpdateDraft HotfixLine(LabContext& lab, const Profile& p) {
  UpdateComposer composer(lab.shop, p, "KB9000202", "Package_for_KB9000202", "6.1.1.0", "6.1.1.0");
  composer.root().release_type = "Hotfix";
  const Parent features = composer.ProductParent(kFeaturesPackage);
  composer.root().parents = {features};
  Parent staged = features;
  staged.disposition = "staged";
  composer.AddTrunk("_SP1", staged);
  Package& child = composer.AddChild(features, {});
  composer.AddUpdate(child, "_LDR", MakeWithTwin(lab.shop, p, kTelemetry, "6.1.7601.22400", 2),
                     "distribution");
  return composer.Finish();
}

// With the second level that asks for the spring update.
UpdateDraft SpringTree(LabContext& lab, const Profile& p) {
  UpdateComposer composer(lab.shop, p, "KB9000301", "Package_for_KB9000301", "6.3.1.0", "6.3.1.0");
  const Parent features = composer.ProductParent(kFeaturesPackage);
  composer.root().parents = {features};
  composer.AddTrunk("_RTM", features);
  Parent spring;
  spring.build_compare = "GE";
  spring.service_compare.clear();
  spring.revision_compare = "GE";
  spring.any_of = {PackageId("Package_for_KB2919355", "6.3.1.14", p.architecture)};
  composer.AddTrunk("_RTM_GM", spring);
  composer.AddChild(
      features,
      {{std::string(kComServer), "6.3.9600.17100", 2}, {std::string(kPolicy), "6.3.9600.17100", 2}},
      "distribution");
  return composer.Finish();
}

}  // namespace

Status WriteWindows7Updates(LabContext& lab) {
  for (std::string_view architecture : {"x86", "amd64"}) {
    const Profile p = Windows7(architecture);
    const std::string_view word = p.wide() ? "x64" : "x86";
    WW_RETURN_IF_ERROR(WriteUpdate(lab, fmt::format("windows6.1-kb9000201-{}.msu", word),
                                   Shape::kMsuDeltas, TwoBranches(lab, p)));
  }
  return WriteUpdate(lab, "windows6.1-kb9000202-x86.msu", Shape::kMsuDeltas,
                     HotfixLine(lab, Windows7("x86")), {}, Signing::kSha1);
}

Status WriteWindows81Updates(LabContext& lab) {
  for (std::string_view architecture : {"x86", "amd64"}) {
    const Profile p = Windows81(architecture);
    const std::string_view word = p.wide() ? "x64" : "x86";
    WW_RETURN_IF_ERROR(WriteUpdate(lab, fmt::format("windows8.1-kb9000301-{}.msu", word),
                                   Shape::kMsu, SpringTree(lab, p)));
  }
  return {};
}

}  // namespace ww::lab
