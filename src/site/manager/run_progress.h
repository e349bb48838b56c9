// Keeps a run alive while it works: renews its lease, writes its progress, hears of cancellation.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "run_queue.h"
#include "wimwright/base/progress.h"
#include "wimwright/provider/site_provider.h"

namespace ww::manager {

// The progress of the job is what it is told as Progress; the database learns of it with each
// heartbeat, and at once of a new state.
class RunProgress final : public Progress {
 public:
  struct Options {
    provider::SiteProvider* provider = nullptr;
    RunQueue* queue = nullptr;
    Lease lease;
    std::chrono::milliseconds heartbeat{1'000};
    const Cancellation* stop = nullptr;  // the server stops
  };
  explicit RunProgress(Options options);
  ~RunProgress() override;  // Stop()

  void BeginPhase(std::string_view name, int number, int count, std::uint64_t total) override;
  void Advance(std::uint64_t bytes) override { done_.fetch_add(bytes, std::memory_order_relaxed); }

  // Requested when the run shall stop, for whichever reason.
  const Cancellation& cancelled() const { return cancelled_; }
  bool lost() const { return lost_.load(); }          // another server has the run
  bool stopping() const { return stopping_.load(); }  // the server stops

  // No more heartbeats.
  void Stop();

 private:
  void Loop();
  void Beat();

  Options options_;
  Cancellation cancelled_;
  std::atomic<bool> lost_{false}, stopping_{false};
  std::atomic<std::uint64_t> done_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  std::string phase_;
  int number_ = 0, count_ = 0;
  std::uint64_t total_ = 0;
  std::thread thread_;
};

}  // namespace ww::manager
