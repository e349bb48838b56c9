// A job that returns the dead space of an image file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "wimwright/servicing/job.h"

namespace ww::servicing {

struct CompactOptions {
  std::filesystem::path image;
  std::optional<std::filesystem::path> output;  // nothing: `image` is replaced
  unsigned threads = 0;                         // 0: as many as the machine has
};

struct CompactReport {
  Outcome outcome = Outcome::kSucceeded;  // or kNothingToDo: no dead space; an output is a copy
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
};

// Writes a file without dead space beside the target, opens it again, proves that it holds what
// `image` does (wim::ProveCompact), and publishes it as Apply() does: also in place it is a new
// file that gets the name. Needs room for it. On failure `image` and an earlier output are what
// they were. What an in-place job left to roll back to is dead space, too.
Result<CompactReport> Compact(const CompactOptions& options, const Context& context);

}  // namespace ww::servicing
