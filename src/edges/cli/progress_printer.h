// Progress for a person: one changing line on a terminal, one line at least every ten seconds
// elsewhere.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>

#include "wimwright/base/progress.h"

namespace ww::cli {

struct ProgressState {
  std::string phase;
  int number = 0, count = 0;
  std::uint64_t done = 0, total = 0;        // bytes; total 0: unknown
  std::chrono::duration<double> elapsed{};  // since the first phase began
  std::chrono::duration<double> in_phase{};
};

// "[2/5] payload               43% of 2.8 GB    0:12 elapsed, 0:16 left"
std::string FormatProgress(const ProgressState& state);

// Calls may come from any thread. Prints from a thread of its own, so that a phase which stands
// still is still reported as alive.
class ProgressPrinter final : public Progress {
 public:
  ProgressPrinter(std::ostream& out, bool terminal) : out_(out), terminal_(terminal) {}
  ~ProgressPrinter() override;

  void BeginPhase(std::string_view name, int number, int count, std::uint64_t total) override;
  void Advance(std::uint64_t bytes) override;
  // Removes the changing line, so that other text may follow. The next phase starts it again.
  void Pause();

 private:
  using Steady = std::chrono::steady_clock;
  void Tick();
  void PrintLocked();
  void EraseLocked();

  std::ostream& out_;
  const bool terminal_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool active_ = false;
  std::size_t shown_ = 0;  // width of the line on the terminal
  ProgressState state_;
  Steady::time_point start_{}, phase_start_{}, printed_{};
  std::atomic<std::uint64_t> done_{0};
  std::thread ticker_;
};

}  // namespace ww::cli
