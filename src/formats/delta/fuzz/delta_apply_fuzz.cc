// Applies what follows a source to that source: u32 size of the source, source, delta.
#include <algorithm>
#include <span>

#include "wimwright/delta/apply.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (bytes.size() < 4) return 0;
  const std::size_t split =
      std::min<std::size_t>(ww::LoadLe<std::uint32_t>(bytes.data()), bytes.size() - 4);
  // Exactly sized copies: a read past an end is seen.
  const ww::Bytes source = ww::ToBytes(bytes.subspan(4, split));
  const ww::Bytes delta = ww::ToBytes(bytes.subspan(4 + split));
  ww::delta::Limits limits;
  limits.max_target = 1u << 20;
  limits.max_rift_entries = 1u << 12;
  const auto target = ww::delta::Apply(source, delta, limits);
  if (target && target->size() > limits.max_target) __builtin_trap();
  return 0;
}
