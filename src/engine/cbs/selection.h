// Which packages of an update's tree, and which of their updates, an image takes
// (windows-servicing.md 2.4 to 2.6).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "refusal.h"
#include "virtual_state.h"

namespace ww::cbs {

struct SelectedUpdate {
  const manifest::Update* update = nullptr;
  // updateComponent entries that matched: recorded in ComponentDetect.
  std::vector<const manifest::UpdateComponent*> matched;
  std::string elevate;                    // "" when the update has no guard
  std::uint32_t state = kStateInstalled;  // kStateStaged: to the store only
};

struct SelectedPackage {
  const PackageFile* file = nullptr;
  const PackageFile* parent = nullptr;  // package of the tree that refers to it; nullptr: outermost
  std::uint32_t state = kStateInstalled;
  bool baseline = false;                    // the outermost package of a checkpoint
  std::optional<std::uint32_t> visibility;  // that of the older version which it replaces
  std::string replaces;                     // identity of that version; empty: none
  std::vector<SelectedUpdate> updates;
  // Optional features by name, in the state that the older version's key records: kept.
  std::map<std::string, std::uint32_t> features;
};

struct Selection {
  Verdict verdict;
  std::vector<SelectedPackage> packages;  // children before the packages that refer to them
};

// Judges one update against the state. `selection.packages` is filled only when the verdict goes
// ahead.
Result<Selection> Select(const UpdateContent& update, const VirtualState& state,
                         std::vector<std::string>& trace);

}  // namespace ww::cbs
