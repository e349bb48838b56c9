// Relative jumps and calls in x86 code, found by scanning (delta-formats.md 11.9, 11.10).
#include <algorithm>

#include "pe_pipeline.h"

namespace ww::delta {
namespace {

constexpr std::uint8_t kOpJump = 0xE9;
constexpr std::uint8_t kOpShortJump = 0xEB;
constexpr std::uint8_t kOpCall = 0xE8;
constexpr std::uint8_t kOpTwoByte = 0x0F;
constexpr std::uint64_t kLongForm = 5;  // opcode byte and displacement

constexpr std::uint64_t kLockPrefixTable = 32;  // in the load configuration: VA of a list of VAs
constexpr std::uint8_t kLockPrefix = 0xF0;

bool FitsShort(std::uint32_t displacement) {
  const auto d = static_cast<std::int32_t>(displacement);
  return d >= -128 && d <= 127;
}

struct CodeRange {
  std::uint64_t begin = 0;  // file offsets
  std::uint64_t end = 0;
  std::uint32_t rva = 0;  // of begin
};

template <typename F>
void ForEachCodeRange(PeWork& work, F visit) {
  for (const auto& s : work.view.sections) {
    if ((s.characteristics & kSectionExecute) == 0) continue;
    const std::uint64_t end = std::min<std::uint64_t>(
        std::uint64_t{s.raw_offset} + std::min(s.virtual_size, s.raw_size), work.image.size());
    // Hostile headers may let many sections share the same code.
    if (end > s.raw_offset && work.Spend(end - s.raw_offset)) {
      visit(CodeRange{s.raw_offset, end, s.virtual_address});
    }
  }
}

// A place that a branch may lead to: in the image, and not known to be data.
bool BranchTarget(const PeWork& work, std::uint32_t rva) {
  if (!work.view.Reachable(rva)) return false;
  const auto at = work.view.FileOffset(rva);
  return at && !work.marks.Any(*at, 1, kMarkHandled);
}

// Rewrites the long jump whose last opcode byte is at `d`; false when it is none.
bool TransformJump(PeWork& work, const CodeRange& range, std::uint64_t d, bool conditional) {
  const auto displacement = work.Load<std::uint32_t>(d + 1);
  if (FitsShort(displacement) || work.marks.Any(d, kLongForm, kMarkHandled)) return false;
  const auto next = static_cast<std::uint32_t>(range.rva + (d - range.begin) + kLongForm);
  const std::uint32_t target = next + displacement;
  if (!BranchTarget(work, target)) return false;
  const std::uint32_t moved = work.MapRva(target) - work.MapRva(next);
  if (!FitsShort(moved)) {
    work.Store(d + 1, moved);
  } else if (!conditional) {
    work.Store(d, kOpShortJump);
    work.Store(d + 1, static_cast<std::uint8_t>(moved));
  } else if (!work.marks.Any(d - 1, 1, kMarkHandled)) {
    const auto condition = work.Load<std::uint8_t>(d) & 0x0F;
    work.Store(d - 1, static_cast<std::uint8_t>(0x70 | condition));
    work.Store(d, static_cast<std::uint8_t>(moved));
  } else {
    work.Store(d + 1, moved);
  }
  return true;
}

std::optional<std::uint64_t> FileOffsetOfVa(const PeView& view, std::uint32_t va) {
  return view.FileOffset(va - static_cast<std::uint32_t>(view.image_base));
}

// The file offset of the list of lock prefixes; the list ends with a zero.
std::optional<std::uint64_t> LockList(const PeView& view, ByteView image) {
  const PeDirectory& dir = view.directories[kDirLoadConfig];
  if (!dir.present() || dir.size < kLockPrefixTable + 4) return std::nullopt;
  const auto config = view.FileOffset(dir.rva);
  if (!config) return std::nullopt;
  const auto field = Slice(image, *config + kLockPrefixTable, 4);
  if (!field) return std::nullopt;
  const auto va = LoadLe<std::uint32_t>(field->data());
  const auto list = va == 0 ? std::nullopt : FileOffsetOfVa(view, va);
  if (!list || !Slice(image, *list, 4)) return std::nullopt;
  return LoadLe<std::uint32_t>(image.data() + *list) == 0 ? std::nullopt : list;
}

}  // namespace

bool HasI386Locks(const PeView& view, ByteView image) { return LockList(view, image).has_value(); }

void SmashI386Locks(PeWork& work) {
  auto list = LockList(work.view, work.image);
  for (std::uint64_t at = list.value_or(work.image.size()); work.Fits(at, 4); at += 4) {
    const auto va = work.Load<std::uint32_t>(at);
    if (va == 0 || !work.Spend(1)) return;
    const auto prefix = FileOffsetOfVa(work.view, va);
    if (prefix && work.Fits(*prefix, 1)) work.Store(*prefix, kLockPrefix);
  }
}

void TransformI386Jumps(PeWork& work, const PipelineVariant& variant) {
  ForEachCodeRange(work, [&](const CodeRange& range) {
    // Places from which five bytes fit, the last of them strictly before the end.
    const std::uint64_t end = range.end + (variant.jumps_to_section_end ? 1 : 0);
    for (std::uint64_t i = range.begin; i + kLongForm < end;) {
      const auto op = work.Load<std::uint8_t>(i);
      const bool conditional = op == kOpTwoByte && (work.Load<std::uint8_t>(i + 1) & 0xF0) == 0x80;
      const std::uint64_t d = conditional ? i + 1 : i;
      const bool is_jump = (conditional || op == kOpJump) && d + kLongForm < end;
      i = is_jump && TransformJump(work, range, d, conditional) ? d + kLongForm : i + 1;
    }
  });
}

void TransformI386Calls(PeWork& work) {
  ForEachCodeRange(work, [&](const CodeRange& range) {
    for (std::uint64_t i = range.begin; i + kLongForm <= range.end;) {
      if (work.Load<std::uint8_t>(i) != kOpCall || work.marks.Any(i, kLongForm, kMarkHandled)) {
        ++i;
        continue;
      }
      const auto next = static_cast<std::uint32_t>(range.rva + (i - range.begin) + kLongForm);
      const std::uint32_t target = next + work.Load<std::uint32_t>(i + 1);
      if (!BranchTarget(work, target)) {
        ++i;
        continue;
      }
      work.Store(i + 1, work.MapRva(target) - work.MapRva(next));
      i += kLongForm;
    }
  });
}

}  // namespace ww::delta
