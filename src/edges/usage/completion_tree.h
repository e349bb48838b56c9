// What the three shells' scripts are made of: for each place in the tree the words that may follow.
#pragma once

#include <string>
#include <vector>

#include "wimwright/usage/option_text.h"

namespace ww::usage {

struct Word {
  std::string text;
  std::string description;
};

// "image info": one group or command.
struct Place {
  std::string path;
  bool group = false;
  std::vector<Word> commands;
  std::vector<OptionText> options;   // without positionals
  std::vector<std::string> choices;  // of the positional argument, when it is one of a few words
};

// The root first; its path is empty.
std::vector<Place> PlacesOf(const CLI::App& root);

// What the value of `option` may be; empty: anything.
std::vector<std::string> ValuesOf(const OptionText& option);

std::string JoinWords(const std::vector<std::string>& words, std::string_view between = " ");

// "wimwright-x" as the name of a shell function.
std::string FunctionName(std::string_view program);

}  // namespace ww::usage
