// What wimwrightd(8) and site.toml(5) say besides commands and options.
#pragma once

#include "wimwright/usage/man_page.h"

namespace ww::server {

usage::Program ServerProgram();
usage::ManPage SettingsPage();

}  // namespace ww::server
