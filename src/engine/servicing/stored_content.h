// Where the contents of a plan are once they are stored in the image file.
#pragma once

#include <unordered_map>

#include "wimwright/base/hash.h"

namespace ww::servicing {

struct StoredContent {
  enum class Source { kPlan, kUpdate, kCache };
  Sha1Digest sha1{};  // all zero: empty
  std::uint64_t size = 0;
  Source source = Source::kPlan;
};

// By the SHA-256 that the plan names; one entry serves all indexes.
using StoredContents = std::unordered_map<Sha256Digest, StoredContent, DigestHash>;

}  // namespace ww::servicing
