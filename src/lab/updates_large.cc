// Updates of the size of real ones, for the large image: all change COMPONENTS, SOFTWARE and
// SYSTEM.
#include <algorithm>

#include "updates.h"

namespace ww::lab {
namespace {

struct Large {
  std::string_view name, kb, root_name, root_version, version;
  std::vector<std::string_view> specials;
  std::uint64_t first_filler, fillers;
  CabCompression compression;
};

UpdateDraft MakeLarge(LabContext& lab, const Profile& p, const Large& large) {
  UpdateComposer composer(lab.shop, p, large.kb, large.root_name, large.root_version, "10.0.1.0");
  composer.root().release_type = "Security Update";
  std::vector<Raise> foundation, features;
  for (std::string_view family : large.specials) {
    const bool below = family == kRevision || family == kService || family == kFilterDriver;
    (below ? foundation : features).push_back({std::string(family), std::string(large.version), 3});
  }
  const std::uint64_t end = std::min(large.first_filler + large.fillers, lab.model_size.fillers);
  for (std::uint64_t i = large.first_filler; i < end; ++i) {
    features.push_back({FillerFamily(i), std::string(large.version), 3});
  }
  composer.AddChild(composer.ProductParent(FoundationName(p)), foundation);
  composer.AddChild(composer.ProductParent(kFeaturesPackage), features);
  return composer.Finish();
}

}  // namespace

Status WriteLargeUpdates(LabContext& lab) {
  const Profile p = Windows10("amd64");
  const Large updates[] = {{kLargeLcu,
                            "KB9000402",
                            kRollup,
                            "14393.2457.1.0",
                            "10.0.14393.2457",
                            {kRevision, kPolicy, kComServer},
                            0,
                            670,
                            CabCompression::kMszip},
                           {kMiddleFix,
                            "KB9000403",
                            "Package_for_KB9000403",
                            "10.0.1.0",
                            "10.0.14393.2401",
                            {kService},
                            1000,
                            67,
                            CabCompression::kMszip},
                           {kSmallFix,
                            "KB9000404",
                            "Package_for_KB9000404",
                            "10.0.1.0",
                            "10.0.14393.2402",
                            {kFilterDriver, kShared},
                            2000,
                            7,
                            CabCompression::kLzx}};
  for (const Large& update : updates) {
    WW_RETURN_IF_ERROR(lab.cancellation.Check());
    if (!lab.wanted(update.name)) continue;
    CabOptions options;
    options.compression = update.compression;
    WW_RETURN_IF_ERROR(
        WriteUpdate(lab, update.name, Shape::kMsu, MakeLarge(lab, p, update), options));
  }
  return {};
}

}  // namespace ww::lab
