// Does the image have what a package builds on? (windows-servicing.md 2.3)
#pragma once

#include <map>
#include <string>
#include <vector>

#include "virtual_state.h"
#include "wimwright/manifest/package.h"

namespace ww::cbs {

enum class Answer { kYes, kNo, kUndecidable };

struct ParentAnswer {
  Answer answer = Answer::kNo;
  // kYes: kStateInstalled, or kStateStaged when the parent itself is only staged.
  std::uint32_t state = kStateInstalled;
  // kNo: an update is missing, not a product or edition.
  bool wants_update = false;
  // kNo: the product is there, but not as new as is wanted: a cumulative update or checkpoint is
  // missing (1.8).
  bool wants_newer = false;
  std::string reason;  // kNo, kUndecidable: what is wanted and what is there
};

// How an installed version relates to a wanted one under the parent's ...Compare words. The safe
// subset: what is not known to be right is kUndecidable.
Answer VersionSatisfies(const manifest::Version& installed, const manifest::Version& wanted,
                        const manifest::Parent& compare);

// Packages that the update being judged brings itself: they count as parents too (2.6 step 4).
class ComingPackages {
 public:
  void Add(const manifest::AssemblyIdentity& identity, std::uint32_t state);
  void Remove(const manifest::AssemblyIdentity& identity);
  // Null: none of the family.
  const std::vector<PackageRecord>* Family(const manifest::AssemblyIdentity& package) const;

 private:
  std::map<std::string, std::vector<PackageRecord>> families_;
};

// No parents at all: yes. `trace` gets a line per comparison, in the manner of CBS.log.
ParentAnswer EvaluateParents(const std::vector<manifest::Parent>& parents,
                             const VirtualState& state, const ComingPackages& coming,
                             std::vector<std::string>& trace);

// "Package_for_KB2919355", "Package_3_for_KB..." and the like: something that can be applied.
bool IsUpdatePackageName(std::string_view name);

}  // namespace ww::cbs
