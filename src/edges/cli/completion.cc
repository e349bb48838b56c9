#include "completion.h"

#include <fmt/format.h>

namespace ww::cli {
namespace {

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// "image info": the words that may follow, and what an option's value may be.
void AddCase(const CLI::App& app, std::string& words, std::string& values) {
  const std::string path = OptionSet::PathOf(app);
  std::vector<std::string> follow;
  for (const CLI::App* sub : app.get_subcommands({})) follow.push_back(sub->get_name());
  for (const OptionText& option : OptionsOf(app)) {
    for (const std::string& name : option.names) {
      if (name.size() > 2) follow.push_back(name);
    }
    if (!option.choices.empty() && !option.names.empty()) {
      values += fmt::format("    \"{} {}\") words=\"{}\" ;;\n", path, option.names.front(),
                            Join(option.choices));
    } else if (option.value == "N|all" && !option.names.empty()) {
      values += fmt::format("    \"{} {}\") words=\"all\" ;;\n", path, option.names.front());
    }
  }
  words += fmt::format("    \"{}\") words=\"{}\" ;;\n", path, Join(follow));
}

}  // namespace

std::string BashCompletion(const CLI::App& root) {
  std::string words, values, nouns;
  AddCase(root, words, values);
  for (const CLI::App* app : AppsBelow(root)) {
    AddCase(*app, words, values);
    if (app->get_subcommands({}).empty()) continue;
    nouns += fmt::format("{}\"{}\"", nouns.empty() ? "" : "|", OptionSet::PathOf(*app));
  }
  return "# bash completion of wimwright, made by: wimwright completion bash\n"
         "_wimwright() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
         "  local path=\"\" words=\"\" i\n"
         "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
         "    case \"${COMP_WORDS[i]}\" in\n"
         "      -*) ;;\n"
         "      *)\n"
         "        if [ -z \"$path\" ]; then path=\"${COMP_WORDS[i]}\"\n"
         "        else case \"$path\" in " +
         nouns +
         ") path=\"$path ${COMP_WORDS[i]}\" ;; *) break ;; esac\n"
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
         "      \"\"|" +
         nouns +
         ") ;;\n"
         "      *) COMPREPLY+=($(compgen -f -- \"$current\")) ;;\n"
         "    esac\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _wimwright wimwright\n";
}

}  // namespace ww::cli
