#include "wimwright/manager/offline_servicing_manager.h"

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "rules.h"
#include "run_job.h"
#include "run_queue.h"
#include "scan.h"
#include "schedule_watch.h"
#include "wimwright/provider/references.h"

namespace ww::manager {
namespace {

using provider::Call;

class Manager final : public OfflineServicingManager, private provider::SiteEvents {
 public:
  explicit Manager(ManagerOptions options)
      : options_(std::move(options)),
        log_(*options_.log),
        queue_({options_.database, options_.clock, options_.server_id, options_.retry.most_attempts,
                options_.lease_timeout}),
        watch_(options_, log_) {}
  ~Manager() override { Stop(); }

  std::function<void(provider::Bindings&)> Component() override {
    return [this](provider::Bindings& bindings) {
      auto& run = bindings[kRunClass];
      run.clients_write = false;
      run.guard = [](Call& call, const cim::Instance& row) {
        return provider::PackageGuard(call, row["ImagePackageID"].TextOr(""));
      };
      BindRules(bindings, log_, [this](const RuleResult& made) { Settle(made); });
    };
  }

  Status Attach(provider::SiteProvider& provider) override {
    provider_ = &provider;
    provider.Subscribe(*this);
    WW_TRY(const auto recovered, queue_.Recover(provider, true), "recovery");
    return GiveUp(recovered);
  }

  Status Start(provider::SiteProvider& provider) override {
    WW_RETURN_IF_ERROR(Attach(provider));
    log_.Line("SMS_EXECUTIVE started {} as thread ID {} (0x{:X}).", kComponent, ::gettid(),
              ::gettid());
    threads_.emplace_back([this] { WatchLoop(); });
    for (unsigned i = 0; i < std::max(1u, options_.workers); ++i) {
      threads_.emplace_back([this] { WorkLoop(); });
    }
    return {};
  }

  void Stop() override {
    if (provider_ == nullptr) return;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    stop_.Request();
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
    const bool had_threads = !threads_.empty();
    threads_.clear();
    provider_->Unsubscribe(*this);
    provider_ = nullptr;
    if (had_threads) log_.Line("{} stopped.", kComponent);
  }

  Status Evaluate() override {
    WW_TRY(const auto recovered, queue_.Recover(*provider_, false), "recovery");
    WW_RETURN_IF_ERROR(GiveUp(recovered));
    for (const auto id : recovered.queued) {
      log_.Line("Run {} was interrupted and is taken up again", id);
      ++taken_over_;
    }
    WW_TRY(const auto rules, EvaluateDueRules(*provider_, options_, log_), "rules");
    for (const auto& made : rules) Settle(made);
    WW_TRY(const auto made, watch_.Evaluate(*provider_), "schedules");
    if (made != 0) {
      log_.Line("{} run(s) are scheduled to be run at this time", made);
    }
    return {};
  }

  Result<bool> RunNext() override {
    WW_TRY(auto claimed, queue_.Claim(*provider_), "queue");
    if (!claimed) return ScanNext(*provider_, options_, log_, stop_);
    // Images of one schedule share what was compressed for the first of them.
    const auto schedule = claimed->run.schedule_id;
    const auto run = claimed->run.id;
    thread_local std::int32_t shared_schedule = -1;
    thread_local servicing::SharedPayload shared;
    if (shared_schedule != schedule) {
      shared = servicing::SharedPayload();
      shared_schedule = schedule;
    }
    ++running_;
    const auto began = std::chrono::steady_clock::now();
    RunJob job({&options_, provider_, &queue_, &log_, &shared, &stop_}, *std::move(claimed));
    const auto end = job.Execute();
    queue_.Abandon(run);
    --running_;
    const std::lock_guard lock(mutex_);
    if (end) {
      statistics_.runs_succeeded += *end == RunJob::End::kSucceeded ? 1 : 0;
      statistics_.runs_failed += *end == RunJob::End::kFailed ? 1 : 0;
      statistics_.runs_cancelled += *end == RunJob::End::kCancelled ? 1 : 0;
    }
    statistics_.updates_installed += job.installed();
    statistics_.bytes_read += job.report().bytes_read;
    statistics_.bytes_written += job.report().bytes_written;
    statistics_.seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (!end) return Fail(end.error().Within("a run could not be closed"));
    return true;
  }

