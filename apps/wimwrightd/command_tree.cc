#include "command_tree.h"

#include <fmt/format.h>

namespace ww::server {

std::vector<std::unique_ptr<Command>> AllCommands() {
  std::vector<std::unique_ptr<Command>> commands;
  for (auto* make : {&MakeInit, &MakeServe, &MakeConfig, &MakeAccountSet, &MakeAccountList,
                     &MakeAccountRemove, &MakeTokenCreate, &MakeTokenList, &MakeTokenRevoke,
                     &MakePointInit, &MakePointServe, &MakePointToken, &MakeCompletion, &MakeMan}) {
    commands.push_back(make());
  }
  return commands;
}

const std::vector<usage::NounManual>& AllNouns() {
  static const std::vector<usage::NounManual> nouns{
      {"account", "Local accounts: who may sign in with a password"},
      {"token", "API tokens: who may sign in without one"},
      {"point", "Distribution points"},
  };
  return nouns;
}

CommandTree::CommandTree() : root_("The site server of wimwright.", "wimwrightd") {
  root_.set_help_flag("-h,--help", "Show this text and leave");
  root_.set_version_flag("--version", "wimwrightd " WW_VERSION, "Show the version and leave");
  root_.require_subcommand(1);
  commands_ = AllCommands();
  std::map<CLI::App*, std::string> noun_examples;
  for (const auto& command : commands_) {
    const auto& manual = command->manual();
    CLI::App* parent = &root_;
    if (!manual.noun.empty()) parent = GroupOf(manual.noun);
    CLI::App* app = parent->add_subcommand(std::string(manual.verb), std::string(manual.summary));
    std::string footer(manual.description);
    footer += "\n\nExamples:";
    for (const auto& example : manual.examples) {
      footer += fmt::format("\n  wimwrightd {}\n      {}", example.arguments, example.meaning);
    }
    app->footer(footer);
    command->Define(*app);
    by_app_[app] = command.get();
    if (parent != &root_) {
      noun_examples[parent] += fmt::format("\n  wimwrightd {}", manual.examples.at(0).arguments);
    }
  }
  for (const auto& [app, examples] : noun_examples) app->footer("Examples:" + examples);
}

// Made by the first of its commands, so that help keeps the order of the manual.
CLI::App* CommandTree::GroupOf(std::string_view noun) {
  const std::string word(noun);
  for (CLI::App* there : root_.get_subcommands({})) {
    if (there->get_name() == word) return there;
  }
  for (const auto& known : AllNouns()) {
    if (known.noun != noun) continue;
    CLI::App* app = root_.add_subcommand(word, std::string(known.summary));
    app->require_subcommand(1);
    return app;
  }
  return &root_;
}

Command* CommandTree::CommandOf(const CLI::App& app) const {
  const auto found = by_app_.find(&app);
  return found == by_app_.end() ? nullptr : found->second;
}

}  // namespace ww::server
