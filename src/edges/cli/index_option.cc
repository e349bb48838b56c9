#include "index_option.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ww::cli {

void IndexOption::Define(CLI::App& app) {
  AddOption(app, "--index", words_, "Image in the file, by number; default: all")
      .Value("N|all")
      .CommaList();
}

Result<std::vector<int>> IndexOption::Numbers() const {
  std::vector<int> numbers;
  bool all = words_.empty();
  for (const std::string& word : words_) {
    if (word == "all") {
      all = true;
      continue;
    }
    int number = 0;
    const char* end = word.data() + word.size();
    const auto [at, code] = std::from_chars(word.data(), end, number);
    if (code != std::errc{} || at != end || number < 1) {
      return Fail(
          Error{Code::kUsage,
                fmt::format("--index takes a number from 1 or the word all, not \"{}\"", word),
                "see the numbers with wimwright image info IMAGE", 0});
    }
    numbers.push_back(number);
  }
  if (all) return std::vector<int>{};
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

Result<std::vector<int>> IndexOption::NumbersOf(int count) const {
  auto chosen = Numbers();
  if (!chosen) return chosen;
  if (chosen->empty()) {
    for (int i = 1; i <= count; ++i) chosen->push_back(i);
  }
  for (const int number : *chosen) {
    if (number > count) {
      return Fail(Error{Code::kNotFound,
                        fmt::format("there is no image {}: the file has {}", number, count),
                        "see the numbers with wimwright image info IMAGE", 0});
    }
  }
  return chosen;
}

}  // namespace ww::cli
