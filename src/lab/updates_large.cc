// Updates of the size of real ones, for the large image: all change COMPONENTS, SOFTWARE and
// SYSTEM.
#include <fmt/format.h>

#include <algorithm>

#include "updates.h"

namespace ww::lab {
namespace {

struct Large {
  std::string name, kb, root_name, root_version, version;
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
  std::vector<Large> updates{{std::string(kLargeLcu),
                              "KB9000402",
                              std::string(kRollup),
                              "14393.2457.1.0",
                              "10.0.14393.2457",
                              {kRevision, kPolicy, kComServer},
                              20,
                              670,
                              CabCompression::kMszip},
                             {std::string(kMiddleFix),
                              "KB9000403",
                              "Package_for_KB9000403",
                              "10.0.1.0",
                              "10.0.14393.2401",
                              {kService},
                              1000,
                              67,
                              CabCompression::kMszip},
                             {std::string(kSmallFix),
                              "KB9000404",
                              "Package_for_KB9000404",
                              "10.0.1.0",
                              "10.0.14393.2402",
                              {kFilterDriver, kShared},
                              1,
                              7,
                              CabCompression::kLzx}};
  for (std::size_t i = 0; i < kFurtherFixes.size(); ++i) {
    Large fix;
    fix.name = kFurtherFixes[i];
    fix.kb = fmt::format("KB{}", 9000405 + i);
    fix.root_name = "Package_for_" + fix.kb;
    fix.root_version = "10.0.1.0";
    fix.version = fmt::format("10.0.14393.{}", 2403 + i);
    fix.first_filler = 1100 + 10 * i;
    fix.fillers = 3;
    fix.compression = CabCompression::kLzx;
    updates.push_back(std::move(fix));
  }
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
