// Everything that differs between two states of one Windows image.
#pragma once

#include <string>
#include <vector>

#include "wimwright/base/progress.h"
#include "wimwright/inspect/registry_diff.h"
#include "wimwright/inspect/tree_diff.h"
#include "wimwright/inspect/windows_image.h"

namespace ww::inspect {

struct PackageDifference {
  std::string identity;
  std::string old_state, new_state;  // DISM's words; empty: not there
};

struct ImageDifference {
  int index = 0;
  std::string name;
  std::string old_build, new_build;  // empty: not Windows
  std::vector<PackageDifference> packages;
  std::vector<std::string> components_added, components_removed;  // keyforms with a manifest
  TreeDifference files;
  RegistryDifference registry;

  bool empty() const {
    return packages.empty() && components_added.empty() && components_removed.empty() &&
           files.empty() && registry.empty();
  }
};

Result<ImageDifference> DiffImages(const Cancellation& cancel, OpenImage& before, OpenImage& after);

}  // namespace ww::inspect
