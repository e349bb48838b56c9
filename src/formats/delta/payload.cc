#include "payload.h"

#include <fmt/format.h>

#include "bsdiff.h"
#include "compression_container.h"
#include "pseudolzx.h"

namespace ww::delta {
namespace {

Result<Payload> DecodeContainer(ByteView source, const Container& c, const Limits& limits) {
  const std::uint64_t target_size = c.header.target_size;
  WW_TRY(const auto container, ParseCompressionContainer(c.patch), "payload");
  if (container.codec != ContainerCodec::kLzms) {
    return Fail(Code::kUnsupported, "payload: XPRESS where LZMS belongs");
  }
  // Said before anything is expanded: a payload of any other size can be nothing.
  if (!IsDiffProgramSize(container.plain_size, target_size)) {
    return Fail(Code::kCorrupt,
                fmt::format("payload of {} bytes is neither the target of {} nor a diff program",
                            container.plain_size, target_size));
  }
  if (container.plain_size - target_size > limits.max_target) {
    return Fail(Code::kLimit, "payload: diff program with too many steps");
  }
  WW_TRY(auto plain, Expand(container), "payload");
  if (plain.size() == target_size) return Payload{PayloadKind::kTarget, std::move(plain)};
  WW_TRY(auto target, RunDiffProgram(source, plain, target_size), "payload");
  return Payload{PayloadKind::kDiffProgram, std::move(target)};
}

Status CheckStructure(const Header& header, const PatchResult& patch) {
  if (header.hash_algorithm != kHashNone) return {};
  if (patch.bits_left != 0) return Fail(Code::kCorrupt, "patch: bits remain after the target");
  if (!patch.starts_at_source_end) {
    return Fail(Code::kVerificationFailed, "the delta was made for a source of another length");
  }
  return {};
}

}  // namespace

bool HoldsTarget(const Container& c) {
  if (!IsCompressionContainer(c.patch)) return false;
  const auto container = ParseCompressionContainer(c.patch);
  return container && container->plain_size == c.header.target_size;
}

Result<Payload> DecodePayload(ByteView source, const Container& c, const RiftTable& copy_rift,
                              const Limits& limits) {
  if (IsCompressionContainer(c.patch)) return DecodeContainer(source, c, limits);
  WW_TRY(auto patch, DecodePatch(source, c.patch, c.header.target_size, copy_rift, limits),
         "payload");
  WW_RETURN_IF_ERROR(CheckStructure(c.header, patch));
  return Payload{PayloadKind::kPatch, std::move(patch.target)};
}

}  // namespace ww::delta