  ManagerStatistics statistics() const override {
    ManagerStatistics out;
    {
      const std::lock_guard lock(mutex_);
      out = statistics_;
    }
    out.running = running_.load();
    out.runs_taken_over = taken_over_.load();
    if (provider_ != nullptr) {
      static_cast<void>(provider_->Read(provider::SystemContext(), [&](Call& call) -> Status {
        WW_TRY(
            const auto queued,
            call.store.Count(kRunClass, {{"State", provider::Text(StateName(RunState::kQueued))}}),
            "queue");
        out.queued = static_cast<std::uint32_t>(queued);
        return {};
      }));
    }
    return out;
  }

 private:
  void ServicingRequested(std::string_view package_id) override {
    watch_.Requested(package_id);
    Wake();
  }
  void ScanRequested(std::string_view) override { Wake(); }

  void Wake() {
    {
      const std::lock_guard lock(mutex_);
      ++calls_;
    }
    wake_.notify_all();
  }

  // What a rule made is complete.
  void Settle(const RuleResult& made) {
    for (const auto& image : made.images) watch_.Requested(image);
  }

  Status GiveUp(const RunQueue::Recovered& recovered) {
    for (const auto id : recovered.given_up) {
      WW_RETURN_IF_ERROR(provider_->Transact(provider::SystemContext(), [&](Call& call) -> Status {
        WW_TRY(const auto row, RunRow(call, id), "run");
        RunEnd end;
        end.state = RunState::kFailed;
        end.error = Error{Code::kInternal,
                          "the run was interrupted every time that it was begun: the image is "
                          "as it was",
                          "See OfflineServicingMgr.log for why the server stopped; then set "
                          "the schedule's Action to 1.",
                          0};
        return RecordEnd(call, log_, RunOf(row), end);
      }));
    }
    return {};
  }

  // Waits until somebody tells of something, or for the time of polling; false: the end.
  bool Wait(std::uint64_t& seen) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, options_.poll, [&] { return stopped_ || calls_ != seen; });
    seen = calls_;
    return !stopped_;
  }

  void WatchLoop() {
    std::uint64_t seen = 0;
    do {
      const auto before = statistics().queued;
      if (const auto done = Evaluate(); !done) {
        log_.Line("Looking at schedules failed: {}", done.error().message);
      }
      if (statistics().queued != before) Wake();
    } while (Wait(seen));
  }

  void WorkLoop() {
    std::uint64_t seen = 0;
    do {
      for (bool more = true; more && !stop_.requested();) {
        const auto did = RunNext();
        if (!did) log_.Line("A run failed: {}", did.error().message);
        more = did.value_or(false);
      }
    } while (Wait(seen));
  }

  const ManagerOptions options_;
  ServicingLog log_;
  RunQueue queue_;
  ScheduleWatch watch_;
  provider::SiteProvider* provider_ = nullptr;
  Cancellation stop_;
  std::vector<std::thread> threads_;
  std::atomic<std::uint32_t> running_{0};
  std::atomic<std::uint64_t> taken_over_{0};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  std::uint64_t calls_ = 0;
  ManagerStatistics statistics_;
};

}  // namespace

Result<std::unique_ptr<OfflineServicingManager>> OfflineServicingManager::Open(
    ManagerOptions options) {
  database::Schema schema;
  schema.name = "manager";
  schema.tables = {LeaseTable(), ScheduleWatchTable()};
  WW_TRY_STATUS(options.database->Define(schema), "manager's tables");
  return std::unique_ptr<OfflineServicingManager>(std::make_unique<Manager>(std::move(options)));
}

}  // namespace ww::manager
