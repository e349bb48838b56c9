// What a file is called in the content library: the SHA-256 of its bytes.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wimwright/base/hash.h"

namespace ww::content {

struct ContentId {
  Sha256Digest digest{};

  std::string ToText() const;  // 64 lower-case hexadecimal digits
  // Only what ToText() writes: other spellings would be other file names for the same bytes.
  static std::optional<ContentId> FromText(std::string_view text);

  auto operator<=>(const ContentId&) const = default;
};

struct ContentIdHash {
  std::size_t operator()(const ContentId& id) const { return DigestHash()(id.digest); }
};

// A file that the library has.
struct StoredFile {
  ContentId id;
  std::uint64_t bytes = 0;
  bool operator==(const StoredFile&) const = default;
};

}  // namespace ww::content
