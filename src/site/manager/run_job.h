// One run, from the queue to its end: staging, the engine's job, publishing.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "records.h"
#include "run_progress.h"
#include "wimwright/content/hashing.h"
#include "wimwright/distmgr/source_draft.h"
#include "wimwright/distmgr/versions.h"
#include "wimwright/manager/offline_servicing_manager.h"
#include "wimwright/servicing/job.h"

namespace ww::manager {

class RunJob {
 public:
  struct Options {
    const ManagerOptions* manager = nullptr;  // all outlive the job
    provider::SiteProvider* provider = nullptr;
    RunQueue* queue = nullptr;
    ServicingLog* log = nullptr;
    servicing::SharedPayload* shared = nullptr;  // what images of one schedule have in common
    const Cancellation* stop = nullptr;
  };
  RunJob(const Options& options, RunQueue::Claimed claimed);

  // How it ended; Fail() only when not even that could be recorded: the run is then recovered like
  // that of a dead server.
  enum class End { kSucceeded, kFailed, kCancelled, kAgain, kLost };
  Result<End> Execute();

  const servicing::JobReport& report() const { return report_; }
  std::uint64_t installed() const { return installed_; }

 private:
  Result<RunEnd> Work();
  Status Begin();
  Result<RunEnd> Service();
  Status Stage();
  Status StageUpdates();
  Status StageUpdate(provider::Call& call, std::uint32_t update);
  Status CheckSupported();
  Status CheckSpace();
  Result<RunEnd> Judge();
  Status Announce(const std::vector<UpdateResult>& results);
  void TakeOutput(File& output, const Cancellation& stop);
  Status Adopt();
  Status Publish();
  Result<RunEnd> Finished();
  Result<bool> Resume();
  Result<End> Close(Result<RunEnd> end);
  Result<End> Requeue(const Error& why, bool count, std::chrono::seconds delay);
  Status Transact(const std::function<Status(provider::Call&)>& work);

  Options options_;
  const ManagerOptions& manager_;
  ServicingLog& log_;
  Run run_;
  Lease lease_;
  RunProgress progress_;

  distmgr::PackageVersion base_;
  distmgr::PackageFile wim_;  // of base_
  std::vector<std::filesystem::path> files_;
  UpdateOfFile update_of_;
  std::map<std::string, std::string> names_;  // of updates: file in the library, file as imported
  std::vector<UpdateResult> missing_;         // updates without content, under continue on error
  std::vector<int> indexes_;                  // empty: all
  std::uint64_t update_bytes_ = 0;
  std::uint32_t failed_update_ = 0;  // CI_ID of the one without content
  servicing::JobReport report_;
  std::optional<content::HashedContent> hashed_;  // of the new image
  std::unique_ptr<distmgr::SourceDraft> draft_;   // the new image, beside the old one
  std::uint64_t installed_ = 0;
};

}  // namespace ww::manager
