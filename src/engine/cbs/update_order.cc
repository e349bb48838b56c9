#include "update_order.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "wimwright/base/text.h"

namespace ww::cbs {
namespace {

int Rank(const UpdateContent& update) {
  switch (update.kind()) {
    case UpdateKind::kServicingStack:
      return 0;
    case UpdateKind::kEnablement:
      return 1;
    case UpdateKind::kCumulative:
      return update.checkpoint() ? 2 : 3;
    case UpdateKind::kOther:
      return 4;
    case UpdateKind::kDotNet:
      return 5;
    case UpdateKind::kSafeOs:
      return 6;
  }
  return 7;
}

std::optional<std::uint32_t> Number(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::vector<std::size_t> OrderOfUpdates(std::span<const UpdateContent* const> updates) {
  std::vector<std::size_t> order(updates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto& left = *updates[a];
    const auto& right = *updates[b];
    if (Rank(left) != Rank(right)) return Rank(left) < Rank(right);
    const auto& left_id = left.outer().manifest.identity;
    const auto& right_id = right.outer().manifest.identity;
    if (!manifest::SameFamily(left_id, right_id)) return false;
    return left.checkpoint() ? left_id.version < right_id.version
                             : left_id.version > right_id.version;
  });
  return order;
}

bool StandsOn(const UpdateContent& update, const UpdateContent& earlier) {
  if (update.kind() != UpdateKind::kCumulative) return false;
  if (earlier.kind() == UpdateKind::kServicingStack) return earlier.input() == update.input();
  const auto& id = update.outer().manifest.identity;
  const auto& earlier_id = earlier.outer().manifest.identity;
  return earlier.checkpoint() && manifest::SameFamily(id, earlier_id) &&
         earlier_id.version < id.version;
}

std::optional<WindowsVersion> BuildOf(const UpdateContent& update) {
  if (update.kind() != UpdateKind::kCumulative) return std::nullopt;
  const auto& version = update.outer().manifest.identity.version;
  return WindowsVersion{std::to_string(version.major()), std::to_string(version.minor())};
}

WindowsVersion ServicedVersion(const WindowsVersion& image,
                               const std::map<std::string, PackageRecord>& packages) {
  const auto own = Number(image.build);
  std::optional<std::uint32_t> product;
  for (const auto& [id, record] : packages) {
    const auto& name = record.identity.name;
    const bool foundation = EqualNoCaseAscii(name, "Microsoft-Windows-Foundation-Package") ||
                            EqualNoCaseAscii(name, "Microsoft-Windows-Common-Foundation-Package");
    if (!foundation || !IsInstalledState(record.state)) continue;
    product = std::max<std::uint32_t>(product.value_or(0), record.identity.version.build());
  }
  if (!own || !product || *product >= *own) return image;
  return {std::to_string(*product), image.ubr};
}

bool IsLowerBuild(const std::string& build, const std::string& other) {
  const auto own = Number(build);
  const auto theirs = Number(other);
  return own && theirs && *own < *theirs;
}

std::optional<int> CompareToImage(const WindowsVersion& version, const WindowsVersion& image) {
  const auto own = Number(version.ubr);
  const auto other = Number(image.ubr);
  if (version.build != image.build || !own || !other) return std::nullopt;
  return *own < *other ? -1 : (*own > *other ? 1 : 0);
}

}  // namespace ww::cbs
