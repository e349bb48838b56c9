// Hashing what a WIM stores: every blob, every metadata resource, the integrity table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "wimwright/base/progress.h"
#include "wimwright/wim/wim_file.h"

namespace ww::wim {

struct VerifyProblem {
  std::string object;  // "blob <sha1>", "metadata of image 2", "integrity table"
  Error error;
};

struct VerifyReport {
  std::uint64_t blobs = 0;              // checked
  std::uint64_t bytes = 0;              // uncompressed
  std::vector<VerifyProblem> problems;  // at most 1000

  bool ok() const { return problems.empty(); }
};

// SHA-256 of contents that were read and matched their SHA-1.
using ContentDigests = std::unordered_map<Sha1Digest, Sha256Digest, DigestHash>;

// Blobs, metadata and, if there is one, the integrity table. `threads` 0: as many as the machine
// has. Damage is reported, not returned: an error is kCancelled or an unreadable file only.
// Progress counts uncompressed bytes. `digests`: filled on the way, for whoever would have to read
// it all again.
Result<VerifyReport> VerifyBlobs(const WimFile& file, unsigned threads, Progress& progress,
                                 const Cancellation& cancellation,
                                 ContentDigests* digests = nullptr);
// Only these blobs; one that the file does not have is a problem.
struct ExpectedBlob {
  Sha1Digest hash{};
  std::optional<Sha256Digest> sha256;  // checked too
};
Result<VerifyReport> VerifyBlobs(const WimFile& file, std::span<const ExpectedBlob> only,
                                 unsigned threads, Progress& progress,
                                 const Cancellation& cancellation);

}  // namespace ww::wim
