#include "secrets.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>

#include "wimwright/base/hash.h"

namespace ww::distmgr {

Result<std::string> MakeSecret() {
  std::array<unsigned char, 24> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
    return Fail(Code::kInternal, "no random numbers");
  }
  std::string out;
  for (const auto byte : random) out += fmt::format("{:02x}", byte);
  return out;
}

std::string DigestOf(std::string_view secret) {
  const auto digest =
      Sha256(ByteView(reinterpret_cast<const std::byte*>(secret.data()), secret.size()));
  std::string out;
  for (const auto byte : digest) out += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return out;
}

}  // namespace ww::distmgr
