#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "completion_tree.h"
#include "wimwright/usage/completion.h"

namespace ww::usage {

std::string BashCompletion(const CLI::App& root) {
  const std::string& program = root.get_name();
  const std::string function = FunctionName(program);
  std::string words, values;
  std::vector<std::string> groups;
  for (const Place& place : PlacesOf(root)) {
    std::vector<std::string> follow;
    for (const Word& command : place.commands) follow.push_back(command.text);
    follow.insert(follow.end(), place.choices.begin(), place.choices.end());
    for (const OptionText& option : place.options) {
      for (const std::string& name : option.names) {
        if (name.size() > 2) follow.push_back(name);
      }
      const auto choices = ValuesOf(option);
      if (!choices.empty()) {
        values += fmt::format("    \"{} {}\") words=\"{}\" ;;\n", place.path, option.names.front(),
                              JoinWords(choices));
      }
    }
    words += fmt::format("    \"{}\") words=\"{}\" ;;\n", place.path, JoinWords(follow));
    if (place.group && !place.path.empty()) groups.push_back("\"" + place.path + "\"");
  }
  const std::string deeper = groups.empty()
                                 ? std::string("break")
                                 : fmt::format(
                                       "case \"$path\" in {}) path=\"$path ${{COMP_WORDS[i]}}\" ;; "
                                       "*) break ;; esac",
                                       JoinWords(groups, "|"));
  groups.insert(groups.begin(), "\"\"");
  return fmt::format("# bash completion of {0}, made by: {0} completion bash\n{1}() {{\n", program,
                     function) +
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
         "  local path=\"\" words=\"\" i\n"
         "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
         "    case \"${COMP_WORDS[i]}\" in\n"
         "      -*) ;;\n"
         "      *)\n"
         "        if [ -z \"$path\" ]; then path=\"${COMP_WORDS[i]}\"\n"
         "        else " +
         deeper +
         "\n"
         "        fi ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$path $before\" in\n" +
         values +
         "  esac\n"
         "  if [ -z \"$words\" ]; then\n"
         "    case \"$path\" in\n" +
         words +
         "    esac\n"
         "  fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  # Everything that is not an option or command may be a file.\n"
         "  if [ \"${current#-}\" = \"$current\" ]; then\n"
         "    case \"$path\" in\n"
         "      " +
         JoinWords(groups, "|") +
         ") ;;\n"
         "      *) COMPREPLY+=($(compgen -f -- \"$current\")) ;;\n"
         "    esac\n"
         "  fi\n"
         "}\n" +
         fmt::format("complete -o filenames -F {} {}\n", function, program);
}

}  // namespace ww::usage
