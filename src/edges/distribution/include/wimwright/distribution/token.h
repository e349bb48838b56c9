// The text with which a server becomes a distribution point: a word that counts once, and what
// tells the site from anybody else who answers at its address.
#pragma once

#include <string>
#include <string_view>

#include "wimwright/base/result.h"

namespace ww::distribution {

struct EnrollmentToken {
  std::string authority;  // SHA-256 of the site's authority (Authority::fingerprint)
  std::string word;       // PointDirectory::CheckToken
};

// "wwdp1.<authority>.<word>"
std::string FormatToken(const EnrollmentToken& token);
// kUsage with a next step.
Result<EnrollmentToken> ParseToken(std::string_view text);

}  // namespace ww::distribution
