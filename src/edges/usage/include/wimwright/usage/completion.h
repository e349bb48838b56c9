// Shell completion, made from the definitions that the parser uses.
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace ww::usage {

// `root` has the program's name. The scripts complete commands, long options, values that are one
// of a few words, and file names everywhere else.
std::string BashCompletion(const CLI::App& root);
std::string ZshCompletion(const CLI::App& root);
std::string FishCompletion(const CLI::App& root);

// By the shell's name; empty for one that is not known.
std::string CompletionFor(std::string_view shell, const CLI::App& root);

}  // namespace ww::usage
