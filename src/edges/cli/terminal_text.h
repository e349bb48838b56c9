// Text as a terminal may get it. Names inside images and packages are anybody's: they must not
// move the cursor over what was said before, nor read in another direction than they are written.
#pragma once

#include <string>
#include <string_view>

namespace ww::cli {

// Control characters other than line ends and tabs, and marks that change the direction of
// writing, become "\x1b" and "\u202e". Everything else stays, valid UTF-8 or not.
std::string ForTerminal(std::string_view text);

}  // namespace ww::cli
