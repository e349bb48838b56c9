#include "wimwright/inspect/image_diff.h"

#include <algorithm>
#include <map>
#include <set>

#include "wimwright/base/text.h"

namespace ww::inspect {
namespace {

void DiffPackages(const cbs::ImageState* before, const cbs::ImageState* after,
                  ImageDifference& out) {
  std::map<std::string, PackageDifference> all;  // by lower-case identity
  if (before != nullptr) {
    for (const auto& [key, p] : before->packages()) {
      all[key].identity = p.identity_string;
      all[key].old_state = cbs::PackageStateName(p.state);
    }
  }
  if (after != nullptr) {
    for (const auto& [key, p] : after->packages()) {
      all[key].identity = p.identity_string;
      all[key].new_state = cbs::PackageStateName(p.state);
    }
  }
  for (auto& [key, p] : all) {
    if (p.old_state != p.new_state) out.packages.push_back(std::move(p));
  }
}

// What the component store has a manifest of, installed or only staged.
std::set<std::string> Components(const wim::Image& image) {
  constexpr std::string_view kSuffix = ".manifest";
  std::set<std::string> keyforms;
  const auto folder = image.Find("Windows\\WinSxS\\Manifests");
  if (!folder) return keyforms;
  image.ForEachChild(*folder, [&](wim::NodeId node) {
    std::string name = ToLowerAscii(image.name(node));
    if (name.ends_with(kSuffix)) keyforms.insert(name.substr(0, name.size() - kSuffix.size()));
  });
  return keyforms;
}

Status DiffRegistry(const Cancellation& cancel, cbs::ImageState& before, cbs::ImageState& after,
                    RegistryDifference& out) {
  for (const cbs::HiveKind kind : cbs::kAllHives) {
    if (before.HiveContent(kind) == after.HiveContent(kind)) continue;
    hive::Hive* x = nullptr;
    hive::Hive* y = nullptr;
    if (before.HasHive(kind)) {
      WW_TRY(x, before.Hive(kind), "old hive");
    }
    if (after.HasHive(kind)) {
      WW_TRY(y, after.Hive(kind), "new hive");
    }
    WW_TRY_STATUS(DiffHives(cbs::HiveName(kind), x, y, cancel, out), cbs::HiveName(kind));
  }
  return {};
}

}  // namespace

Result<ImageDifference> DiffImages(const Cancellation& cancel, OpenImage& before,
                                   OpenImage& after) {
  ImageDifference out;
  cbs::ImageState* x = before.windows ? &*before.windows : nullptr;
  cbs::ImageState* y = after.windows ? &*after.windows : nullptr;
  if (x != nullptr) out.old_build = x->version().ToString();
  if (y != nullptr) out.new_build = y->version().ToString();
  DiffPackages(x, y, out);
  const auto old_components = Components(before.image);
  const auto new_components = Components(after.image);
  std::set_difference(new_components.begin(), new_components.end(), old_components.begin(),
                      old_components.end(), std::back_inserter(out.components_added));
  std::set_difference(old_components.begin(), old_components.end(), new_components.begin(),
                      new_components.end(), std::back_inserter(out.components_removed));
  WW_RETURN_IF_ERROR(cancel.Check());
  out.files = DiffTrees(before.image, after.image);
  if (x != nullptr && y != nullptr) {
    WW_RETURN_IF_ERROR(DiffRegistry(cancel, *x, *y, out.registry));
  }
  return out;
}

}  // namespace ww::inspect
