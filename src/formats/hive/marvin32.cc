#include "marvin32.h"

#include <bit>

namespace ww::hive {
namespace {

struct State {
  std::uint32_t low;
  std::uint32_t high;
  void Take(std::uint32_t word) {
    low += word;
    high ^= low;
    low = std::rotl(low, 20) + high;
    high = std::rotl(high, 9) ^ low;
    low = std::rotl(low, 27) + high;
    high = std::rotl(high, 19);
  }
};

}  // namespace

std::uint64_t Marvin32(std::uint64_t seed, ByteView bytes) {
  State state{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  while (bytes.size() >= 4) {
    state.Take(LoadLe<std::uint32_t>(bytes.data()));
    bytes = bytes.subspan(4);
  }
  std::uint32_t last = 0x80;  // marks the end
  for (std::size_t i = bytes.size(); i-- > 0;)
    last = last << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  state.Take(last);
  state.Take(0);
  return std::uint64_t{state.high} << 32 | state.low;
}

}  // namespace ww::hive
