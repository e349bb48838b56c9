#include "digest_value.h"

#include <fmt/format.h>

#include <algorithm>

#include "wimwright/base/text.h"

namespace ww::cab {
namespace {

template <typename D>
Result<DigestValue> FromBytes(const Bytes& bytes) {
  D digest;
  if (bytes.size() != digest.size()) return Fail(Code::kCorrupt, "a digest of the wrong length");
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return DigestValue(digest);
}

}  // namespace

Result<DigestValue> ParseDigest(std::string_view algorithm, std::string_view hex) {
  const auto bytes = FromHex(hex);
  if (!bytes) return Fail(Code::kCorrupt, "a digest is not hexadecimal");
  if (EqualNoCaseAscii(algorithm, "SHA1")) return FromBytes<Sha1Digest>(*bytes);
  if (EqualNoCaseAscii(algorithm, "SHA256")) return FromBytes<Sha256Digest>(*bytes);
  return Fail(Code::kUnsupported, fmt::format("digest algorithm \"{}\"", algorithm));
}

bool Matches(const DigestValue& digest, ByteView bytes) {
  if (const auto* sha1 = std::get_if<Sha1Digest>(&digest)) return Sha1(bytes) == *sha1;
  return Sha256(bytes) == std::get<Sha256Digest>(digest);
}

DigestChecker::DigestChecker(const DigestValue& expected) : expected_(expected) {
  if (std::holds_alternative<Sha256Digest>(expected_)) hasher_.emplace<Sha256Hasher>();
}

void DigestChecker::Update(ByteView bytes) {
  std::visit([bytes](auto& hasher) { hasher.Update(bytes); }, hasher_);
}

bool DigestChecker::Finish() {
  if (auto* sha1 = std::get_if<Sha1Hasher>(&hasher_)) {
    return sha1->Finish() == std::get<Sha1Digest>(expected_);
  }
  return std::get<Sha256Hasher>(hasher_).Finish() == std::get<Sha256Digest>(expected_);
}

}  // namespace ww::cab
