#include "wimwright/base/hash.h"

#include <openssl/evp.h>

#include <new>
#include <utility>

namespace ww {
namespace {

const EVP_MD* Algorithm(HashKind kind) {
  switch (kind) {
    case HashKind::kMd5:
      return EVP_md5();
    case HashKind::kSha1:
      return EVP_sha1();
    case HashKind::kSha256:
      return EVP_sha256();
  }
  return nullptr;
}

// The algorithms are always in OpenSSL's default provider; what remains is memory.
void Require(int ok) {
  if (ok != 1) throw std::bad_alloc();
}

}  // namespace

template <HashKind K, std::size_t N>
Hasher<K, N>::Hasher() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr) throw std::bad_alloc();
  Require(EVP_DigestInit_ex(context_, Algorithm(K), nullptr));
}

template <HashKind K, std::size_t N>
Hasher<K, N>::~Hasher() {
  EVP_MD_CTX_free(context_);
}

template <HashKind K, std::size_t N>
Hasher<K, N>::Hasher(Hasher&& other) noexcept : context_(std::exchange(other.context_, nullptr)) {}

template <HashKind K, std::size_t N>
Hasher<K, N>& Hasher<K, N>::operator=(Hasher&& other) noexcept {
  std::swap(context_, other.context_);
  return *this;
}

template <HashKind K, std::size_t N>
void Hasher<K, N>::Update(ByteView bytes) {
  Require(EVP_DigestUpdate(context_, bytes.data(), bytes.size()));
}

template <HashKind K, std::size_t N>
Digest<N> Hasher<K, N>::Finish() {
  Digest<N> out;
  Require(EVP_DigestFinal_ex(context_, reinterpret_cast<unsigned char*>(out.data()), nullptr));
  Require(EVP_DigestInit_ex(context_, nullptr, nullptr));
  return out;
}

template class Hasher<HashKind::kMd5, 16>;
template class Hasher<HashKind::kSha1, 20>;
template class Hasher<HashKind::kSha256, 32>;

namespace {
template <typename H>
auto OneShot(ByteView bytes) {
  H hasher;
  hasher.Update(bytes);
  return hasher.Finish();
}
}  // namespace

Sha1Digest Sha1(ByteView bytes) { return OneShot<Sha1Hasher>(bytes); }
Sha256Digest Sha256(ByteView bytes) { return OneShot<Sha256Hasher>(bytes); }
Md5Digest Md5(ByteView bytes) { return OneShot<Md5Hasher>(bytes); }

}  // namespace ww
