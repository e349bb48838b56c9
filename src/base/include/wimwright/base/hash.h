// SHA-1, SHA-256 and MD5 through OpenSSL, which uses the processor's instructions where present.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>

#include "wimwright/base/bytes.h"

struct evp_md_ctx_st;

namespace ww {

template <std::size_t N>
using Digest = std::array<std::byte, N>;
using Sha1Digest = Digest<20>;
using Sha256Digest = Digest<32>;
using Md5Digest = Digest<16>;

enum class HashKind { kMd5, kSha1, kSha256 };

// A running hash. Move only. Finish() ends it.
template <HashKind K, std::size_t N>
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void Update(ByteView bytes);
  Digest<N> Finish();  // the hasher may be used again afterwards, from the start

 private:
  evp_md_ctx_st* context_;
};

using Sha1Hasher = Hasher<HashKind::kSha1, 20>;
using Sha256Hasher = Hasher<HashKind::kSha256, 32>;
using Md5Hasher = Hasher<HashKind::kMd5, 16>;

Sha1Digest Sha1(ByteView bytes);
Sha256Digest Sha256(ByteView bytes);
Md5Digest Md5(ByteView bytes);

// For unordered containers: a digest is its own hash.
struct DigestHash {
  template <std::size_t N>
  std::size_t operator()(const Digest<N>& d) const {
    return LoadLe<std::size_t>(d.data());
  }
};

}  // namespace ww
