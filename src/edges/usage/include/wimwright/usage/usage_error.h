// What was wrong with the arguments, in our words where the parser's would not help.
#pragma once

#include "wimwright/base/result.h"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace ww::usage {

// kUsage, with the nearest option or command, or with what is missing; the next step names the
// help. `root` is as the failed parse has left it, and has the program's name.
Error UsageError(CLI::App& root, const CLI::ParseError& error);

}  // namespace ww::usage
