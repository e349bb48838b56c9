#include "wimwright/delta/apply.h"

#include <fmt/format.h>

#include <bit>
#include <optional>

#include "container.h"
#include "e8_pass.h"
#include "pe_pipeline.h"
#include "pseudolzx.h"
#include "wimwright/base/text.h"

namespace ww::delta {
namespace {

constexpr std::uint32_t kLzmsContainer = 0xC0E5510A;

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

// Everything that we know we cannot do is refused before any decoding.
Status CheckSupported(const Container& c) {
  const Header& h = c.header;
  if (h.magic != "PA30") return Fail(Code::kUnsupported, h.magic + " deltas are not supported");
  if ((h.flags & ~kKnownFlags) != 0) {
    return Fail(Code::kUnsupported, fmt::format("unknown flags {:#x}", h.flags & ~kKnownFlags));
  }
  const bool native = h.file_type == kFileTypeI386 || h.file_type == kFileTypeAmd64;
  if (h.file_type != kFileTypeRaw && !native) {
    return Fail(Code::kUnsupported, fmt::format("file type {:#x} is not supported", h.file_type));
  }
  if (c.patch.size() >= 4 && LoadLe<std::uint32_t>(c.patch.data()) == kLzmsContainer) {
    return Fail(Code::kUnsupported, "LZMS (bsdiff) payload is not supported");
  }
  return CheckHashAlgorithm(h.hash_algorithm);
}

bool HashMatches(const Header& header, ByteView target) {
  return ComputeHash(header.hash_algorithm, target) == header.target_hash;
}

// The readings of the E8 flag, the documented one first.
std::optional<Bytes> FinishTarget(const Header& header, Bytes decoded) {
  if ((header.flags & kFlagE8) == 0) {
    if (!HashMatches(header, decoded)) return std::nullopt;
    return decoded;
  }
  const bool wanted = WantsE8Pass(decoded);
  Bytes passed = decoded;
  if (wanted) ApplyE8Pass(passed, kE8Tail);
  if (HashMatches(header, passed)) return passed;
  passed = decoded;
  ApplyE8Pass(passed, wanted ? kE8OtherTail : kE8Tail);
  if (HashMatches(header, passed)) return passed;
  if (wanted && HashMatches(header, decoded)) return decoded;
  return std::nullopt;
}

// Without a hash the structure has to be perfect: it catches truncation and a source of another
// length.
Status CheckStructure(const Header& header, const PatchResult& patch) {
  if (header.hash_algorithm != kHashNone) return {};
  if (patch.bits_left != 0) return Fail(Code::kCorrupt, "patch: bits remain after the target");
  if (!patch.starts_at_source_end) {
    return Fail(Code::kVerificationFailed, "the delta was made for a source of another length");
  }
  return {};
}

// One reading of the format from the source to the finished target; nothing when its hash differs.
Result<std::optional<Bytes>> TryVariant(ByteView source, const Container& c, const Limits& limits,
                                        const std::optional<Preprocess>& preprocess,
                                        const PipelineVariant& variant) {
  NormalisedSource normalised;
  if (preprocess) {
    WW_TRY(normalised, NormaliseSource(source, *preprocess, c.header.flags, variant, limits),
           "delta");
    source = normalised.image;
  }
  WW_TRY(auto patch,
         DecodePatch(source, c.patch, c.header.target_size, normalised.copy_rift, limits), "delta");
  WW_TRY_STATUS(CheckStructure(c.header, patch), "delta");
  return FinishTarget(c.header, std::move(patch.target));
}

// The readings that can differ for this delta; the first is the one that fits all genuine vectors.
std::vector<PipelineVariant> VariantsFor(const Container& c, bool pipeline) {
  std::vector<PipelineVariant> variants{PipelineVariant{}};
  if (!pipeline || c.header.hash_algorithm == kHashNone) return variants;
  if (c.header.file_type != kFileTypeI386) return variants;
  if ((c.header.flags & kFlagRelocs) != 0) {
    variants.emplace_back().scan_without_relocations = false;
  }
  if ((c.header.flags & kFlagI386Jumps) != 0) {
    variants.emplace_back().jumps_to_section_end = true;
  }
  return variants;
}

}  // namespace

Result<Bytes> Apply(ByteView source, ByteView delta, const Limits& limits) {
  WW_TRY(const auto c, ParseContainer(delta, limits), "applying a delta");
  WW_TRY_STATUS(CheckLimits(source, c.header, limits), "applying a delta");
  WW_TRY_STATUS(CheckSupported(c), "applying a delta");
  std::optional<Preprocess> preprocess;
  if (c.header.file_type != kFileTypeRaw && !c.preprocess.empty()) {
    WW_TRY(preprocess, ReadPreprocess(c.preprocess, limits), "applying a delta");
  }
  // Patches decode to the same length whatever the bytes of the source, so a reading that does not
  // fit shows in the hash alone; an error of the first reading is an error of the delta.
  for (const auto& variant : VariantsFor(c, preprocess.has_value())) {
    WW_TRY(auto target, TryVariant(source, c, limits, preprocess, variant), "applying a delta");
    if (target) return std::move(*target);
  }
  return Fail(
      Code::kVerificationFailed,
      fmt::format("applying a delta: the target's hash is not {}: wrong source, or a rule of "
                  "the format that is not known here",
                  ToHex(c.header.target_hash)));
}

}  // namespace ww::delta
