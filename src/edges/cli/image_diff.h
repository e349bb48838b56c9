// Everything that differs between two states of one Windows image.
#pragma once

#include <string>
#include <vector>

#include "registry_diff.h"
#include "session.h"
#include "tree_diff.h"
#include "windows_image.h"

namespace ww::cli {

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

Result<ImageDifference> DiffImages(Session& session, OpenImage& before, OpenImage& after);

Json DifferenceJson(const ImageDifference& difference);
// At most `limit` entries of each list.
std::string DifferenceText(const ImageDifference& difference, std::size_t limit);

}  // namespace ww::cli
