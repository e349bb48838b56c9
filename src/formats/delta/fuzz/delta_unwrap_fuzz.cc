// Unwraps what follows a base: u32 size of the base, base, stored file.
#include <algorithm>
#include <span>

#include "wimwright/delta/store_wrapper.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (bytes.size() < 4) return 0;
  const std::size_t split =
      std::min<std::size_t>(ww::LoadLe<std::uint32_t>(bytes.data()), bytes.size() - 4);
  const ww::Bytes base = ww::ToBytes(bytes.subspan(4, split));
  const ww::Bytes file = ww::ToBytes(bytes.subspan(4 + split));
  ww::delta::Limits limits;
  limits.max_target = 1u << 18;
  const auto content = ww::delta::Unwrap(file, base, limits);
  const bool plain = ww::delta::DetectWrapper(file) == ww::delta::Wrapper::kNone;
  if (plain && !(content && *content == file)) __builtin_trap();
  static_cast<void>(ww::delta::IsDelta(file));
  static_cast<void>(ww::delta::ReadHeader(file));
  return 0;
}
