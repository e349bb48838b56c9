// Signatures of files: the blob, its filler, the digest in it. Nothing is trusted.
#include <cstdlib>

#include "wimwright/manifest/authenticode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::manifest;
  const auto bytes = std::as_bytes(std::span(data, size));
  const ww::FixedClock clock{ww::TimePoint(std::chrono::seconds(1'800'000'000))};
  // Nobody is trusted, so nothing may be accepted, and nothing is worth hashing.
  const auto hash = [](ww::HashKind) -> ww::Result<ww::Bytes> { std::abort(); };
  if (VerifyFileSignature(bytes, TrustStore(), hash, clock)) std::abort();
  return 0;
}
