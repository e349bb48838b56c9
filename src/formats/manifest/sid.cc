#include "sid.h"

#include <fmt/format.h>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

namespace ww::manifest {
namespace {

struct Alias {
  std::string_view name;
  std::string_view sid;
};

// MS-DTYP 2.4.2.4 and the SDDL "SID strings" page: those that mean the same everywhere.
constexpr Alias kAliases[] = {
    {"AA", "S-1-5-32-579"},
    {"AC", "S-1-15-2-1"},
    {"AN", "S-1-5-7"},
    {"AO", "S-1-5-32-548"},
    {"AS", "S-1-18-1"},
    {"AU", "S-1-5-11"},
    {"BA", "S-1-5-32-544"},
    {"BG", "S-1-5-32-546"},
    {"BO", "S-1-5-32-551"},
    {"BU", "S-1-5-32-545"},
    {"CD", "S-1-5-32-574"},
    {"CG", "S-1-3-1"},
    {"CO", "S-1-3-0"},
    {"CY", "S-1-5-32-569"},
    {"ED", "S-1-5-9"},
    {"ER", "S-1-5-32-573"},
    {"ES", "S-1-5-32-576"},
    {"HA", "S-1-5-32-578"},
    {"HI", "S-1-16-12288"},
    {"IS", "S-1-5-32-568"},
    {"IU", "S-1-5-4"},
    {"LS", "S-1-5-19"},
    {"LU", "S-1-5-32-559"},
    {"LW", "S-1-16-4096"},
    {"ME", "S-1-16-8192"},
    {"MP", "S-1-16-8448"},
    {"MS", "S-1-5-32-577"},
    {"MU", "S-1-5-32-558"},
    {"NO", "S-1-5-32-556"},
    {"NS", "S-1-5-20"},
    {"NU", "S-1-5-2"},
    {"OW", "S-1-3-4"},
    {"PO", "S-1-5-32-550"},
    {"PS", "S-1-5-10"},
    {"PU", "S-1-5-32-547"},
    {"RA", "S-1-5-32-575"},
    {"RC", "S-1-5-12"},
    {"RD", "S-1-5-32-555"},
    {"RE", "S-1-5-32-552"},
    {"RM", "S-1-5-32-580"},
    {"RU", "S-1-5-32-554"},
    {"SI", "S-1-16-16384"},
    {"SO", "S-1-5-32-549"},
    {"SS", "S-1-18-2"},
    {"SU", "S-1-5-6"},
    {"SY", "S-1-5-18"},
    {"UD", "S-1-5-84-0-0-0-0-0"},
    {"WD", "S-1-1-0"},
    {"WR", "S-1-5-33"},
};

// A number at the start of `text`, at most `maximum`; moves `text` behind it.
std::optional<std::uint64_t> TakeNumber(std::string_view& text, std::uint64_t maximum) {
  int base = 10;
  std::string_view digits = text;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    digits.remove_prefix(2);
  }
  std::uint64_t number = 0;
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (error != std::errc() || number > maximum) return std::nullopt;
  text = std::string_view(stop, static_cast<std::size_t>(text.data() + text.size() - stop));
  return number;
}

Result<SidPrefix> NumericSid(std::string_view text) {
  constexpr std::size_t kMaxParts = 15;
  const auto bad = [text] {
    return Fail(Code::kCorrupt, fmt::format("'{}' does not begin with a SID", text.substr(0, 60)));
  };
  std::string_view rest = text.substr(4);  // "S-1-"
  const auto authority = TakeNumber(rest, 0xFFFFFFFFFFFF);
  if (!authority) return bad();
  std::vector<std::uint32_t> parts;
  while (rest.size() > 1 && rest[0] == '-') {
    rest.remove_prefix(1);
    // Decimal only: a hexadecimal number could swallow the D of a following "D:".
    if (rest.starts_with("0x") || rest.starts_with("0X")) return bad();
    const auto part = TakeNumber(rest, 0xFFFFFFFF);
    if (!part || parts.size() == kMaxParts) return bad();
    parts.push_back(static_cast<std::uint32_t>(*part));
  }
  if (parts.empty()) return bad();
  SidPrefix result;
  AppendLe(result.sid, std::uint8_t{1});
  AppendLe(result.sid, static_cast<std::uint8_t>(parts.size()));
  for (int shift = 40; shift >= 0; shift -= 8) {
    AppendLe(result.sid, static_cast<std::uint8_t>(*authority >> shift));
  }
  for (const std::uint32_t part : parts) AppendLe(result.sid, part);
  result.length = text.size() - rest.size();
  return result;
}

}  // namespace

Result<SidPrefix> SidAtStart(std::string_view text) {
  if (text.starts_with("S-1-")) return NumericSid(text);
  for (const auto& alias : kAliases) {
    if (!text.starts_with(alias.name)) continue;
    WW_TRY(auto sid, NumericSid(alias.sid), "SID");
    sid.length = alias.name.size();
    return sid;
  }
  return Fail(
      Code::kUnsupported,
      fmt::format("'{}' begins with no SID that means the same everywhere", text.substr(0, 20)));
}

}  // namespace ww::manifest
