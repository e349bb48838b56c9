// Undoing the last edit in place: the former header, and nothing behind the former end.
#pragma once

#include <cstdint>
#include <filesystem>

#include "wimwright/base/file.h"
#include "wimwright/wim/wim_file.h"

namespace ww::wim {

// The size the file had before the last commit in place, when RollBack() could return to it.
// kUnsupported: there is nothing to return to, because the file was written as a whole; kConflict:
// another program has changed it since; kCorrupt: the record, or the former state, is damaged.
Result<std::uint64_t> FormerSize(const WimFile& wim);

struct RollbackResult {
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
  bool interrupted = false;  // a session that never became visible was undone: only a tail was cut
};

// Makes `path` byte for byte the file that the last commit in place began with. A tail, which an
// interrupted edit or an interrupted rollback left, is all that is taken back when there is one;
// it is no part of the file that a commit begins with either. (libwim leaves one when its XML gets
// shorter; it is recognised by what it changed.) Nothing is changed before record,
// former header, tables and XML were checked; stored content is not read. A failure leaves the
// file as it was, a kill or power loss the one state or the other, the former perhaps with a
// tail. kBusy while somebody else reads or writes under a lock.
Result<RollbackResult> RollBack(FileSystem& fs, const std::filesystem::path& path);

}  // namespace ww::wim
