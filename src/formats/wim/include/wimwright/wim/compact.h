// A WIM file without dead space: the same resources, as they are stored, one behind the other.
#pragma once

#include <cstdint>
#include <functional>

#include "wimwright/base/file.h"
#include "wimwright/base/progress.h"
#include "wimwright/wim/wim_file.h"

namespace ww::wim {

// Whether WriteCompact() could leave nothing out: no dead space, and no blob that the table lists
// although no image names it, as libwim leaves them when it edits in place.
Result<bool> IsCompact(const WimFile& wim);

// Bytes that WriteCompact() will write at most, but for a few.
std::uint64_t CompactSize(const WimFile& source);

// Fills `target`, an empty file, with everything that is in use in `source`: content in the order
// of the file, byte for byte as it is stored, then new tables; the header last. Only places, and in
// the XML the file's total size, become different. Nobody names a rollback record: it is left out.
// On stable storage when this returns. `on_piece` is told the bytes as they reach the target, and
// stops the writing with an error.
Status WriteCompact(const WimFile& source, File& target, unsigned threads,
                    const std::function<Status(std::uint64_t)>& on_piece);

// Whether `result`, opened again, holds exactly what `source` does: the same header but for places,
// the same XML but for the total size, the same images and, of the blobs, those that an image
// names, in the same order, every stored byte of them equal, and an integrity table, if there is
// one, that matches the file. Nothing is decompressed: damage that `source` has is in both.
// kVerificationFailed otherwise.
Status ProveCompact(const WimFile& source, const WimFile& result, unsigned threads,
                    Progress& progress, const Cancellation& cancel);

}  // namespace ww::wim
