// The text forms of DateTime.
#include <fmt/format.h>

#include "wimwright/base/text.h"
#include "wimwright/cim/datetime.h"
#include "wimwright/cim/names.h"

namespace ww::cim {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

tl::unexpected<Error> NotADate(std::string_view text, std::string_view wanted) {
  return Fail(Code::kCorrupt, fmt::format("'{}' is not a date: {}", text.substr(0, 40), wanted));
}

// A cursor over ASCII text; every step may fail and then leaves the position unchanged.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool Skip(char c) {
    if (peek() != c || at_end()) return false;
    ++at_;
    return true;
  }
  // Between `least` and `most` digits.
  std::optional<int> Digits(int least, int most) {
    std::size_t end = at_;
    int value = 0;
    while (end < text_.size() && static_cast<int>(end - at_) < most && text_[end] >= '0' &&
           text_[end] <= '9') {
      value = value * 10 + (text_[end] - '0');
      ++end;
    }
    if (static_cast<int>(end - at_) < least) return std::nullopt;
    at_ = end;
    return value;
  }
  // Fraction of a second, any number of digits up to 9, as microseconds.
  std::optional<int> Fraction() {
    const std::size_t start = at_;
    const auto digits = Digits(1, 9);
    if (!digits) return std::nullopt;
    int value = *digits;
    for (std::size_t n = at_ - start; n < 6; ++n) value *= 10;
    for (std::size_t n = at_ - start; n > 6; --n) value /= 10;
    return value;
  }
  std::string_view Word() {
    const std::size_t start = at_;
    while (!at_end() && ((peek() >= 'A' && peek() <= 'Z') || (peek() >= 'a' && peek() <= 'z'))) {
      ++at_;
    }
    return text_.substr(start, at_ - start);
  }
  void Back(std::size_t position) { at_ = position; }
  std::size_t position() const { return at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

struct Parts {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
  std::optional<int> offset;
};

// HH:MM[:SS[.fff]] [AM|PM]
bool ReadTime(Scanner& in, Parts& p, bool twelve_hours) {
  const auto hour = in.Digits(1, 2);
  if (!hour || !in.Skip(':')) return false;
  const auto minute = in.Digits(2, 2);
  if (!minute) return false;
  p.hour = *hour;
  p.minute = *minute;
  if (in.Skip(':')) {
    const auto second = in.Digits(2, 2);
    if (!second) return false;
    p.second = *second;
    if (in.Skip('.')) {
      const auto fraction = in.Fraction();
      if (!fraction) return false;
      p.micros = *fraction;
    }
  }
  if (!twelve_hours) return true;
  const std::size_t before = in.position();
  in.Skip(' ');
  const auto word = in.Word();
  if (!SameName(word, "AM") && !SameName(word, "PM")) {
    in.Back(before);
    return true;
  }
  if (p.hour < 1 || p.hour > 12) return false;
  p.hour = p.hour % 12 + (SameName(word, "PM") ? 12 : 0);
  return true;
}

// Z, +HH:MM, -HHMM, +HH, or nothing.
bool ReadZone(Scanner& in, Parts& p) {
  if (in.Skip('Z') || in.Skip('z')) {
    p.offset = 0;
    return true;
  }
  const char sign = in.peek();
  if (sign != '+' && sign != '-') return true;
  in.Skip(sign);
  const auto hours = in.Digits(2, 2);
  if (!hours) return false;
  int minutes = 0;
  const bool colon = in.Skip(':');
  if (const auto more = in.Digits(2, 2)) {
    minutes = *more;
  } else if (colon) {
    return false;
  }
  if (minutes > 59) return false;
  p.offset = (*hours * 60 + minutes) * (sign == '-' ? -1 : 1);
  return true;
}

Result<DateTime> Make(const Parts& p) {
  return DateTime::FromCivil(p.year, p.month, p.day, p.hour, p.minute, p.second, p.micros,
                             p.offset);
}

}  // namespace

Result<DateTime> DateTime::ParseDmtf(std::string_view text) {
  constexpr std::string_view kForm = "yyyymmddHHMMSS.mmmmmm followed by +***, +mmm, -mmm, or :000";
  if (text.size() != 25 || text[14] != '.') return NotADate(text, kForm);
  const char sign = text[21];
  Scanner in(text);
  if (sign == ':') {
    const auto days = in.Digits(8, 8);
    const auto hours = in.Digits(2, 2);
    const auto minutes = in.Digits(2, 2);
    const auto seconds = in.Digits(2, 2);
    if (!days || !hours || !minutes || !seconds || !in.Skip('.')) return NotADate(text, kForm);
    const auto micros = in.Digits(6, 6);
    if (!micros || text.substr(21) != ":000" || *hours > 23 || *minutes > 59 || *seconds > 59) {
      return NotADate(text, kForm);
    }
    return FromInterval(*days * kMicrosPerDay +
                        (*hours * 3600 + *minutes * 60 + *seconds) * kMicrosPerSecond + *micros);
  }
  Parts p;
  int* const fields[] = {&p.year, &p.month, &p.day, &p.hour, &p.minute, &p.second};
  for (int* field : fields) {
    const int width = field == &p.year ? 4 : 2;
    const auto value = in.Digits(width, width);
    if (!value) return NotADate(text, kForm);
    *field = *value;
  }
  if (!in.Skip('.')) return NotADate(text, kForm);
  if (text.substr(15, 6) == "******") {
    in.Back(
        21);  // fractions may be unknown: clients of the .NET converter send zeros, others stars
  } else {
    const auto micros = in.Digits(6, 6);
    if (!micros) return NotADate(text, kForm);
    p.micros = *micros;
  }
  if (sign != '+' && sign != '-') return NotADate(text, kForm);
  if (text.substr(22) != "***") {
    in.Back(22);
    const auto minutes = in.Digits(3, 3);
    if (!minutes) return NotADate(text, kForm);
    p.offset = sign == '-' ? -*minutes : *minutes;
  }
  return Make(p);
}

