// A full structural check of a hive: what one wants proved before trusting it, and after editing
// it.
#pragma once

#include <cstdint>

#include "wimwright/hive/hive.h"

namespace ww::hive {

// What a sound hive holds. The last three are harmless (Windows leaves such things behind itself)
// and are therefore no errors; our own edits must not add any.
struct CheckReport {
  std::uint64_t keys = 0;
  std::uint64_t values = 0;
  std::uint64_t security_cells = 0;
  std::uint64_t free_bytes = 0;    // in free cells
  std::uint64_t leaked_cells = 0;  // allocated, but nothing leads to them
  std::uint64_t leaked_bytes = 0;
  std::uint64_t excess_references = 0;  // counted by security cells beyond the keys that use them
};

// Every bin and cell chain whole; every reachable cell inside its bin, allocated, of the right
// signature and reached once; counts right; subkeys sorted, hashes right; security ring closed and
// its counts not too low. Else kCorrupt naming the place. Calls Finish() first. Reads the hive once
// and some of its lists of values once more, both in the order of the file: any cache will do.
// Memory: about half of the hive's size.
Result<CheckReport> ExamineHive(Hive& hive);
Status CheckHive(Hive& hive);

}  // namespace ww::hive
