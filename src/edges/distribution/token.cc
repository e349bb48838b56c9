#include "wimwright/distribution/token.h"

#include <algorithm>

#include "wimwright/base/text.h"

namespace ww::distribution {
namespace {

constexpr std::string_view kPrefix = "wwdp1.";
constexpr std::size_t kDigits = 64;
constexpr std::size_t kMostWord = 256;

}  // namespace

std::string FormatToken(const EnrollmentToken& token) {
  return std::string(kPrefix) + token.authority + "." + token.word;
}

Result<EnrollmentToken> ParseToken(std::string_view text) {
  const auto bad = [] {
    return Fail(Error{Code::kUsage, "this is no token of a distribution point",
                      "Make one at the site: wimwright site dp token NAME", 0});
  };
  text = Trim(text);
  if (!text.starts_with(kPrefix)) return bad();
  text.remove_prefix(kPrefix.size());
  if (text.size() < kDigits + 2 || text.size() > kDigits + 1 + kMostWord || text[kDigits] != '.') {
    return bad();
  }
  EnrollmentToken out{std::string(text.substr(0, kDigits)), std::string(text.substr(kDigits + 1))};
  const auto hexadecimal = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  const auto visible = [](char c) { return c > ' ' && c <= '~'; };
  if (!std::ranges::all_of(out.authority, hexadecimal) || !std::ranges::all_of(out.word, visible)) {
    return bad();
  }
  return out;
}

}  // namespace ww::distribution
