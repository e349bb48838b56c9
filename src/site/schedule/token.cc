#include "wimwright/schedule/token.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <type_traits>

namespace ww::schedule {
namespace {

constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2033;
constexpr std::size_t kMaxTokens = 256;

// Bits `high` to `low` of a word; 31 is the most significant.
constexpr std::uint32_t Bits(std::uint32_t word, int high, int low) {
  return (word >> low) & ((1U << (high - low + 1)) - 1);
}
constexpr std::uint8_t Bits8(std::uint32_t word, int high, int low) {
  return static_cast<std::uint8_t>(Bits(word, high, low));
}
constexpr std::uint32_t Field(std::uint32_t value, int high, int low) {
  return (value & ((1U << (high - low + 1)) - 1)) << low;
}
template <typename E>
requires std::is_enum_v<E>
constexpr std::uint32_t Field(E value, int high, int low) {
  return Field(static_cast<std::uint32_t>(value), high, low);
}

int DaysInMonth(int year, int month) {
  constexpr std::array<std::uint8_t, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

bool IsInCalendar(const StartTime& s) {
  return s.year >= kFirstYear && s.year <= kLastYear && s.month >= 1 && s.month <= 12 &&
         s.day >= 1 && s.day <= DaysInMonth(s.year, s.month) && s.hour <= 23 && s.minute <= 59;
}

tl::unexpected<Error> Bad(std::string_view text, std::string_view what) {
  return Fail(Code::kCorrupt, fmt::format("schedule token '{}': {}", text, what));
}

// The value of each digit, or 0xFF.
constexpr std::array<std::uint8_t, 256> MakeDigits() {
  std::array<std::uint8_t, 256> out{};
  for (auto& value : out) value = 0xFF;
  for (std::uint8_t i = 0; i < 10; ++i) out['0' + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i) {
    out['A' + i] = static_cast<std::uint8_t>(10 + i);
    out['a' + i] = static_cast<std::uint8_t>(10 + i);
  }
  return out;
}
constexpr auto kDigits = MakeDigits();

void AppendHex(std::string& out, std::uint32_t word) {
  for (int shift = 28; shift >= 0; shift -= 4) {
    out += "0123456789ABCDEF"[(word >> shift) & 0xFU];
  }
}

void Append(std::string& out, const Token& t) {
  const auto year = static_cast<std::uint32_t>(t.start.year - kFirstYear);
  AppendHex(out, Field(t.start.minute, 31, 26) | Field(t.start.hour, 25, 21) |
                     Field(t.start.day, 20, 16) | Field(t.start.month, 15, 12) |
                     Field(year, 11, 6) | Field(t.duration.minutes, 5, 0));
  std::uint32_t second = Field(t.duration.hours, 31, 27) | Field(t.duration.days, 26, 22) |
                         Field(static_cast<std::uint32_t>(TypeOf(t)), 21, 19) |
                         (t.is_gmt ? 1U : 0U);
  if (const auto* r = std::get_if<RecurInterval>(&t.recurrence)) {
    second |= Field(r->minute_span, 18, 13) | Field(r->hour_span, 12, 8) | Field(r->day_span, 7, 3);
  } else if (const auto* w = std::get_if<RecurWeekly>(&t.recurrence)) {
    second |= Field(w->day, 18, 16) | Field(w->for_number_of_weeks, 15, 13);
  } else if (const auto* m = std::get_if<RecurMonthlyByWeekday>(&t.recurrence)) {
    second |= Field(m->day, 18, 16) | Field(m->for_number_of_months, 15, 12) |
              Field(m->week_order, 11, 9);
  } else if (const auto* d = std::get_if<RecurMonthlyByDate>(&t.recurrence)) {
    second |= Field(d->month_day, 18, 14) | Field(d->for_number_of_months, 13, 10);
  } else if (const auto* b = std::get_if<RecurMonthlyByWeekdayBase>(&t.recurrence)) {
    second |= Field(b->day, 18, 16) | Field(b->for_number_of_months, 15, 12) |
              Field(b->week_order, 11, 9) | Field(b->offset_day, 8, 6);
  }
  AppendHex(out, second);
}

bool IsDay(std::uint8_t day) { return day >= 1 && day <= 7; }

Result<Recurrence> DecodeRecurrence(std::string_view text, std::uint32_t second) {
  switch (Bits(second, 21, 19)) {
    case 1:
      return NonRecurring{};
    case 2:
      return RecurInterval{Bits8(second, 7, 3), Bits8(second, 12, 8), Bits8(second, 18, 13)};
    case 3: {
      const auto day = Bits8(second, 18, 16), weeks = Bits8(second, 15, 13);
      if (!IsDay(day)) return Bad(text, "weekday 0");
      if (weeks == 0) return Bad(text, "every 0 weeks");
      return RecurWeekly{static_cast<Day>(day), weeks};
    }
    case 4:
    case 6: {
      const auto day = Bits8(second, 18, 16), months = Bits8(second, 15, 12);
      const auto order = Bits8(second, 11, 9);
      if (!IsDay(day)) return Bad(text, "weekday 0");
      if (months == 0) return Bad(text, "every 0 months");
      if (order > 4) return Bad(text, "order of the week above 4");
      if (Bits(second, 21, 19) == 4) {
        return RecurMonthlyByWeekday{static_cast<Day>(day), months, static_cast<WeekOrder>(order)};
      }
      return RecurMonthlyByWeekdayBase{static_cast<Day>(day), months, static_cast<WeekOrder>(order),
                                       Bits8(second, 8, 6)};
    }
    case 5: {
      const auto months = Bits8(second, 13, 10);
      if (months == 0) return Bad(text, "every 0 months");
      return RecurMonthlyByDate{Bits8(second, 18, 14), months};
    }
    default:
      return Bad(text, "unknown type");
  }
}

// One property and the range that its page documents.
struct Checked {
  std::string_view name;
  std::uint32_t value, low, high;
};

// Properties of the recurrence, in the order of their pages.
std::vector<Checked> PropertiesOf(const Token& t) {
  const auto number = [](auto v) { return static_cast<std::uint32_t>(v); };
  std::vector<Checked> out = {{"DayDuration", t.duration.days, 0, 31},
                              {"HourDuration", t.duration.hours, 0, 24},
                              {"MinuteDuration", t.duration.minutes, 0, 59}};
  if (const auto* r = std::get_if<RecurInterval>(&t.recurrence)) {
    out.push_back({"DaySpan", r->day_span, 0, 31});
    out.push_back({"HourSpan", r->hour_span, 0, 23});
    out.push_back({"MinuteSpan", r->minute_span, 0, 59});
  } else if (const auto* w = std::get_if<RecurWeekly>(&t.recurrence)) {
    out.push_back({"Day", number(w->day), 1, 7});
    out.push_back({"ForNumberOfWeeks", w->for_number_of_weeks, 1, 4});
  } else if (const auto* m = std::get_if<RecurMonthlyByWeekday>(&t.recurrence)) {
    out.push_back({"Day", number(m->day), 1, 7});
    out.push_back({"ForNumberOfMonths", m->for_number_of_months, 1, 12});
    out.push_back({"WeekOrder", number(m->week_order), 0, 4});
  } else if (const auto* d = std::get_if<RecurMonthlyByDate>(&t.recurrence)) {
    out.push_back({"MonthDay", d->month_day, 0, 31});
    out.push_back({"ForNumberOfMonths", d->for_number_of_months, 1, 12});
  } else if (const auto* b = std::get_if<RecurMonthlyByWeekdayBase>(&t.recurrence)) {
    out.push_back({"Day", number(b->day), 1, 7});
    out.push_back({"ForNumberOfMonths", b->for_number_of_months, 1, 12});
    out.push_back({"WeekOrder", number(b->week_order), 0, 4});
    out.push_back({"OffsetDay", b->offset_day, 0, 7});
  }
  return out;
}

template <typename T>
T Between(T value, int low, int high) {
  return static_cast<T>(std::clamp(static_cast<int>(value), low, high));
}

StartTime ClampedStart(const StartTime& start, const StartTime& now) {
  if (start.year == 0 && start.month == 0 && start.day == 0) return now;
  StartTime out;
  out.year = Between(start.year, kFirstYear, kLastYear);
  out.month = Between(start.month, 1, 12);
  out.day = Between(start.day, 1, DaysInMonth(out.year, out.month));
  out.hour = Between(start.hour, 0, 23);
  out.minute = Between(start.minute, 0, 59);
  return out;
}

}  // namespace

int TypeOf(const Token& token) { return static_cast<int>(token.recurrence.index()) + 1; }

std::string_view ClassName(const Token& token) {
  constexpr std::array<std::string_view, 6> kNames = {
      "SMS_ST_NonRecurring",       "SMS_ST_RecurInterval",
      "SMS_ST_RecurWeekly",        "SMS_ST_RecurMonthlyByWeekday",
      "SMS_ST_RecurMonthlyByDate", "SMS_ST_RecurMonthlyByWeekdayBase"};
  return kNames[token.recurrence.index()];
}

Status Validate(const Token& token) {
  if (!IsInCalendar(token.start)) {
    const auto& s = token.start;
    return Fail(Code::kUsage,
                fmt::format("StartTime: {:04}-{:02}-{:02} {:02}:{:02} is no time from 1970 to 2033",
                            s.year, s.month, s.day, s.hour, s.minute));
  }
  for (const auto& p : PropertiesOf(token)) {
    if (p.value < p.low || p.value > p.high) {
      return Fail(Code::kUsage,
                  fmt::format("{}: {} is not between {} and {}", p.name, p.value, p.low, p.high));
    }
  }
  if (const auto* r = std::get_if<RecurInterval>(&token.recurrence)) {
    const int spans = (r->day_span != 0) + (r->hour_span != 0) + (r->minute_span != 0);
    if (spans != 1) {
      return Fail(Code::kUsage, "one of DaySpan, HourSpan and MinuteSpan has to be set, not more");
    }
  }
  return {};
}

Token Clamped(const Token& token, const StartTime& now) {
  Token out = token;
  out.start = ClampedStart(token.start, now);
  out.duration.days = Between(token.duration.days, 0, 31);
  out.duration.hours = Between(token.duration.hours, 0, 24);
  out.duration.minutes = Between(token.duration.minutes, 0, 59);
  if (auto* r = std::get_if<RecurInterval>(&out.recurrence)) {
    r->day_span = Between(r->day_span, 0, 31);
    r->hour_span = r->day_span != 0 ? std::uint8_t{0} : Between(r->hour_span, 0, 23);
    r->minute_span =
        r->day_span != 0 || r->hour_span != 0 ? std::uint8_t{0} : Between(r->minute_span, 0, 59);
  } else if (auto* w = std::get_if<RecurWeekly>(&out.recurrence)) {
    w->day = Between(w->day, 1, 7);
    w->for_number_of_weeks = Between(w->for_number_of_weeks, 1, 4);
  } else if (auto* m = std::get_if<RecurMonthlyByWeekday>(&out.recurrence)) {
    m->day = Between(m->day, 1, 7);
    m->for_number_of_months = Between(m->for_number_of_months, 1, 12);
    m->week_order = Between(m->week_order, 0, 4);
  } else if (auto* d = std::get_if<RecurMonthlyByDate>(&out.recurrence)) {
    d->month_day = Between(d->month_day, 0, 31);
    d->for_number_of_months = Between(d->for_number_of_months, 1, 12);
  } else if (auto* b = std::get_if<RecurMonthlyByWeekdayBase>(&out.recurrence)) {
    b->day = Between(b->day, 1, 7);
    b->for_number_of_months = Between(b->for_number_of_months, 1, 12);
    b->week_order = Between(b->week_order, 0, 4);
    b->offset_day = Between(b->offset_day, 0, 7);
  }
  return out;
}

std::string EncodeToken(const Token& token) {
  std::string out;
  out.reserve(kTokenDigits);
  Append(out, token);
  return out;
}

Result<Token> DecodeToken(std::string_view text) {
  if (text.size() != kTokenDigits) {
    return Fail(Code::kCorrupt,
                fmt::format("a schedule token has 16 hexadecimal digits, not {}", text.size()));
  }
  std::uint64_t number = 0;
  std::uint8_t wrong = 0;
  for (const char c : text) {
    const std::uint8_t digit = kDigits[static_cast<unsigned char>(c)];
    wrong |= digit & 0xF0U;
    number = number << 4U | (digit & 0xFU);
  }
  if (wrong != 0) return Fail(Code::kCorrupt, "a schedule token has only hexadecimal digits");
  const auto first = static_cast<std::uint32_t>(number >> 32U);
  const auto second = static_cast<std::uint32_t>(number);
  Token out;
  out.start = {static_cast<std::uint16_t>(kFirstYear + Bits(first, 11, 6)), Bits8(first, 15, 12),
               Bits8(first, 20, 16), Bits8(first, 25, 21), Bits8(first, 31, 26)};
  if (!IsInCalendar(out.start)) return Bad(text, "the start is no date or time");
  out.duration = {Bits8(second, 26, 22), Bits8(second, 31, 27), Bits8(first, 5, 0)};
  out.is_gmt = (second & 1U) != 0;
  auto recurrence = DecodeRecurrence(text, second);
  if (!recurrence) return Fail(recurrence.error());
  out.recurrence = *recurrence;
  return out;
}

Result<std::vector<Token>> ParseSchedule(std::string_view text) {
  if (text.size() % kTokenDigits != 0) {
    return Fail(Code::kCorrupt,
                fmt::format("a schedule is a multiple of 16 digits, not {}", text.size()));
  }
  if (text.size() / kTokenDigits > kMaxTokens) {
    return Fail(Code::kLimit, fmt::format("a schedule of more than {} tokens", kMaxTokens));
  }
  std::vector<Token> out;
  out.reserve(text.size() / kTokenDigits);
  for (std::size_t at = 0; at < text.size(); at += kTokenDigits) {
    auto token = DecodeToken(text.substr(at, kTokenDigits));
    if (!token) return Fail(token.error());
    out.push_back(*token);
  }
  return out;
}

std::string FormatSchedule(std::span<const Token> tokens) {
  std::string out;
  out.reserve(tokens.size() * kTokenDigits);
  for (const auto& token : tokens) Append(out, token);
  return out;
}

}  // namespace ww::schedule
