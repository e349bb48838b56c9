// When a token says that something starts (schedule-tokens.md 3).
#pragma once

#include <optional>
#include <span>

#include "wimwright/base/clock.h"
#include "wimwright/schedule/time_zone.h"
#include "wimwright/schedule/token.h"

namespace ww::schedule {

// The first start at or after `from`; nothing when there is none any more. Tokens with is_gmt are
// computed in UTC, others on the wall clock of `zone`:
//   - days, weeks and months keep the time on the wall clock over changes of daylight saving;
//   - hours and minutes count elapsed time;
//   - a time that the clock skips starts at the first instant after the gap, a time it shows twice
//     at the first, once.
// A non-recurring token in the past has no next run; that a job which never ran is due at once is
// for its owner to decide.
std::optional<TimePoint> NextRun(const Token& token, TimePoint from, const TimeZone& zone);

// The earliest of several.
std::optional<TimePoint> NextRun(std::span<const Token> tokens, TimePoint from,
                                 const TimeZone& zone);

}  // namespace ww::schedule
