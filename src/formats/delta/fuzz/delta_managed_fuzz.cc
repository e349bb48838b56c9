// Normalises a hostile managed image: u8 flags, u32 size of the preprocess buffer, that buffer,
// image.
#include <algorithm>
#include <span>

#include "container.h"
#include "pe_pipeline.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (bytes.size() < 5) return 0;
  const std::size_t split =
      std::min<std::size_t>(ww::LoadLe<std::uint32_t>(bytes.data() + 1), bytes.size() - 5);
  const ww::Bytes buffer = ww::ToBytes(bytes.subspan(5, split));
  const ww::Bytes image = ww::ToBytes(bytes.subspan(5 + split));
  ww::delta::Limits limits;
  limits.max_rift_entries = 1u << 12;
  const auto preprocess = ww::delta::ReadPreprocess(buffer, limits);
  if (!preprocess) return 0;
  const auto choice = std::to_integer<unsigned>(bytes[0]);
  std::uint64_t flags = ww::delta::kFlagMark;
  flags |= (choice & 1) != 0 ? 0xC000u : 0x600000u;  // legacy or CLI4 transforms
  if ((choice & 2) != 0) flags |= 0x21FC;            // those of the tables and of x86 code
  ww::delta::PipelineVariant variant;
  variant.judged = (choice & 4) != 0;
  variant.map_calli = (choice & 8) != 0;
  variant.keep_overflowing_cells = (choice & 16) != 0;
  const auto made = ww::delta::NormaliseSource(image, *preprocess, flags, variant, limits);
  if (made && made->image.size() != image.size()) __builtin_trap();
  static_cast<void>(ww::delta::VariantsFor(image, *preprocess, flags, true));
  return 0;
}
