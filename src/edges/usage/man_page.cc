#include "wimwright/usage/man_page.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "wimwright/base/text.h"
#include "wimwright/usage/option_text.h"

namespace ww::usage {

std::string EscapeRoff(std::string_view text) {
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

namespace {

// `between`: the macro that begins the next paragraph.
std::string Paragraphs(std::string_view text, std::string_view between) {
  std::string out;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find("\n\n", at), text.size());
    const auto paragraph = text.substr(at, end - at);
    if (!out.empty()) out += fmt::format("{}\n", between);
    out += paragraph.starts_with(" ") ? fmt::format(".nf\n{}\n.fi\n", EscapeRoff(paragraph))
                                      : EscapeRoff(paragraph) + "\n";
    at = end + 2;
  }
  return out;
}

}  // namespace

std::string ParagraphsRoff(std::string_view text) { return Paragraphs(text, ".PP"); }

namespace {

std::string OptionRoff(const OptionText& option) {
  std::string names;
  for (const std::string& name : option.names) {
    names += (names.empty() ? "" : ", ") + ("\\fB" + EscapeRoff(name) + "\\fR");
  }
  if (!option.value.empty()) {
    names += (names.empty() ? "" : " ") + ("\\fI" + EscapeRoff(option.value) + "\\fR");
  }
  return fmt::format(".TP\n{}\n{}{}\n", names, EscapeRoff(option.description),
                     option.required ? " (required)" : "");
}

std::string OptionsRoff(const CLI::App& app) {
  std::string own, common;
  for (const OptionText& option : OptionsOf(app)) {
    (option.common ? common : own) += OptionRoff(option);
  }
  std::string out;
  if (!own.empty()) out += ".SH OPTIONS\n" + own;
  if (!common.empty()) out += ".SH COMMON OPTIONS\n" + common;
  return out;
}

std::string Synopsis(const Program& program, const CLI::App& app) {
  std::string line = fmt::format(".B {} {}\n", program.name, EscapeRoff(PathOf(app)));
  for (const OptionText& option : OptionsOf(app)) {
    if (option.common) continue;
    std::string text = option.positional ? "\\fI" + EscapeRoff(option.value) + "\\fR"
                                         : "\\fB" + EscapeRoff(option.names.front()) + "\\fR";
    if (!option.positional && !option.value.empty()) {
      text += " \\fI" + EscapeRoff(option.value) + "\\fR";
    }
    if (option.repeats) text += "...";
    line += option.required ? text + "\n" : "[" + text + "]\n";
  }
  return line;
}

std::string Head(const Program& program, std::string_view name, std::string_view summary) {
  constexpr std::string_view kVolumes[] = {
      "", "User Commands", "", "", "", "File Formats", "", "", "System Administration"};
  return fmt::format(".TH {} {} \"\" \"wimwright {}\" \"{}\"\n.SH NAME\n{} \\- {}\n",
                     EscapeRoff(ToUpperAscii(name)), program.section, program.version,
                     kVolumes[static_cast<std::size_t>(program.section)], EscapeRoff(name),
                     EscapeRoff(summary));
}

std::string SectionRoff(const Section& section) {
  std::string out = fmt::format(".SH {}\n", EscapeRoff(section.heading));
  if (!section.text.empty()) out += ParagraphsRoff(section.text);
  for (const Term& term : section.terms) {
    out += fmt::format(".TP\n.B {}\n{}", EscapeRoff(term.name), Paragraphs(term.meaning, ".IP"));
  }
  return out;
}

// The one table of exit codes (docs/cli.md) is valid for both programs.
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

// ".BR wimwright (1),"
std::string SeeAlso(const std::vector<std::string_view>& pages) {
  if (pages.empty()) return {};
  std::string out = ".SH SEE ALSO\n";
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const auto bracket = pages[i].find('(');
    out += fmt::format(".BR {} {}{}\n", EscapeRoff(pages[i].substr(0, bracket)),
                       bracket == std::string_view::npos ? "" : pages[i].substr(bracket),
                       i + 1 < pages.size() ? "," : "");
  }
  return out;
}

ManPage CommandPage(const Program& program, const CLI::App& app, const Manual& manual) {
  std::string path = PathOf(app);
  std::replace(path.begin(), path.end(), ' ', '-');
  const std::string name = fmt::format("{}-{}", program.name, path);
  std::string roff = Head(program, name, manual.summary);
  roff += ".SH SYNOPSIS\n" + Synopsis(program, app);
  roff += ".SH DESCRIPTION\n" + ParagraphsRoff(manual.description);
  roff += OptionsRoff(app);
  roff += ".SH EXAMPLES\n";
  for (const Example& e : manual.examples) {
    roff += fmt::format(".TP\n.B {} {}\n{}\n", program.name, EscapeRoff(e.arguments),
                        EscapeRoff(e.meaning));
  }
  roff += kExitStatus;
  std::vector<std::string_view> also;
  const std::string own = fmt::format("{}({})", program.name, program.section);
  also.push_back(own);
  also.insert(also.end(), program.see_also.begin(), program.see_also.end());
  roff += SeeAlso(also);
  return {fmt::format("{}.{}", name, program.section), std::move(roff)};
}

}  // namespace

std::vector<ManPage> ManPages(const Program& program, const CLI::App& root,
                              const std::function<const Manual*(const CLI::App&)>& manual_of) {
  std::vector<ManPage> pages;
  std::string commands, example_page;
  for (const CLI::App* app : AppsBelow(root)) {
    const Manual* manual = manual_of(*app);
    if (manual == nullptr) continue;
    pages.push_back(CommandPage(program, *app, *manual));
    if (example_page.empty()) {
      example_page = pages.back().file.substr(0, pages.back().file.rfind('.'));
    }
    commands += fmt::format(".TP\n.B {} {}\n{}\n", program.name, EscapeRoff(PathOf(*app)),
                            EscapeRoff(manual->summary));
  }
  std::string roff = Head(program, program.name, program.summary);
  roff += fmt::format(".SH SYNOPSIS\n.B {}\n.I COMMAND\n[options]\n", program.name);
  roff += ".SH DESCRIPTION\n";
  if (!program.description.empty()) roff += ParagraphsRoff(program.description) + ".PP\n";
  roff += fmt::format("Every command has a page of its own: {}({}) and so on.\n",
                      EscapeRoff(example_page), program.section);
  roff += ".SH COMMANDS\n" + commands + OptionsRoff(root);
  for (const Section& section : program.sections) roff += SectionRoff(section);
  roff += kExitStatus;
  roff += SeeAlso(program.see_also);
  pages.insert(pages.begin(),
               ManPage{fmt::format("{}.{}", program.name, program.section), std::move(roff)});
  return pages;
}

ManPage FreePage(const Program& program, const std::vector<Section>& sections) {
  std::string roff = Head(program, program.name, program.summary);
  roff += ".SH DESCRIPTION\n" + ParagraphsRoff(program.description);
  for (const Section& section : sections) roff += SectionRoff(section);
  roff += SeeAlso(program.see_also);
  return {fmt::format("{}.{}", program.name, program.section), std::move(roff)};
}

}  // namespace ww::usage
