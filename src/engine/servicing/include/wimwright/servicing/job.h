// A servicing job: updates into all chosen indexes of one WIM, in one pass, proven, published
// atomically.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"
#include "wimwright/base/log.h"
#include "wimwright/base/progress.h"
#include "wimwright/cbs/plan.h"
#include "wimwright/servicing/cache.h"

namespace ww::servicing {

struct JobOptions {
  std::filesystem::path image;
  std::vector<std::filesystem::path> updates;   // files or folders; a folder is searched by content
  std::vector<int> indexes;                     // empty: all
  std::optional<std::filesystem::path> output;  // nothing: in place
  bool continue_on_error = false;
  // PEM or DER certificates that the signatures of every catalogue, and of files that carry one,
  // must lead to; "": digests are checked, signatures are not.
  std::filesystem::path trust_store;
  std::filesystem::path scratch_dir;  // "": beside the output; in place and for Plan(): /var/tmp
  // Folder of the payload cache; "": none.
  std::filesystem::path cache_dir;
  std::uint64_t cache_limit = kDefaultCacheLimit;  // bytes that the folder may hold
  int compression_level = 4;
  unsigned threads = 0;  // 0: as many as the machine has
  // For whoever needs all bytes of the output, to make a hash or a copy of it: called with a reader
  // of them on a thread of its own when they are on the disk, while they are proven. The job waits
  // for it; `stop` is requested when the proof fails. What it made counts when the job succeeds;
  // with continue_on_error it may be called again for another attempt. Never called in place.
  std::function<void(File& output, const Cancellation& stop)> beside_proof;
  // The time that goes into the image; nothing: the clock's. With it equal jobs write equal bytes.
  std::optional<TimePoint> now;
};

// What the job needs from outside; all must outlive the call.
struct Context {
  FileSystem& fs;
  const Clock& clock;
  Logger& log;
  Progress& progress;
  const Cancellation& cancel;
};

enum class Outcome { kPlanned, kSucceeded, kNothingToDo, kPartial, kFailed, kCancelled };
std::string_view OutcomeName(Outcome outcome);  // "planned", "succeeded", "nothing_to_do", ...

struct UpdateOutcome {
  std::string input;     // file name of the container
  std::string identity;  // of the outer package; empty when it could not be read
  std::string kb;
  // Words of docs/cli.md, present for plan, past for apply. "refused" also for a file that cannot
  // be read; "failed": damaged payload, and everything that a failed or cancelled job did not get
  // done.
  std::string decision;
  int order = 0;  // 1.. among those that are done; 0 for the others
  cbs::Hresult hresult = 0;
  std::string reason;
  std::string next_step;
};

// Counts are the plan's; zero when nothing was written.
struct IndexOutcome {
  int index = 0;
  std::string name;
  std::string architecture;
  std::string build_before;
  std::string build_after;
  std::vector<UpdateOutcome> updates;
  struct {
    std::uint64_t added = 0, replaced = 0, removed = 0;
  } files;
  struct {
    std::uint64_t values_set = 0, values_removed = 0;
  } registry;
};

struct JobReport {
  Outcome outcome = Outcome::kFailed;
  std::optional<Error> error;  // why it failed, or of the first update that did
  std::vector<IndexOutcome> indexes;
  std::vector<std::string> ignored_files;  // of searched folders, with the reason
  // Through the file system, temporary copies included; not what a reflink shares.
  std::uint64_t bytes_read = 0, bytes_written = 0;
  std::uint64_t cached_contents = 0, cached_bytes = 0;  // taken from the cache; uncompressed bytes
  struct {
    double plan = 0, apply = 0, verify = 0, publish = 0, total = 0;
  } seconds;
};

// Nothing is written.
JobReport Plan(const JobOptions& options, const Context& context);

// Does it, proves it, publishes it. Unless the outcome is kSucceeded, kPartial or kNothingToDo the
// input image and any earlier output are byte for byte what they were.
//
// Order (architecture.md "The way of an update"): recover leftovers of a dead job beside the
// output; lock; open; plan every index; stop here when something is refused (unless
// continue_on_error); check free space; clone; stream every payload once through digest check,
// SHA-1 and compression into the clone; edit trees and hives; commit (header last, fsync); re-open
// from disk and prove; rename; fsync the directory.
//
// `shared` carries compressed payload from job to job.
JobReport Apply(const JobOptions& options, const Context& context, SharedPayload& shared);
JobReport Apply(const JobOptions& options, const Context& context);

}  // namespace ww::servicing
