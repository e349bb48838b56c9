#include "due.h"

#include <algorithm>
#include <chrono>

namespace ww::manager {
namespace {

bool IsOnce(const schedule::Token& token) {
  return std::holds_alternative<schedule::NonRecurring>(token.recurrence);
}

TimePoint StartOf(const schedule::Token& token, const schedule::TimeZone& zone) {
  const auto& at = token.is_gmt ? schedule::TimeZone::Utc() : zone;
  return at.ToInstant(schedule::ToWallClock(token.start));
}

}  // namespace

std::optional<TimePoint> DueAt(std::span<const schedule::Token> tokens, TimePoint since,
                               bool never_ran, TimePoint now, const schedule::TimeZone& zone) {
  // A moment that was served is not served again.
  const auto from = std::min(since, now) + std::chrono::nanoseconds(1);
  std::optional<TimePoint> first;
  const auto consider = [&first](TimePoint time) {
    if (!first || time < *first) first = time;
  };
  for (const auto& token : tokens) {
    if (IsOnce(token)) {
      const auto start = StartOf(token, zone);
      if (never_ran || start >= from) consider(start);
      continue;
    }
    if (const auto next = schedule::NextRun(token, from, zone)) consider(*next);
  }
  return first;
}

bool Recurs(std::span<const schedule::Token> tokens) {
  return !std::all_of(tokens.begin(), tokens.end(), IsOnce);
}

bool InWindow(std::span<const schedule::Token> windows, TimePoint now,
              const schedule::TimeZone& zone) {
  if (windows.empty()) return true;
  return std::any_of(windows.begin(), windows.end(), [&](const schedule::Token& window) {
    const auto length = window.duration.length();
    if (length <= std::chrono::minutes(0)) return false;
    // The window that covers `now` began no longer ago than it lasts.
    const auto begun = schedule::NextRun(window, now - length + std::chrono::nanoseconds(1), zone);
    return begun && *begun <= now;
  });
}

}  // namespace ww::manager
