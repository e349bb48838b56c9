// Manual pages in roff: of a program's commands, and of what the caller has to say besides.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/usage/manual.h"

namespace CLI {
class App;
}

namespace ww::usage {

struct ManPage {
  std::string file;  // "wimwright-image-info.1"
  std::string roff;
};

// Text for roff: backslashes and hyphens are special, and so are dots at the start of a line.
std::string EscapeRoff(std::string_view text);
// Paragraphs are separated by an empty line; a line that begins with a blank is shown as it stands.
std::string ParagraphsRoff(std::string_view text);

// A term and what it means: a list item.
struct Term {
  std::string_view name;
  std::string_view meaning;
};
struct Section {
  std::string_view heading;  // "FILES"
  std::string_view text;     // paragraphs, may be empty
  std::vector<Term> terms;   // behind the text
};

struct Program {
  std::string_view name;
  int section = 1;
  std::string_view version;
  std::string_view summary;                // one line, no full stop
  std::string_view description;            // paragraphs
  std::vector<Section> sections;           // of the root's page only, before the exit status
  std::vector<std::string_view> see_also;  // "wimwright(1)"
};

// The root's page, and one per command. nullptr from `manual_of`: no command, but a group.
std::vector<ManPage> ManPages(const Program& program, const CLI::App& root,
                              const std::function<const Manual*(const CLI::App&)>& manual_of);

// A page of its own: site.toml(5).
ManPage FreePage(const Program& program, const std::vector<Section>& sections);

}  // namespace ww::usage
