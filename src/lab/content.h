// File content that is computed instead of stored: from a few numbers, at any offset, the same
// every time.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <variant>

#include "wimwright/base/bytes.h"
#include "wimwright/base/hash.h"

namespace ww::lab {

// A small, fast, seeded generator (splitmix64). Not for secrets.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next();
  std::uint64_t Below(std::uint64_t limit) { return Next() % limit; }  // limit > 0

 private:
  std::uint64_t state_;
};

// One number out of several: equal inputs, equal result.
std::uint64_t Mix(std::uint64_t a, std::uint64_t b);
std::uint64_t SeedOf(std::string_view text);

enum class ContentKind {
  kCode,    // begins like a program, compresses to about a half
  kText,    // words and lines, compresses to about a third
  kRandom,  // does not compress: pictures, archives
};

// `revision` changes about an eighth of the 4 KiB blocks, always the first: what a newer version of
// the same file looks like to a delta.
struct ContentSpec {
  ContentKind kind = ContentKind::kCode;
  std::uint64_t seed = 0;
  std::uint64_t size = 0;
  std::uint32_t revision = 0;
  auto operator<=>(const ContentSpec&) const = default;
};

// Computed or literal. Cheap to copy.
class Content {
 public:
  Content() : value_(ContentSpec{}) {}
  Content(const ContentSpec& spec) : value_(spec) {}  // NOLINT: a spec is a content
  static Content Literal(Bytes bytes);
  static Content Literal(std::string_view text);

  std::uint64_t size() const;
  // The range must lie inside of size().
  void ReadAt(std::uint64_t offset, MutableByteView out) const;
  Bytes All() const;
  bool literal() const { return value_.index() == 1; }

  // Identifies equal content cheaply; literals by address.
  friend bool operator<(const Content& a, const Content& b) { return a.value_ < b.value_; }

 private:
  std::variant<ContentSpec, std::shared_ptr<const Bytes>> value_;
};

// SHA-256 of contents, each computed once. Not thread-safe.
class DigestCache {
 public:
  const Sha256Digest& Sha256Of(const Content& content);

 private:
  std::map<Content, Sha256Digest> known_;
};

}  // namespace ww::lab
