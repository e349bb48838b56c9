#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "completion_tree.h"
#include "wimwright/usage/completion.h"

namespace ww::usage {
namespace {

// A word and its description as _describe takes them, quoted for the shell.
std::string Entry(std::string_view word, std::string_view description) {
  std::string out = "'";
  const auto add = [&out](std::string_view text, bool word_part) {
    for (const char c : text) {
      if (c == '\'') {
        out += "'\\''";
      } else if (c == '\\' || (word_part && c == ':')) {
        out += '\\';
        out += c;
      } else {
        out += c == '\n' ? ' ' : c;
      }
    }
  };
  add(word, true);
  if (!description.empty()) {
    out += ':';
    add(description, false);
  }
  return out + "'";
}

}  // namespace

std::string ZshCompletion(const CLI::App& root) {
  const std::string& program = root.get_name();
  const std::string function = FunctionName(program);
  std::string words, values;
  std::vector<std::string> groups;
  for (const Place& place : PlacesOf(root)) {
    std::string commands, options;
    for (const Word& command : place.commands) {
      commands += " " + Entry(command.text, command.description);
    }
    for (const std::string& choice : place.choices) commands += " " + Entry(choice, "");
    for (const OptionText& option : place.options) {
      for (const std::string& name : option.names) {
        if (name.size() > 2) options += " " + Entry(name, option.description);
      }
      const auto choices = ValuesOf(option);
      if (!choices.empty()) {
        values += fmt::format("    \"{} {}\") compadd -- {}; return ;;\n", place.path,
                              option.names.front(), JoinWords(choices));
      }
    }
    words += fmt::format("    \"{}\") commands=({}) options=({}) ;;\n", place.path,
                         commands.substr(commands.empty() ? 0 : 1),
                         options.substr(options.empty() ? 0 : 1));
    if (place.group && !place.path.empty()) groups.push_back("\"" + place.path + "\"");
  }
  const std::string deeper = groups.empty()
                                 ? std::string("break")
                                 : fmt::format(
                                       "case \"$place\" in ({}) place=\"$place ${{words[i]}}\" ;; "
                                       "(*) break ;; esac",
                                       JoinWords(groups, "|"));
  groups.insert(groups.begin(), "\"\"");
  return fmt::format(
             "#compdef {0}\n# zsh completion of {0}, made by: {0} completion zsh\n{1}() {{\n",
             program, function) +
         "  local place=\"\" before=\"${words[CURRENT-1]}\" i\n"
         "  local -a commands options\n"
         "  for ((i = 2; i < CURRENT; ++i)); do\n"
         "    case \"${words[i]}\" in\n"
         "      (-*) ;;\n"
         "      (*)\n"
         "        if [[ -z \"$place\" ]]; then place=\"${words[i]}\"\n"
         "        else " +
         deeper +
         "\n"
         "        fi ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$place $before\" in\n" +
         values +
         "  esac\n"
         "  case \"$place\" in\n" +
         words +
         "  esac\n"
         "  if [[ \"${words[CURRENT]}\" == -* ]]; then\n"
         "    _describe -o option options\n"
         "    return\n"
         "  fi\n"
         "  (( ${#commands} )) && _describe command commands\n"
         "  # Everything that is not an option or command may be a file.\n"
         "  case \"$place\" in\n"
         "    (" +
         JoinWords(groups, "|") +
         ") ;;\n"
         "    (*) _files ;;\n"
         "  esac\n"
         "}\n" +
         fmt::format(
             "if [ \"$funcstack[1]\" = \"{0}\" ]; then {0} \"$@\"; else compdef {0} {1}; fi\n",
             function, program);
}

}  // namespace ww::usage
