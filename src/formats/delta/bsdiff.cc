#include "bsdiff.h"

#include <algorithm>

#include "rift.h"

namespace ww::delta {
namespace {

constexpr std::uint64_t kStepHeader = 24;
constexpr std::uint64_t kSign = 1ull << 63;

// Sign and magnitude, not two's complement.
std::int64_t SignedMagnitude(std::uint64_t raw) {
  const auto magnitude = static_cast<std::int64_t>(raw & ~kSign);
  return (raw & kSign) != 0 ? -magnitude : magnitude;
}

struct Step {
  std::uint64_t add = 0;
  std::uint64_t insert = 0;
  std::int64_t seek = 0;
};

Result<Step> ReadStep(ByteReader& in) {
  WW_TRY(const auto add, in.Le<std::uint64_t>(), "step");
  WW_TRY(const auto insert, in.Le<std::uint64_t>(), "step");
  WW_TRY(const auto seek, in.Le<std::uint64_t>(), "step");
  if (SignedMagnitude(add) < 0 || SignedMagnitude(insert) < 0) {
    return Fail(Code::kCorrupt, "step of a negative length");
  }
  return Step{add & ~kSign, insert & ~kSign, SignedMagnitude(seek)};
}

// target += the source's bytes from `at` on; beyond the source's ends there are zeros.
void AddSource(MutableByteView target, ByteView source, std::int64_t at) {
  std::uint64_t skip = 0;  // bytes of the target before the source begins
  if (at < 0) {
    skip = std::min<std::uint64_t>(0 - static_cast<std::uint64_t>(at), target.size());
    at = 0;
  }
  const auto from = static_cast<std::uint64_t>(at);
  if (skip == target.size() || from >= source.size()) return;
  const std::uint64_t count = std::min<std::uint64_t>(target.size() - skip, source.size() - from);
  const std::byte* in = source.data() + from;
  std::byte* out = target.data() + skip;
  for (std::uint64_t i = 0; i < count; ++i) {
    out[i] = static_cast<std::byte>(std::to_integer<unsigned>(out[i]) +
                                    std::to_integer<unsigned>(in[i]));
  }
}

}  // namespace

bool IsDiffProgramSize(std::uint64_t program_size, std::uint64_t target_size) {
  return program_size >= target_size && (program_size - target_size) % kStepHeader == 0;
}

Result<Bytes> RunDiffProgram(ByteView source, ByteView program, std::uint64_t target_size) {
  Bytes target;
  // Never more than the program itself: whatever the target holds was in it.
  target.reserve(std::min<std::uint64_t>(target_size, program.size()));
  ByteReader in(program);
  std::int64_t at = 0;  // in the source; may leave it
  while (!in.at_end()) {
    WW_TRY(const auto step, ReadStep(in), "diff program");
    const std::uint64_t room = target_size - target.size();
    if (step.add > room || step.insert > room - step.add) {
      return Fail(Code::kCorrupt, "diff program: step beyond the end of the target");
    }
    WW_TRY(const auto differences, in.Take(step.add), "diff program");
    const std::size_t old = target.size();
    Append(target, differences);
    AddSource(MutableByteView(target).subspan(old), source, at);
    WW_TRY(const auto inserted, in.Take(step.insert), "diff program");
    Append(target, inserted);
    at = WrapAdd(WrapAdd(at, static_cast<std::int64_t>(step.add)), step.seek);
  }
  if (target.size() != target_size) {
    return Fail(Code::kCorrupt, "diff program: ends before the target does");
  }
  return target;
}

}  // namespace ww::delta
