// x64 code and its exception directory (delta-formats.md 11.11, 11.12).
#include <algorithm>

#include "amd64_length.h"
#include "pe_pipeline.h"

namespace ww::delta {
namespace {

constexpr std::uint64_t kFunctionEntry = 12;  // begin, end, unwind: RVAs
constexpr std::uint64_t kMaxInstruction = 15;
// EHANDLER, UHANDLER or CHAININFO: something follows the unwind codes.
constexpr std::uint8_t kUnwindHasMore = 0x38;

template <typename F>
void ForEachFunction(PeWork& work, F visit) {
  const PeDirectory& dir = work.view.directories[kDirException];
  if (!dir.present()) return;
  const auto first = work.view.FileOffset(dir.rva);
  if (!first) return;
  for (std::uint64_t i = 0; i < dir.size / kFunctionEntry; ++i) {
    const std::uint64_t at = *first + i * kFunctionEntry;
    if (!work.Fits(at, kFunctionEntry) || !work.Spend(1)) return;
    visit(at);
  }
}

void TransformFunction(PeWork& work, std::uint32_t begin, std::uint64_t at, std::uint64_t end) {
  std::uint64_t x = at;
  while (x < end) {
    if (work.marks.Any(x, 1, kMarkHandled | kMarkProtected)) {
      ++x;
      continue;
    }
    const std::uint64_t window = std::min(kMaxInstruction, end - x);
    const auto instruction = DecodeAmd64(ByteView(work.image).subspan(x, window));
    if (instruction.length == 0) return;
    std::uint64_t resume = x + 1;
    while (resume < x + instruction.length && !work.marks.Any(resume, 1, kMarkProtected)) ++resume;
    if (resume < x + instruction.length) {
      x = resume;
      continue;
    }
    if (instruction.relative != 0) {
      const std::uint64_t field = x + instruction.relative;
      const auto next = static_cast<std::uint32_t>(begin + (x - at) + instruction.length);
      const std::uint32_t target = next + work.Load<std::uint32_t>(field);
      work.Store(field, work.MapRva(target) - work.MapRva(next));
      work.marks.Set(field, 4, kMarkHandled);
    }
    x += instruction.length;
  }
}

void TransformHandlerSlot(PeWork& work, std::uint32_t unwind) {
  const PeDirectory& dir = work.view.directories[kDirException];
  if (unwind >= dir.rva && unwind - dir.rva < dir.size) return;
  const auto at = work.view.FileOffset(unwind);
  if (!at || !work.Fits(*at, 4)) return;
  if ((work.Load<std::uint8_t>(*at) & kUnwindHasMore) == 0) return;
  const std::uint64_t codes = work.Load<std::uint8_t>(*at + 2);
  const std::uint64_t slot = *at + 4 + 4 * ((codes + 1) / 2);
  if (work.Fits(slot, 4)) work.MapField(slot);
}

}  // namespace

void TransformAmd64Code(PeWork& work) {
  ForEachFunction(work, [&work](std::uint64_t entry) {
    const auto begin = work.Load<std::uint32_t>(entry);
    const auto end = work.Load<std::uint32_t>(entry + 4);
    if (begin == 0 || end <= begin) return;
    const auto at = work.view.FileOffset(begin);
    if (!at || *at >= work.image.size()) return;
    const std::uint64_t size = std::min<std::uint64_t>(end - begin, work.image.size() - *at);
    // Functions may overlap on purpose: each pays for all its bytes.
    if (work.Spend(16 * size)) TransformFunction(work, begin, *at, *at + size);
  });
}

void TransformAmd64Pdata(PeWork& work) {
  ForEachFunction(work, [&work](std::uint64_t entry) {
    if (const auto unwind = work.Load<std::uint32_t>(entry + 8); unwind != 0) {
      TransformHandlerSlot(work, unwind);
    }
    for (const std::uint64_t field : {0, 4, 8}) work.MapField(entry + field);
  });
}

}  // namespace ww::delta
