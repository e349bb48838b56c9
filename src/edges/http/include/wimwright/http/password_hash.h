// Passwords at rest: scrypt with a salt each, in one line of text.
#pragma once

#include <string>
#include <string_view>

#include "wimwright/base/result.h"

namespace ww::http {

// "$scrypt$ln=15,r=8,p=1$<salt>$<hash>" (base64): about 50 ms and 32 MB.
Result<std::string> HashPassword(std::string_view password);

// Whether `password` made `hash`; compares in constant time. false for text that is not such a
// line, or whose cost exceeds what we would ever write. PBKDF2 lines
// ("$pbkdf2-sha256$i=600000$<salt>$<hash>") are verified, too.
bool VerifyPassword(std::string_view password, std::string_view hash);

// Equal content, in a time that depends on the lengths only.
bool EqualConstantTime(std::string_view a, std::string_view b);

}  // namespace ww::http
