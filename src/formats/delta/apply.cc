#include "wimwright/delta/apply.h"

#include <fmt/format.h>

#include "container.h"
#include "finish.h"
#include "payload.h"
#include "pe_pipeline.h"
#include "reversal.h"
#include "wimwright/base/text.h"

namespace ww::delta {
namespace {

Status CheckLimits(ByteView source, const Header& header, const Limits& limits) {
  if (source.size() > limits.max_source) {
    return Fail(Code::kLimit, fmt::format("source of {} bytes, allowed are {}", source.size(),
                                          limits.max_source));
  }
  if (header.target_size > limits.max_target) {
    return Fail(Code::kLimit, fmt::format("target of {} bytes, allowed are {}", header.target_size,
                                          limits.max_target));
  }
  return {};
}

// Everything that we know we cannot do is refused before any decoding. What depends on the source's
// machine is refused by the pipeline.
Status CheckSupported(const Container& c) {
  const Header& h = c.header;
  if ((h.flags & ~kKnownFlags) != 0) {
    return Fail(Code::kUnsupported, fmt::format("unknown flags {:#x}", h.flags & ~kKnownFlags));
  }
  switch (h.file_type) {
    case kFileTypeRaw:
    case kFileTypeI386:
    case kFileTypeIa64:
    case kFileTypeAmd64:
    case kFileTypeCli4I386:
    case kFileTypeCli4Amd64:
    case kFileTypeCli4Arm:
    case kFileTypeCli4Arm64:
      break;
    default:
      return Fail(Code::kUnsupported, fmt::format("file type {:#x} is not known", h.file_type));
  }
  return CheckHashAlgorithm(h.hash_algorithm);
}

// PA31 tells the source's hash: a wrong source is known before anything is decoded.
Status CheckSource(const Header& header, ByteView source) {
  if (header.source_hash.empty()) return {};
  if (ComputeHash(header.hash_algorithm, source) == header.source_hash) return {};
  return Fail(Code::kVerificationFailed,
              fmt::format("the source is not the one the delta was made for: its hash is not {}",
                          ToHex(header.source_hash)));
}

Error WrongTarget(const Header& header) {
  return {Code::kVerificationFailed,
          fmt::format("the target's hash is not {}: wrong source, or a rule of the format that is "
                      "not known here",
                      ToHex(header.target_hash)),
          {},
          0};
}

// One reading of the format from the source to the finished target; nothing when its hash differs.
Result<std::optional<Bytes>> TryVariant(ByteView source, const Container& c, const Limits& limits,
                                        const std::optional<Preprocess>& preprocess,
                                        const PipelineVariant& variant) {
  NormalisedSource normalised;
  ByteView used = source;
  if (preprocess) {
    WW_TRY(normalised, NormaliseSource(source, *preprocess, c.header.flags, variant, limits),
           "delta");
    used = normalised.image;
  }
  WW_TRY(auto payload, DecodePayload(used, c, normalised.copy_rift, limits), "delta");
  return FinishTarget(c.header, source, preprocess, std::move(payload));
}

// Neither transforms nor passes belong to this direction.
Result<Bytes> Revert(ByteView source, const Container& c, const Limits& limits) {
  WW_TRY(auto target, ApplyReversal(source, c.patch, c.header.target_size, limits),
         "applying a reverse delta");
  if (ComputeHash(c.header.hash_algorithm, target) == c.header.target_hash) return target;
  return Fail(WrongTarget(c.header).Within("applying a reverse delta"));
}

}  // namespace

Result<Bytes> Apply(ByteView source, ByteView delta, const Limits& limits) {
  WW_TRY(const auto c, ParseContainer(delta, limits), "applying a delta");
  WW_TRY_STATUS(CheckLimits(source, c.header, limits), "applying a delta");
  WW_TRY_STATUS(CheckSupported(c), "applying a delta");
  WW_TRY_STATUS(CheckSource(c.header, source), "applying a delta");
  if (c.reversal) return Revert(source, c, limits);
  std::optional<Preprocess> preprocess;
  if (c.header.file_type != kFileTypeRaw && !c.preprocess.empty()) {
    WW_TRY(preprocess, ReadPreprocess(c.preprocess, limits), "applying a delta");
  }
  // A payload that is the target asks nothing of the source, whatever its machine.
  if (HoldsTarget(c)) {
    WW_TRY(auto payload, DecodePayload({}, c, {}, limits), "applying a delta");
    auto target = FinishTarget(c.header, source, preprocess, std::move(payload));
    if (target) return std::move(*target);
    return Fail(WrongTarget(c.header).Within("applying a delta"));
  }
  const bool judged = c.header.hash_algorithm != kHashNone;
  // Patches decode to the same length whatever the bytes of the source, so a reading that does not
  // fit shows in the hash alone; an error of the first reading is an error of the delta.
  const auto variants = preprocess ? VariantsFor(source, *preprocess, c.header.flags, judged)
                                   : std::vector<PipelineVariant>(1);
  for (const auto& variant : variants) {
    WW_TRY(auto target, TryVariant(source, c, limits, preprocess, variant), "applying a delta");
    if (target) return std::move(*target);
  }
  return Fail(WrongTarget(c.header).Within("applying a delta"));
}

}  // namespace ww::delta
