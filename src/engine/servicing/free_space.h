// Is there room for the result? Asked before any work.
#pragma once

#include <cstdint>
#include <filesystem>

#include "job_plan.h"
#include "wimwright/wim/wim_file.h"

namespace ww::servicing {

// What is needed besides: logs, locks, rounding to blocks.
inline constexpr std::uint64_t kReserve = 1u << 20;

// An estimate, on the safe side for ordinary content: the copy (nothing where blocks are shared),
// the payload in the size that its files have once they are made, compressed, the edited hives,
// metadata and tables anew.
std::uint64_t SpaceNeeded(const wim::WimFile& image, const JobPlan& plan, bool copies_bytes);

// kNoSpace when `dir` has less than `needed` free bytes. A file system that does not tell is
// trusted.
Status CheckFreeSpace(FileSystem& fs, const std::filesystem::path& dir, std::uint64_t needed);

}  // namespace ww::servicing
