// Catalogs: the list, and the signature without any trusted certificate.
#include <cstdlib>

#include "wimwright/manifest/catalog.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::manifest;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto catalog = ParseCatalog(bytes);
  if (catalog && catalog->sha1_index.size() > catalog->members.size()) std::abort();
  const ww::FixedClock clock{ww::TimePoint(std::chrono::seconds(1'800'000'000))};
  // Nothing is trusted, so nothing may be accepted.
  if (VerifySignature(bytes, TrustStore(), clock)) std::abort();
  TrustStore store;
  static_cast<void>(store.Add(bytes));
  return 0;
}
