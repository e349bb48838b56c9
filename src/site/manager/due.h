// When a schedule is due: a pure function of its tokens and of what happened before.
#pragma once

#include <optional>
#include <span>

#include "wimwright/schedule/next_run.h"

namespace ww::manager {

// The first moment after `since` (when the schedule was made, changed, or ran last) at which it is
// due; nothing when there is none any more. What was missed is due once, not once for each time.
//   - A non-recurring token whose start lies before `since` is due when it `never_ran`: a script
//     sends "now" in local minutes, and the request arrives later.
//   - `since` lies in the future after the clock was set back: then it counts from `now`.
std::optional<TimePoint> DueAt(std::span<const schedule::Token> tokens, TimePoint since,
                               bool never_ran, TimePoint now, const schedule::TimeZone& zone);

// Whether any token recurs: such a schedule stays in force after it ran.
bool Recurs(std::span<const schedule::Token> tokens);

// Whether `now` lies in one of the windows (start and duration). No token: always.
bool InWindow(std::span<const schedule::Token> windows, TimePoint now,
              const schedule::TimeZone& zone);

}  // namespace ww::manager
