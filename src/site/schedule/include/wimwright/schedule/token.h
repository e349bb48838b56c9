// Schedule tokens as plain values, and the 16 hexadecimal digits in which Configuration Manager
// keeps each of them (schedule-tokens.md 1).
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wimwright/base/result.h"

namespace ww::schedule {

// Weekdays as the tokens number them.
enum class Day : std::uint8_t {
  kSunday = 1,
  kMonday,
  kTuesday,
  kWednesday,
  kThursday,
  kFriday,
  kSaturday
};
enum class WeekOrder : std::uint8_t { kLast, kFirst, kSecond, kThird, kFourth };

// A wall clock time, of the evaluating site or UTC as Token::is_gmt says. 1970 to 2033; seconds do
// not exist.
struct StartTime {
  std::uint16_t year = 1970;
  std::uint8_t month = 2;  // the class's default is 1970-02-01 00:00
  std::uint8_t day = 1;
  std::uint8_t hour = 0;
  std::uint8_t minute = 0;

  friend auto operator<=>(const StartTime&, const StartTime&) = default;
};

// How long what starts may go on: maintenance windows use it, offline servicing does not. The parts
// are as stored; a whole day may be 24 hours or one day.
struct Duration {
  std::uint8_t days = 0;
  std::uint8_t hours = 0;
  std::uint8_t minutes = 0;

  std::chrono::minutes length() const {
    return std::chrono::hours(24 * days + hours) + std::chrono::minutes(minutes);
  }
  friend bool operator==(const Duration&, const Duration&) = default;
};

// SMS_ST_NonRecurring, type 1: once.
struct NonRecurring {
  friend bool operator==(const NonRecurring&, const NonRecurring&) = default;
};

// SMS_ST_RecurInterval, type 2. Only one span is meant to be non-zero; if several are, they add up.
struct RecurInterval {
  std::uint8_t day_span = 0;     // 0-31
  std::uint8_t hour_span = 0;    // 0-23
  std::uint8_t minute_span = 0;  // 0-59
  friend bool operator==(const RecurInterval&, const RecurInterval&) = default;
};

// SMS_ST_RecurWeekly, type 3.
struct RecurWeekly {
  Day day = Day::kSunday;
  std::uint8_t for_number_of_weeks = 1;  // 1-4
  friend bool operator==(const RecurWeekly&, const RecurWeekly&) = default;
};

// SMS_ST_RecurMonthlyByWeekday, type 4; with an offset SMS_ST_RecurMonthlyByWeekdayBase, type 6.
struct RecurMonthlyByWeekday {
  Day day = Day::kSunday;
  std::uint8_t for_number_of_months = 1;  // 1-12
  WeekOrder week_order = WeekOrder::kLast;
  friend bool operator==(const RecurMonthlyByWeekday&, const RecurMonthlyByWeekday&) = default;
};
struct RecurMonthlyByWeekdayBase {
  Day day = Day::kSunday;
  std::uint8_t for_number_of_months = 1;  // 1-12
  WeekOrder week_order = WeekOrder::kLast;
  std::uint8_t offset_day = 0;  // 0-7: days after that weekday, never beyond the month
  friend bool operator==(const RecurMonthlyByWeekdayBase&,
                         const RecurMonthlyByWeekdayBase&) = default;
};

// SMS_ST_RecurMonthlyByDate, type 5.
struct RecurMonthlyByDate {
  std::uint8_t month_day = 0;             // 0: the last; months that lack the day are skipped
  std::uint8_t for_number_of_months = 1;  // 1-12
  friend bool operator==(const RecurMonthlyByDate&, const RecurMonthlyByDate&) = default;
};

using Recurrence = std::variant<NonRecurring, RecurInterval, RecurWeekly, RecurMonthlyByWeekday,
                                RecurMonthlyByDate, RecurMonthlyByWeekdayBase>;

struct Token {
  StartTime start;
  Duration duration;
  bool is_gmt = false;
  Recurrence recurrence;

  friend bool operator==(const Token&, const Token&) = default;
};

// The number in the token: 1 to 6.
int TypeOf(const Token& token);
// "SMS_ST_RecurWeekly".
std::string_view ClassName(const Token& token);

// The documented ranges, a start that the calendar has, and at most one span. For everything new
// that writes tokens. Error: kUsage, and which property.
Status Validate(const Token& token);

// What the provider's WriteToString does instead of refusing: values move to the nearest that can
// be stored, a start of all zeros becomes `now`, of several spans the longest stays
// (schedule-tokens.md 1, field ranges).
Token Clamped(const Token& token, const StartTime& now);

inline constexpr std::size_t kTokenDigits = 16;

// 16 upper-case digits. The token has to fit: it came from DecodeToken, Clamped, or passed
// Validate. Bits of others are cut off.
std::string EncodeToken(const Token& token);

// Exactly 16 digits of either case. Bits that the type does not use are ignored. Ranges that real
// tokens break are accepted as far as they mean something (24 hours of duration, every 5 weeks).
// kCorrupt: no digits, type 0 or 7, a start the calendar does not have, weekday 0, order above 4,
// every 0 weeks or months.
Result<Token> DecodeToken(std::string_view text);

// Several tokens without separator: "runs whenever any of them says so". The empty text is no
// token. At most 256.
Result<std::vector<Token>> ParseSchedule(std::string_view text);
std::string FormatSchedule(std::span<const Token> tokens);

}  // namespace ww::schedule
