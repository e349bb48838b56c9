#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "completion_tree.h"
#include "wimwright/usage/completion.h"

namespace ww::usage {
namespace {

std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "'";
}

}  // namespace

std::string FishCompletion(const CLI::App& root) {
  const std::string& program = root.get_name();
  const std::string at = "__" + FunctionName(program) + "_at";
  std::string lines;
  std::vector<std::string> groups;
  for (const Place& place : PlacesOf(root)) {
    const std::string head = fmt::format("complete -c {} -n \"{} '{}'\"", program, at, place.path);
    if (place.group) {
      if (!place.path.empty()) groups.push_back(Quoted(place.path));
      lines += head + " -f\n";
    }
    for (const Word& command : place.commands) {
      lines += fmt::format("{} -a {} -d {}\n", head, command.text, Quoted(command.description));
    }
    for (const std::string& choice : place.choices) {
      lines += fmt::format("{} -f -a {}\n", head, choice);
    }
    for (const OptionText& option : place.options) {
      std::string line = head;
      for (const std::string& name : option.names) {
        line += name.size() > 2 ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      const auto choices = ValuesOf(option);
      if (!choices.empty()) {
        line += " -x -a " + Quoted(JoinWords(choices));
      } else if (!option.value.empty()) {
        line += " -r";
      }
      lines += fmt::format("{} -d {}\n", line, Quoted(option.description));
    }
  }
  const std::string deeper = groups.empty()
                                 ? std::string("            break\n")
                                 : fmt::format(
                                       "            contains -- \"$place\" {}; or break\n"
                                       "            set place \"$place $word\"\n",
                                       JoinWords(groups));
  return fmt::format(
             "# fish completion of {0}, made by: {0} completion fish\n"
             "function {1} --description 'the words so far name this command'\n",
             program, at) +
         "    set -l words (commandline -opc)\n"
         "    set -l place ''\n"
         "    for word in $words[2..-1]\n"
         "        string match -q -- '-*' $word; and continue\n"
         "        if test -z \"$place\"\n"
         "            set place $word\n"
         "        else\n" +
         deeper +
         "        end\n"
         "    end\n"
         "    test \"$place\" = \"$argv[1]\"\n"
         "end\n" +
         lines;
}

}  // namespace ww::usage
