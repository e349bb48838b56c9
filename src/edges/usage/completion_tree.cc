#include "completion_tree.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "wimwright/usage/completion.h"

namespace ww::usage {
namespace {

Place PlaceOf(const CLI::App& app) {
  Place place;
  place.path = PathOf(app);
  for (const CLI::App* sub : app.get_subcommands({})) {
    place.commands.push_back({sub->get_name(), sub->get_description()});
  }
  place.group = !place.commands.empty();
  for (OptionText& option : OptionsOf(app)) {
    if (option.positional) {
      if (place.choices.empty()) place.choices = option.choices;
    } else {
      place.options.push_back(std::move(option));
    }
  }
  return place;
}

}  // namespace

std::vector<Place> PlacesOf(const CLI::App& root) {
  std::vector<Place> places{PlaceOf(root)};
  for (const CLI::App* app : AppsBelow(root)) places.push_back(PlaceOf(*app));
  return places;
}

std::vector<std::string> ValuesOf(const OptionText& option) {
  if (!option.choices.empty()) return option.choices;
  if (option.value == "N|all") return {"all"};
  return {};
}

std::string JoinWords(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

std::string FunctionName(std::string_view program) {
  std::string name = "_" + std::string(program);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string CompletionFor(std::string_view shell, const CLI::App& root) {
  if (shell == "bash") return BashCompletion(root);
  if (shell == "zsh") return ZshCompletion(root);
  if (shell == "fish") return FishCompletion(root);
  return {};
}

}  // namespace ww::usage
