#include <fmt/format.h>

#include <algorithm>

#include "completion.h"
#include "wimwright/base/text.h"

namespace ww::cli {
namespace {

// Text for roff: backslashes and hyphens are special, and so are dots at the start of a line.
std::string Escape(std::string_view text) {
  std::string out;
  bool start = true;
  for (const char c : text) {
    if (start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    start = c == '\n';
  }
  return out;
}

std::string Paragraphs(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find("\n\n", at), text.size());
    out += (out.empty() ? "" : ".PP\n") + Escape(text.substr(at, end - at)) + "\n";
    at = end + 2;
  }
  return out;
}

std::string OptionRoff(const OptionText& option) {
  std::string names;
  for (const std::string& name : option.names) {
    names += (names.empty() ? "" : ", ") + ("\\fB" + Escape(name) + "\\fR");
  }
  if (!option.value.empty())
    names += (names.empty() ? "" : " ") + ("\\fI" + Escape(option.value) + "\\fR");
  return fmt::format(".TP\n{}\n{}{}\n", names, Escape(option.description),
                     option.required ? " (required)" : "");
}

std::string OptionsRoff(const CLI::App& app) {
  std::string own, common;
  for (const OptionText& option : OptionsOf(app)) {
    (option.common ? common : own) += OptionRoff(option);
  }
  std::string out;
  if (!own.empty()) out += ".SH OPTIONS\n" + own;
  return out + ".SH COMMON OPTIONS\n" + common;
}

std::string Synopsis(const CLI::App& app) {
  std::string line = fmt::format(".B wimwright {}\n", Escape(OptionSet::PathOf(app)));
  for (const OptionText& option : OptionsOf(app)) {
    if (option.common) continue;
    std::string text = option.positional ? "\\fI" + Escape(option.value) + "\\fR"
                                         : "\\fB" + Escape(option.names.front()) + "\\fR";
    if (!option.positional && !option.value.empty()) {
      text += " \\fI" + Escape(option.value) + "\\fR";
    }
    if (option.repeats) text += "...";
    line += option.required ? text + "\n" : "[" + text + "]\n";
  }
  return line;
}

std::string Head(std::string_view name, std::string_view summary) {
  return fmt::format(".TH {} 1 \"\" \"wimwright {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n",
                     Escape(ToUpperAscii(name)), WW_VERSION, Escape(name), Escape(summary));
}

constexpr std::string_view kExitStatus =
    ".SH EXIT STATUS\n"
    ".TP\n0\ndone, or nothing left to do\n"
    ".TP\n1\nusage\n"
    ".TP\n2\ninput unreadable or not valid\n"
    ".TP\n3\nnothing applicable\n"
    ".TP\n4\nprerequisite missing\n"
    ".TP\n5\nunsupported content or conflict\n"
    ".TP\n6\nverification failed\n"
    ".TP\n7\nnot enough space\n"
    ".TP\n8\nbusy or locked\n"
    ".TP\n9\ncancelled\n"
    ".TP\n10\nfinished, some updates failed under \\-\\-continue\\-on\\-error\n"
    ".TP\n20\ninternal error\n";

ManPage CommandPage(const CLI::App& app, const Manual& manual) {
  std::string path = OptionSet::PathOf(app);
  std::replace(path.begin(), path.end(), ' ', '-');
  const std::string name = "wimwright-" + path;
  std::string roff = Head(name, manual.summary);
  roff += ".SH SYNOPSIS\n" + Synopsis(app);
  roff += ".SH DESCRIPTION\n" + Paragraphs(manual.description);
  roff += OptionsRoff(app);
  roff += ".SH EXAMPLES\n";
  for (const Example& e : manual.examples) {
    roff += fmt::format(".TP\n.B wimwright {}\n{}\n", Escape(e.arguments), Escape(e.meaning));
  }
  roff += kExitStatus;
  roff += ".SH SEE ALSO\n.BR wimwright (1)\n";
  return {name + ".1", std::move(roff)};
}

}  // namespace

std::vector<ManPage> ManPages(const CLI::App& root, const OptionSet& set) {
  std::vector<ManPage> pages;
  std::string commands;
  const auto add = [&](const CLI::App& app) {
    const Command* command = set.CommandOf(app);
    if (command == nullptr) return;
    pages.push_back(CommandPage(app, command->manual()));
    commands += fmt::format(".TP\n.B wimwright {}\n{}\n", Escape(OptionSet::PathOf(app)),
                            Escape(command->manual().summary));
  };
  for (const CLI::App* app : AppsBelow(root)) add(*app);
  std::string roff = Head("wimwright", "apply Windows updates to WIM images without Windows");
  roff += ".SH SYNOPSIS\n.B wimwright\n.I COMMAND\n[options]\n";
  roff +=
      ".SH DESCRIPTION\nEvery command has a page of its own: wimwright\\-image\\-info(1) and so "
      "on.\n";
  roff += ".SH COMMANDS\n" + commands + OptionsRoff(root);
  roff += kExitStatus;
  pages.insert(pages.begin(), ManPage{"wimwright.1", std::move(roff)});
  return pages;
}

}  // namespace ww::cli
