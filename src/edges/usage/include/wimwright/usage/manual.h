// What a command says about itself: the one source of --help, man pages and docs.
#pragma once

#include <string_view>
#include <vector>

namespace ww::usage {

struct Example {
  std::string_view arguments;  // behind the program's name
  std::string_view meaning;
};

struct Manual {
  std::string_view noun;          // "image"; empty for commands of one word
  std::string_view verb;          // "info"
  std::string_view summary;       // one line, no full stop
  std::string_view description;   // paragraphs separated by an empty line
  std::vector<Example> examples;  // at least one
};

// A noun that groups commands: "image".
struct NounManual {
  std::string_view noun;
  std::string_view summary;
};

}  // namespace ww::usage
