// Shell completion and man pages, generated from the definitions that the parser uses.
#pragma once

#include <string>
#include <vector>

#include "option_set.h"

namespace ww::cli {

std::string BashCompletion(const CLI::App& root);

struct ManPage {
  std::string file;  // "wimwright-image-info.1"
  std::string roff;
};
// wimwright(1) and one page per command.
std::vector<ManPage> ManPages(const CLI::App& root, const OptionSet& set);

}  // namespace ww::cli
