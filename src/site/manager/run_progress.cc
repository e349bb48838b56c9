#include "run_progress.h"

#include <algorithm>

namespace ww::manager {
namespace {

// The engine's phases as states of the run.
RunState StateOfPhase(std::string_view phase) {
  if (phase == "plan") return RunState::kPlanning;
  return phase == "verify" || phase == "publish" ? RunState::kVerifying : RunState::kApplying;
}

}  // namespace

RunProgress::RunProgress(Options options) : options_(std::move(options)) {
  thread_ = std::thread([this] { Loop(); });
}

RunProgress::~RunProgress() { Stop(); }

void RunProgress::Stop() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void RunProgress::BeginPhase(std::string_view name, int number, int count, std::uint64_t total) {
  {
    const std::lock_guard lock(mutex_);
    phase_ = name;
    number_ = number;
    count_ = count;
    total_ = total;
  }
  done_ = 0;
  Beat();
}

void RunProgress::Loop() {
  // Asked more often than the lease is renewed: whoever stops the server or the run waits for it.
  constexpr std::chrono::milliseconds kLook{100};
  auto next = std::chrono::steady_clock::now() + options_.heartbeat;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::min(kLook, options_.heartbeat), [this] { return ended_; })) {
    if (options_.stop != nullptr && options_.stop->requested()) {
      stopping_ = true;
      cancelled_.Request();
    }
    if (std::chrono::steady_clock::now() < next) continue;
    lock.unlock();
    Beat();
    next = std::chrono::steady_clock::now() + options_.heartbeat;
    lock.lock();
  }
}

void RunProgress::Beat() {
  std::string phase;
  int number = 0, count = 0;
  std::uint64_t total = 0;
  {
    const std::lock_guard lock(mutex_);
    phase = phase_;
    number = number_;
    count = count_;
    total = total_;
  }
  const auto done = total == 0 ? done_.load() : std::min(done_.load(), total);
  RunQueue::Pulse pulse;
  const auto beat =
      options_.provider->Transact(provider::SystemContext(), [&](provider::Call& call) -> Status {
        WW_TRY(pulse, options_.queue->Beat(call, options_.lease), "heartbeat");
        if (pulse.lost || phase.empty()) return {};
        return ChangeRun(call, options_.lease.run, [&](cim::Instance& row) {
          if (StateOf(row["State"].TextOr("")) < RunState::kPublishing) {
            SetState(row, StateOfPhase(phase));
          }
          row.SetRaw("Phase", provider::Text(phase));
          row.SetRaw("PhaseNumber", provider::Number(static_cast<std::uint64_t>(number)));
          row.SetRaw("PhaseCount", provider::Number(static_cast<std::uint64_t>(count)));
          row.SetRaw("BytesDone", provider::Number(done));
          row.SetRaw("BytesTotal", provider::Number(total));
        });
      });
  // A database that is away for a moment does not stop the job: before anything is published the
  // lease is asked for again, in the transaction that publishes.
  if (!beat) return;
  if (pulse.lost) lost_ = true;
  if (pulse.lost || pulse.cancel_requested) cancelled_.Request();
}

}  // namespace ww::manager
