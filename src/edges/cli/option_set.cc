#include "option_set.h"

#include <fmt/format.h>

#include "wimwright/usage/option_text.h"

namespace ww::cli {
namespace {

constexpr const char* kRootFooter =
    "Examples:\n"
    "  wimwright lab create lab\n"
    "  wimwright plan lab/win10-1607-x86.wim --update lab/updates\n"
    "  wimwright apply install.wim --update updates/ --output patched.wim\n"
    "\n"
    "\"wimwright COMMAND --help\" explains a command; docs/cli.md is the contract for scripts.";

std::string Footer(const Manual& manual) {
  std::string text(manual.description);
  text += "\n\nExamples:";
  for (const Example& e : manual.examples) {
    text += fmt::format("\n  wimwright {}\n      {}", e.arguments, e.meaning);
  }
  return text;
}

std::shared_ptr<CLI::Formatter> MakeFormatter() {
  auto formatter = std::make_shared<CLI::Formatter>();
  formatter->column_width(34);
  formatter->label("SUBCOMMAND", "COMMAND");
  formatter->label("Subcommands", "Commands");
  formatter->label("Positionals", "Arguments");
  formatter->label("OPTIONS", "options");
  formatter->label("REQUIRED", "(required)");
  return formatter;
}

}  // namespace

OptionSet::OptionSet() : root_("Keeps Windows images patched without starting them.", "wimwright") {
  root_.formatter(MakeFormatter());
  root_.set_help_flag("-h,--help", "Show this text and leave");
  root_.set_version_flag("--version", "wimwright " WW_VERSION, "Show the version and leave");
  root_.require_subcommand(1);
  root_.footer(kRootFooter);
  AddCommonOptions(root_);

  std::map<std::string, CLI::App*, std::less<>> nouns;
  for (const NounManual& noun : AllNouns()) {
    // "site image" stands below "site", which comes before it.
    const auto blank = noun.noun.rfind(' ');
    CLI::App* above = blank == std::string_view::npos
                          ? &root_
                          : nouns.at(std::string(noun.noun.substr(0, blank)));
    const auto word = blank == std::string_view::npos ? noun.noun : noun.noun.substr(blank + 1);
    CLI::App* app = above->add_subcommand(std::string(word), std::string(noun.summary));
    app->require_subcommand(1);
    app->group("Commands");
    nouns[std::string(noun.noun)] = app;
  }
  commands_ = AllCommands();
  std::map<CLI::App*, std::string> noun_examples;
  for (const auto& command : commands_) {
    const Manual& manual = command->manual();
    CLI::App* parent = manual.noun.empty() ? &root_ : nouns.at(std::string(manual.noun));
    CLI::App* app = parent->add_subcommand(std::string(manual.verb), std::string(manual.summary));
    app->group("Commands");
    app->footer(Footer(manual));
    command->Define(*app);
    AddCommonOptions(*app);
    by_app_[app] = command.get();
    if (parent != &root_) {
      noun_examples[parent] += fmt::format("\n  wimwright {}", manual.examples.at(0).arguments);
    }
  }
  for (const auto& [app, examples] : noun_examples) app->footer("Examples:" + examples);
}

void OptionSet::AddCommonOptions(CLI::App& app) {
  app.add_flag("--json", common_.json, "One JSON object on stdout, nothing else")
      ->group(usage::kCommonGroup);
  app.add_flag("--quiet", common_.quiet, "No progress and no notes, only data and errors")
      ->group(usage::kCommonGroup);
  app.add_option("--log-file", common_.log_file, "Append a log to FILE")
      ->type_name("FILE")
      ->group(usage::kCommonGroup);
  app.add_option("--log-format", common_.log_format, "text, cmtrace or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "cmtrace", "json"}).description(""))
      ->group(usage::kCommonGroup);
  app.add_option("--scratch-dir", common_.scratch_dir, "Where temporary files may go")
      ->type_name("DIR")
      ->group(usage::kCommonGroup);
}

Command* OptionSet::CommandOf(const CLI::App& app) const {
  const auto found = by_app_.find(&app);
  return found == by_app_.end() ? nullptr : found->second;
}

}  // namespace ww::cli
