// --index N|all, as every image command has it.
#pragma once

#include <string>
#include <vector>

#include "options.h"
#include "wimwright/base/result.h"

namespace ww::cli {

class IndexOption {
 public:
  void Define(CLI::App& app);
  // The numbers in ascending order; empty: all. kUsage for anything else.
  Result<std::vector<int>> Numbers() const;
  // The same, with "all" written out and every number checked against `count` (kNotFound).
  Result<std::vector<int>> NumbersOf(int count) const;

 private:
  std::vector<std::string> words_;
};

}  // namespace ww::cli
