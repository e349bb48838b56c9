// Files that an update brings as differences: what they are made from, and making them
// (windows-servicing.md 1.7, 6.5).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "wimwright/base/bytes.h"
#include "wimwright/base/hash.h"
#include "wimwright/base/result.h"

namespace ww::cbs {

// Bytes that are there before the file is made.
struct StoredFile {
  std::string path;      // in the image, for messages
  Sha1Digest content{};  // what the image stores there; all zero: an empty file
  // Set: not in the image, but brought by an earlier update of the same run. `content` is unused.
  std::optional<Sha256Digest> planned;

  bool operator==(const StoredFile&) const = default;
};

// Something the file may be made from. With `reverse` the basis is what that delta makes of `file`.
struct BasisCandidate {
  StoredFile file;
  std::optional<StoredFile> reverse;

  bool operator==(const BasisCandidate&) const = default;
};

struct Recipe {
  enum class Kind {
    kNull,     // the delta against nothing
    kForward,  // the delta against a basis
    kCarried,  // the basis itself
  };
  Kind kind = Kind::kNull;
  std::string name;  // of the delta in the package, or of the file that is carried over
  std::optional<std::uint64_t> size;  // of the file, where the package says so
  // What the basis must be, where the package says so. The result is verified in any case.
  std::optional<Sha256Digest> basis;
  std::vector<BasisCandidate> candidates;  // in the order in which they are tried
  // The package's reverse delta of the file, which the store keeps: proved to fit before that.
  std::optional<std::size_t> reverse_member;

  bool operator==(const Recipe&) const = default;
};

// What a file must be.
struct FileGoal {
  Sha256Digest digest{};
  std::uint64_t size = 0;
};

// Whole bytes of a file as the store keeps it (perhaps packed). An error ends the attempt with this
// candidate only, unless it is kIo, kCancelled or kInternal.
using StoredFileReader = std::function<Result<Bytes>(const StoredFile&)>;

// The file, verified against `digest`: nothing else is ever returned. `delta`: bytes of the
// package's delta; unused for kCarried. Codes are PSFX's: 0x800F0985 to 0x800F0989, each with the
// layer and the file's name in the message; kPrerequisiteMissing when the image lacks the basis,
// kVerificationFailed when the delta is damaged.
Result<Bytes> Hydrate(const Recipe& recipe, ByteView delta, const Sha256Digest& digest,
                      const StoredFileReader& read);

// `delta` turns `file` (as it was hydrated) into an older version and proves it by its own hash.
Status CheckReverseDelta(ByteView file, ByteView delta);

}  // namespace ww::cbs
