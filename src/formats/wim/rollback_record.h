// What a commit in place leaves behind directly before its blob table, so that it can be undone.
#pragma once

#include <array>

#include "wimwright/base/file.h"
#include "wimwright/base/hash.h"
#include "wimwright/wim/header.h"

namespace ww::wim {

inline constexpr std::size_t kRollbackRecordSize = 328;

// The former header and size are all it takes: a commit only appends. The digests tie the record to
// the two states between which it leads. No resource names the record, other programs see dead
// space. The record of the commit before is found through `former_header`, in the same way.
struct RollbackRecord {
  std::uint64_t former_size = 0;
  std::array<std::byte, kHeaderSize> former_header{};
  Sha256Digest former_state{};  // of the file as it was
  Sha256Digest state{};         // of the file that the commit made

  std::array<std::byte, kRollbackRecordSize> Serialise() const;
  // kNotFound: other bytes; kUnsupported: of a later version; kCorrupt: damaged.
  static Result<RollbackRecord> Parse(ByteView bytes);
};

// Header, blob table and XML data as they are stored: which images a file has, and what is in them.
Sha256Digest StateDigest(const Header& header, ByteView blob_table, ByteView xml);
// The same, read from a file whose header is `header`.
Result<Sha256Digest> StateDigestOf(const File& file, const Header& header);

}  // namespace ww::wim
