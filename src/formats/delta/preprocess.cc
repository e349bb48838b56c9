#include "preprocess.h"

namespace ww::delta {
namespace {

Status RefuseManaged(BitReader& in) {
  const bool managed = in.Bit();
  WW_RETURN_IF_ERROR(in.Check("preprocess buffer"));
  if (!managed) return {};
  return Fail(Code::kUnsupported, "the delta transforms a managed (CLI) image");
}

}  // namespace

Result<Preprocess> ReadPreprocess(ByteView buffer, const Limits& limits) {
  WW_TRY(auto in, BitReader::Open(buffer), "preprocess buffer");
  Preprocess p;
  p.image_base = in.Bits(64);
  in.Bits(32);  // GlobalPointer: 0 in all vectors, no known effect
  p.time_stamp = static_cast<std::uint32_t>(in.Bits(32));
  WW_TRY(p.target_layout, ReadRift(in, limits.max_rift_entries), "preprocess buffer");
  WW_RETURN_IF_ERROR(RefuseManaged(in));
  WW_TRY(p.source_to_target, ReadRift(in, limits.max_rift_entries), "preprocess buffer");
  WW_RETURN_IF_ERROR(RefuseManaged(in));
  if (in.bits_left() != 0) return Fail(Code::kCorrupt, "preprocess buffer: bits remain");
  return p;
}

}  // namespace ww::delta
