// Where the files of packages and components go (windows-servicing.md 6.1).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "closure.h"
#include "path_table.h"
#include "wimwright/cbs/plan.h"

namespace ww::cbs {

// Collects the file changes of one update. Keeps `state`'s view of paths up to date.
class Placement {
 public:
  // `owners`: which family projects a path, over all updates of the plan; a second family is a
  // conflict.
  using Owners = PathOwners;

  Placement(const UpdateContent& update, std::size_t update_index, VirtualState& state,
            Owners& owners, FileTime now)
      : update_(update), update_index_(update_index), state_(state), owners_(owners), now_(now) {}

  // Room for all that is about to be placed, at once: growing would take three times as much.
  void Reserve(const Closure& closure, std::size_t packages);

  // mum and catalogue of a package: servicing\Packages, CatRoot, WinSxS\Catalogs.
  Status PlacePackage(const PackageFile& package, bool signs_deployments);
  // Manifest and payload into the store; for a winner also directories and hard links.
  Status PlaceComponent(const PlannedComponent& component);

  std::vector<FileChange> Take() { return std::move(files_); }
  const ServicingPlan::Counts& counts() const { return counts_; }

 private:
  Status Store(const PlannedComponent& component);
  FileChange Payload(const PlannedPayload& payload) const;
  std::uint64_t SizeFromBasis(const Recipe& recipe, std::uint64_t delta) const;
  std::optional<FileChange> ReverseDelta(const PlannedPayload& payload, const std::string& keyform,
                                         const manifest::FileEntry& entry,
                                         const FileChange& like) const;
  Status Project(const PlannedComponent& component);
  Status Claim(std::string_view path, std::string_view family);
  void Link(std::string path, std::string target);
  // A driver's INF is also seen in \Windows\INF, where the image has those of its drivers there.
  // `linked`: folded paths that the component's manifest names itself.
  Status LinkInf(const PlannedComponent& component, const manifest::FileEntry& file,
                 const std::set<std::string>& linked);
  bool HasInfsOfDrivers();
  // Directories of the driver store that lose their last file with `removed` (paths by their
  // folded form).
  void RemoveStoreDirectories(const std::map<std::string, std::string>& removed);
  Status MakeDirectories(const PlannedComponent& component);
  void Content(std::string path, const std::shared_ptr<const Bytes>& bytes, FileTime time,
               std::string_view sibling_of);
  void Push(FileChange change);
  // An existing entry of `directory` to take the security descriptor from; "" when there is none.
  std::string Sibling(std::string_view directory, bool want_directory);

  const UpdateContent& update_;
  std::size_t update_index_;
  VirtualState& state_;
  Owners& owners_;
  FileTime now_;
  std::vector<FileChange> files_;
  ServicingPlan::Counts counts_;
  std::map<std::string, std::string> siblings_;
  std::optional<bool> infs_of_drivers_;
};

}  // namespace ww::cbs
