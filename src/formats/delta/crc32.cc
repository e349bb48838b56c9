#include <array>

#include "container.h"

namespace ww::delta {
namespace {

constexpr std::uint32_t kPolynomial = 0xEDB88320;  // IEEE 802.3, reflected

// kTables[k][b]: the register after byte b followed by k zero bytes.
constexpr auto kTables = [] {
  std::array<std::array<std::uint32_t, 256>, 4> t{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t r = b;
    for (int bit = 0; bit < 8; ++bit) r = r >> 1 ^ ((r & 1) != 0 ? kPolynomial : 0);
    t[0][b] = r;
  }
  for (std::size_t k = 1; k < t.size(); ++k) {
    for (std::uint32_t b = 0; b < 256; ++b) t[k][b] = t[k - 1][b] >> 8 ^ t[0][t[k - 1][b] & 0xFF];
  }
  return t;
}();

}  // namespace

std::uint32_t Crc32(ByteView bytes) {
  std::uint32_t r = 0xFFFFFFFF;
  std::size_t i = 0;
  for (; bytes.size() - i >= 4; i += 4) {
    r ^= LoadLe<std::uint32_t>(bytes.data() + i);
    r = kTables[3][r & 0xFF] ^ kTables[2][r >> 8 & 0xFF] ^ kTables[1][r >> 16 & 0xFF] ^
        kTables[0][r >> 24];
  }
  for (; i < bytes.size(); ++i) {
    r = r >> 8 ^ kTables[0][(r ^ std::to_integer<std::uint32_t>(bytes[i])) & 0xFF];
  }
  return ~r;
}

}  // namespace ww::delta
