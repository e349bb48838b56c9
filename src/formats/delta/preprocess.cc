#include "preprocess.h"

namespace ww::delta {
Result<Preprocess> ReadPreprocess(ByteView buffer, const Limits& limits) {
  WW_TRY(auto in, BitReader::Open(buffer), "preprocess buffer");
  Preprocess p;
  p.image_base = in.Bits(64);
  p.global_pointer = static_cast<std::uint32_t>(in.Bits(32));
  p.time_stamp = static_cast<std::uint32_t>(in.Bits(32));
  WW_TRY(p.target_layout, ReadRift(in, limits.max_rift_entries), "preprocess buffer");
  if (in.Bit()) {
    WW_TRY(p.target_cli, ReadCliMetadata(in), "preprocess buffer");
  }
  WW_TRY(p.source_to_target, ReadRift(in, limits.max_rift_entries), "preprocess buffer");
  if (in.Bit()) {
    WW_TRY(p.cli_map, ReadCliMap(in, limits), "preprocess buffer");
  }
  WW_RETURN_IF_ERROR(in.Check("preprocess buffer"));
  if (in.bits_left() != 0) return Fail(Code::kCorrupt, "preprocess buffer: bits remain");
  return p;
}

}  // namespace ww::delta
