#include "progress_printer.h"

#include <fmt/format.h>

#include <algorithm>

#include "units.h"

namespace ww::cli {
namespace {

constexpr std::chrono::milliseconds kTerminalInterval{200};
constexpr std::chrono::seconds kLineInterval{5};  // docs/cli.md promises at least every 10 s

}  // namespace

std::string FormatProgress(const ProgressState& state) {
  std::string line = fmt::format("[{}/{}] {:<20}", state.number, state.count, state.phase);
  if (state.total > 0) {
    const auto done = std::min(state.done, state.total);
    const double share = static_cast<double>(done) / static_cast<double>(state.total);
    line += fmt::format(" {:3.0f}% of {:<8}", share * 100, FormatBytes(state.total));
    line += fmt::format("  {} elapsed", FormatDuration(state.elapsed.count()));
    // An estimate from the first moments of a phase is noise.
    if (share > 0.01 && share < 1 && state.in_phase.count() >= 1) {
      line +=
          fmt::format(", {} left", FormatDuration(state.in_phase.count() * (1 - share) / share));
    }
    return line;
  }
  if (state.done > 0) line += fmt::format("       {}", FormatBytes(state.done));
  line += fmt::format("  {} elapsed", FormatDuration(state.elapsed.count()));
  return line;
}

ProgressPrinter::~ProgressPrinter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    EraseLocked();
  }
  wake_.notify_all();
  if (ticker_.joinable()) ticker_.join();
}

void ProgressPrinter::BeginPhase(std::string_view name, int number, int count,
                                 std::uint64_t total) {
  const std::lock_guard lock(mutex_);
  const auto now = Steady::now();
  if (start_ == Steady::time_point{}) start_ = now;
  phase_start_ = now;
  done_.store(0, std::memory_order_relaxed);
  state_.phase = name;
  state_.number = number;
  state_.count = count;
  state_.total = total;
  active_ = true;
  PrintLocked();
  if (ticker_.joinable()) return;
  try {
    ticker_ = std::thread([this] { Tick(); });
  } catch (const std::exception&) {  // no thread to be had: a line per phase has to do
  }
}

void ProgressPrinter::Advance(std::uint64_t bytes) {
  done_.fetch_add(bytes, std::memory_order_relaxed);
}

void ProgressPrinter::Pause() {
  const std::lock_guard lock(mutex_);
  EraseLocked();
  active_ = false;
}

void ProgressPrinter::Tick() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, kTerminalInterval);
    if (stopping_ || !active_) continue;
    if (!terminal_ && Steady::now() - printed_ < kLineInterval) continue;
    try {
      PrintLocked();
    } catch (const std::exception&) {  // no memory for a line is no reason to end the job
    }
  }
}

void ProgressPrinter::PrintLocked() {
  const auto now = Steady::now();
  state_.done = done_.load(std::memory_order_relaxed);
  state_.elapsed = now - start_;
  state_.in_phase = now - phase_start_;
  printed_ = now;
  const std::string line = FormatProgress(state_);
  if (!terminal_) {
    out_ << line << '\n' << std::flush;
    return;
  }
  const std::size_t rest = shown_ > line.size() ? shown_ - line.size() : 0;
  out_ << '\r' << line << std::string(rest, ' ') << std::flush;
  shown_ = line.size();
}

void ProgressPrinter::EraseLocked() {
  if (shown_ == 0) return;
  out_ << '\r' << std::string(shown_, ' ') << '\r' << std::flush;
  shown_ = 0;
}

}  // namespace ww::cli
