#include "finish.h"

#include "e8_pass.h"
#include "pe_restore.h"
#include "pe_view.h"

namespace ww::delta {
namespace {

// How many bytes before the end the E8 pass stops; nothing: it does not run.
using E8Reading = std::optional<std::uint64_t>;

std::vector<E8Reading> E8Readings(const Header& header, ByteView decoded) {
  if ((header.flags & kFlagE8) == 0) return {std::nullopt};
  if (WantsE8Pass(decoded)) return {kE8Tail, kE8OtherTail, std::nullopt};
  return {std::nullopt, kE8Tail};
}

struct SourceFacts {
  std::uint32_t time_stamp = 0;
  bool has_checksum = false;
};

SourceFacts FactsOf(ByteView source) {
  const auto view = PeView::Parse(source);
  if (!view) return {};
  return {LoadLe<std::uint32_t>(source.data() + view->time_stamp_at),
          LoadLe<std::uint32_t>(source.data() + view->checksum_at) != 0};
}

void Restore(MutableByteView target, PayloadKind kind, ByteView source,
             const Preprocess& preprocess) {
  const SourceFacts facts = FactsOf(source);
  if (kind == PayloadKind::kDiffProgram) {
    RestoreAfterDiff(target, preprocess, facts.has_checksum);
  } else {
    RestoreTimeStamps(target, facts.time_stamp, preprocess.time_stamp);
  }
}

}  // namespace

std::optional<Bytes> FinishTarget(const Header& header, ByteView source,
                                  const std::optional<Preprocess>& preprocess, Payload payload) {
  const bool may_restore = preprocess && payload.kind != PayloadKind::kPatch;
  const auto e8_readings = E8Readings(header, payload.target);
  const bool alone =
      header.hash_algorithm == kHashNone || (e8_readings.size() == 1 && !may_restore);
  for (const auto& e8 : e8_readings) {
    for (const bool restore : {true, false}) {
      if (restore && !may_restore) continue;
      Bytes target = alone ? std::move(payload.target) : payload.target;
      if (e8) ApplyE8Pass(target, *e8);
      if (restore) Restore(target, payload.kind, source, *preprocess);
      if (ComputeHash(header.hash_algorithm, target) == header.target_hash) return target;
    }
  }
  return std::nullopt;
}

}  // namespace ww::delta
