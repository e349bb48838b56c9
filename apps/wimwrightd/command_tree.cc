#include "command_tree.h"

#include <fmt/format.h>

namespace ww::server {

std::vector<std::unique_ptr<Command>> AllCommands() {
  std::vector<std::unique_ptr<Command>> commands;
  for (auto* make : {&MakeInit, &MakeServe, &MakeConfig, &MakePointInit, &MakePointServe,
                     &MakePointToken, &MakeCompletion, &MakeMan}) {
    commands.push_back(make());
  }
  return commands;
}

CommandTree::CommandTree() : root_("The site server of wimwright.", "wimwrightd") {
  root_.set_help_flag("-h,--help", "Show this text and leave");
  root_.set_version_flag("--version", "wimwrightd " WW_VERSION, "Show the version and leave");
  root_.require_subcommand(1);
  commands_ = AllCommands();
  for (const auto& command : commands_) {
    const auto& manual = command->manual();
    CLI::App* const parent = manual.noun.empty() ? &root_ : Noun(manual.noun);
    CLI::App* app = parent->add_subcommand(std::string(manual.verb), std::string(manual.summary));
    std::string footer(manual.description);
    footer += "\n\nExamples:";
    for (const auto& example : manual.examples) {
      footer += fmt::format("\n  wimwrightd {}\n      {}", example.arguments, example.meaning);
    }
    app->footer(footer);
    command->Define(*app);
    by_app_[app] = command.get();
  }
}

CLI::App* CommandTree::Noun(std::string_view noun) {
  const std::string name(noun);
  for (auto* const there : root_.get_subcommands([](const CLI::App*) { return true; })) {
    if (there->get_name() == name) return there;
  }
  auto* const made = root_.add_subcommand(name, "Distribution points");
  made->require_subcommand(1);
  return made;
}

Command* CommandTree::CommandOf(const CLI::App& app) const {
  const auto found = by_app_.find(&app);
  return found == by_app_.end() ? nullptr : found->second;
}

}  // namespace ww::server
