#include "wimwright/usage/option_text.h"

#include <CLI/CLI.hpp>

namespace ww::usage {
namespace {

// CLI11 does not tell what a check admits.
std::vector<std::string> ChoicesOf(const CLI::Option& option) {
  if (option.check_lname("log-format")) return {"text", "cmtrace", "json"};
  if (option.check_lname("preset")) return {"small", "standard", "large"};
  if (option.get_positional() && option.get_name(true) == "SHELL") return {"bash", "zsh", "fish"};
  return {};
}

}  // namespace

std::vector<OptionText> OptionsOf(const CLI::App& app) {
  std::vector<OptionText> options;
  for (const CLI::Option* o : app.get_options()) {
    OptionText text;
    for (const std::string& name : o->get_lnames()) text.names.push_back("--" + name);
    for (const std::string& name : o->get_snames()) text.names.push_back("-" + name);
    text.positional = o->get_positional();
    text.value = o->get_items_expected_max() == 0 ? "" : o->get_type_name();
    if (text.positional) text.value = o->get_name(true);
    text.description = o->get_description();
    text.required = o->get_required();
    text.repeats = o->get_items_expected_max() > 1;
    text.common =
        o->get_group() == kCommonGroup || o == app.get_help_ptr() || o == app.get_version_ptr();
    text.choices = ChoicesOf(*o);
    options.push_back(std::move(text));
  }
  return options;
}

std::string PathOf(const CLI::App& app) {
  std::string path;
  for (const CLI::App* at = &app; at->get_parent() != nullptr; at = at->get_parent()) {
    path = path.empty() ? at->get_name() : at->get_name() + " " + path;
  }
  return path;
}

std::vector<const CLI::App*> AppsBelow(const CLI::App& root) {
  std::vector<const CLI::App*> out;
  for (const CLI::App* sub : root.get_subcommands({})) {
    out.push_back(sub);
    // Our own tree: three levels at most.
    const auto below = AppsBelow(*sub);
    out.insert(out.end(), below.begin(), below.end());
  }
  return out;
}

bool IsGroup(const CLI::App& app) { return !app.get_subcommands({}).empty(); }

CLI::App& Reached(CLI::App& root) {
  CLI::App* app = &root;
  for (;;) {
    const auto parsed = app->get_subcommands();
    if (parsed.empty()) return *app;
    app = parsed.front();
  }
}

}  // namespace ww::usage
