// The plans of all indexes of a job, kept small: equal lists and equal contents exist once.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "job_files.h"
#include "search_updates.h"
#include "wimwright/cbs/plan.h"
#include "wimwright/servicing/job.h"
#include "wimwright/wim/wim_file.h"

namespace ww::servicing {

// Bytes that the plans write themselves (mums, catalogues, manifests), by SHA-256.
using ContentPool = std::unordered_map<Sha256Digest, std::shared_ptr<const Bytes>, DigestHash>;

using FileChanges = std::vector<cbs::FileChange>;
using RegistryChanges = cbs::RegistryChanges;

struct IndexPlan {
  int index = 0;
  std::string name;
  std::string architecture;
  // One per update of the job. Nothing: it was not offered, see JobUpdate::error.
  std::vector<std::optional<cbs::UpdateDecision>> decisions;
  // Shared by the indexes that need the same. FileChange::update counts the updates of the job; the
  // content of kContent stands in the pool under FileChange::digest.
  std::shared_ptr<const FileChanges> files;
  std::shared_ptr<const RegistryChanges> registry;
  std::vector<Sha1Digest> hives;  // stored hives that `registry` changes
  cbs::Expectations expected;
  cbs::ServicingPlan::Counts file_counts;
  cbs::WindowsVersion before, after;
  bool does_something = false;
};

struct JobPlan {
  FileTime now = 0;
  std::vector<IndexPlan> indexes;
  ContentPool contents;
};

// The indexes that the options name: all of the file when they name none. kNotFound, kUsage.
Result<std::vector<int>> ChosenIndexes(const JobOptions& options, const wim::WimFile& image);

struct PlannedJob {
  UpdateSet updates;  // without their contents: payload can still be streamed
  JobPlan plan;
};

// Searches and reads the updates (LoadUpdates(), on a thread of its own while the first image is
// read) and plans index after index; never more than one image and its hives are in memory. Begins
// no phase; advances progress by the size of each update file and of each image's metadata.
Result<PlannedJob> PlanJob(const JobOptions& options, const wim::WimFile& image,
                           const std::vector<int>& indexes,
                           const std::filesystem::path& scratch_dir, const Exclusions& exclusions,
                           JobFileSystem& fs, const Context& context);

// What is to be done about the plan as a whole.
struct Verdict {
  enum class Kind { kDo, kNothing, kFail };
  Kind kind = Kind::kFail;
  bool some_refused = false;  // under continue_on_error
  std::optional<Error>
      error;  // of the first update that is refused or unreadable; always for kFail
};
// Configuration Manager's rule: not applicable is neither success nor failure, as long as anything
// else is to be done or present already.
Verdict Judge(const JobPlan& plan, const UpdateSet& updates, bool continue_on_error);

}  // namespace ww::servicing
