// The updates of a job: found, opened, and read as CBS packages; what cannot be read is remembered
// with its reason.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "job_files.h"
#include "wimwright/cab/update_package.h"
#include "wimwright/cbs/update_content.h"
#include "wimwright/servicing/job.h"

namespace ww::servicing {

// One CBS package of one file (an MSU may hold several), or a file that could not be read.
struct JobUpdate {
  std::string input;  // file name of the container
  std::string key;    // path and number inside: the same in every attempt of a job
  cab::UpdatePackage* source = nullptr;       // null: unreadable
  std::optional<cbs::UpdateContent> content;  // nothing: unreadable, or released after planning
  std::optional<Error> error;                 // why it is not offered to the plan
  std::string identity;
  std::string kb;
};

// Updates that an earlier attempt of this job found damaged, by JobUpdate::key.
using Exclusions = std::map<std::string, Error>;

struct UpdateSet {
  std::deque<cab::UpdateFile> files;  // own the packages
  std::vector<JobUpdate> updates;
  std::vector<std::string> ignored;  // "path: reason"

  // Frees manifests and catalogues; payload can still be streamed.
  void ReleaseContents();
};

// Searches, opens and reads everything. What is wrong with an update is its own `error`; fails only
// when cancelled, or when there is no update at all (kNotFound). Begins no phase; advances progress
// by the size of each file.
Result<UpdateSet> LoadUpdates(const JobOptions& options, JobFileSystem& fs,
                              const std::filesystem::path& scratch_dir,
                              const Exclusions& exclusions, const Context& context);

}  // namespace ww::servicing