Result<DateTime> DateTime::ParseIso(std::string_view text) {
  constexpr std::string_view kForm = "yyyy-mm-ddTHH:MM:SSZ";
  Scanner in(text);
  Parts p;
  const auto year = in.Digits(4, 4);
  if (!year || !in.Skip('-')) return NotADate(text, kForm);
  const auto month = in.Digits(2, 2);
  if (!month || !in.Skip('-')) return NotADate(text, kForm);
  const auto day = in.Digits(2, 2);
  if (!day) return NotADate(text, kForm);
  p.year = *year;
  p.month = *month;
  p.day = *day;
  if (in.Skip('T') || in.Skip('t')) {
    if (!ReadTime(in, p, false) || !ReadZone(in, p)) return NotADate(text, kForm);
  }
  if (!in.at_end()) return NotADate(text, kForm);
  return Make(p);
}

Result<DateTime> DateTime::ParseAny(std::string_view text) {
  constexpr std::string_view kForm =
      "yyyymmddHHMMSS.mmmmmm+***, yyyy-mm-dd HH:MM:SS or mm/dd/yyyy HH:MM:SS";
  text = Trim(text);
  if (text.size() == 25 && text[14] == '.') return ParseDmtf(text);
  if (text.size() > 40) return NotADate(text, kForm);
  Scanner in(text);
  Parts p;
  const auto first = in.Digits(1, 8);
  if (!first) return NotADate(text, kForm);
  const std::size_t width = in.position();
  if (width == 8) {
    p.year = *first / 10000;
    p.month = *first / 100 % 100;
    p.day = *first % 100;
  } else {
    const char separator = in.peek();
    if (separator != '-' && separator != '/') return NotADate(text, kForm);
    in.Skip(separator);
    const auto second = in.Digits(1, 2);
    if (!second || !in.Skip(separator)) return NotADate(text, kForm);
    const bool year_first = width == 4;
    if (!year_first && width > 2) return NotADate(text, kForm);
    const auto third = year_first ? in.Digits(1, 2) : in.Digits(4, 4);
    if (!third) return NotADate(text, kForm);
    p.year = year_first ? *first : *third;
    p.month = year_first ? *second : *first;
    p.day = year_first ? *third : *second;
  }
  if (in.Skip('T') || in.Skip('t') || in.Skip(' ')) {
    if (!ReadTime(in, p, true) || !ReadZone(in, p)) return NotADate(text, kForm);
  }
  if (!in.at_end()) return NotADate(text, kForm);
  return Make(p);
}

std::string DateTime::ToDmtf() const {
  if (interval_) {
    const std::int64_t days = micros_ / kMicrosPerDay;
    const std::int64_t seconds = micros_ % kMicrosPerDay / kMicrosPerSecond;
    return fmt::format("{:08}{:02}{:02}{:02}.{:06}:000", days, seconds / 3600, seconds / 60 % 60,
                       seconds % 60, micros_ % kMicrosPerSecond);
  }
  const Civil c = civil();
  std::string out = fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}.{:06}", c.year, c.month, c.day,
                                c.hour, c.minute, c.second, c.micros);
  if (!offset_) return out + "+***";
  return out +
         fmt::format("{}{:03}", *offset_ < 0 ? '-' : '+', *offset_ < 0 ? -*offset_ : *offset_);
}

std::string DateTime::ToIso() const {
  if (interval_) {
    const std::int64_t seconds = micros_ % kMicrosPerDay / kMicrosPerSecond;
    return fmt::format("P{}DT{}H{}M{}S", micros_ / kMicrosPerDay, seconds / 3600, seconds / 60 % 60,
                       seconds % 60);
  }
  const Civil c = FromWallClock(micros_ - offset_.value_or(0) * 60 * kMicrosPerSecond).civil();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", c.year, c.month, c.day, c.hour,
                     c.minute, c.second);
}

std::string DateTime::ToSql() const {
  const Civil c = civil();
  std::string out = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", c.year, c.month, c.day,
                                c.hour, c.minute, c.second);
  if (c.micros != 0) out += fmt::format(".{:06}", c.micros);
  return out;
}

}  // namespace ww::cim
