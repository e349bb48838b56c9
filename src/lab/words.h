// Words that names and text are made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ww::lab {

// Word `number` of an endless list; capitalised.
std::string_view Word(std::uint64_t number);

// "BridgeFilter" for component number `number`: two words, unique below kUniqueNames, a third one
// beyond.
std::string FamilyWord(std::uint64_t number);

}  // namespace ww::lab
