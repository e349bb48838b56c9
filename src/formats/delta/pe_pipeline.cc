#include "pe_pipeline.h"

#include <fmt/format.h>

#include "container.h"

namespace ww::delta {
namespace {

// Tables computed from tables that were read may be larger than those.
constexpr std::uint64_t kComputedRiftFactor = 4;

Status CheckSource(const PeView& view) {
  if (view.directories[kDirCli].present()) {
    return Fail(Code::kUnsupported, "the source is a managed (CLI) image");
  }
  if (view.machine != kMachineI386 && view.machine != kMachineAmd64) {
    return Fail(Code::kUnsupported,
                fmt::format("no transforms for images of machine {:#06x}", view.machine));
  }
  return {};
}

Result<RiftTable> CopyRiftOf(const PeView& view, const Preprocess& p, const Limits& limits) {
  const std::uint64_t cap = kComputedRiftFactor * limits.max_rift_entries;
  WW_TRY(const auto to_target_rva, Multiply(FileToRva(view), p.source_to_target, cap), "copy rift");
  WW_TRY(const auto to_target_file, Multiply(to_target_rva, p.target_layout, cap), "copy rift");
  return Reverse(to_target_file);
}

}  // namespace

RiftTable FileToRva(const PeView& view) {
  std::vector<RiftEntry> entries{{0, 0}};
  for (const auto& s : view.sections) {
    if (s.raw_offset != 0 && s.virtual_address != 0) {
      entries.push_back({s.raw_offset, s.virtual_address});
    }
  }
  return RiftTable(std::move(entries));
}

void BuildMarkerMap(PeWork& work, const RiftTable& file_to_rva) {
  const PeView& view = work.view;
  if (view.machine == kMachineI386) {
    work.marks.Set(0, work.image.size(), kMarkHandled);
    for (const auto& s : view.sections) {
      if ((s.characteristics & kSectionExecute) != 0) {
        work.marks.Clear(s.raw_offset, s.raw_size, kMarkHandled);
      }
    }
  }
  constexpr unsigned kBoth = kMarkHandled | kMarkProtected;
  work.marks.Set(0, view.size_of_headers, kBoth);
  const RiftTable rva_to_file = Reverse(file_to_rva);
  for (const auto& d : view.directories) {
    if (!d.present()) continue;
    const std::int64_t at = rva_to_file.Map(d.rva);
    if (at >= 0) work.marks.Set(static_cast<std::uint64_t>(at), d.size, kBoth);
  }
}

Result<NormalisedSource> NormaliseSource(ByteView source, const Preprocess& preprocess,
                                         std::uint64_t flags, const PipelineVariant& variant,
                                         const Limits& limits) {
  WW_TRY(const auto view, PeView::Parse(source), "source of a PE delta");
  WW_RETURN_IF_ERROR(CheckSource(view));
  const bool x86 = view.machine == kMachineI386;
  const auto has = [flags](std::uint64_t flag) { return (flags & flag) != 0; };

  NormalisedSource result;
  WW_TRY(result.copy_rift, CopyRiftOf(view, preprocess, limits), "source of a PE delta");
  result.image = ToBytes(source);
  PeWork work(view, result.image, preprocess.source_to_target, preprocess.image_base);

  if (work.Fits(view.checksum_at, 4)) work.Store<std::uint32_t>(view.checksum_at, 0);
  if (has(kFlagUnbind)) Unbind(work);
  work.Store(view.time_stamp_at, preprocess.time_stamp);
  if (has(kFlagMark)) BuildMarkerMap(work, FileToRva(view));
  if (has(kFlagImports)) TransformImports(work);
  if (has(kFlagExports)) TransformExports(work);
  if (has(kFlagResources)) TransformResources(work);
  if (has(kFlagRelocs)) TransformRelocations(work, variant);
  if (x86 && has(kFlagI386Jumps)) TransformI386Jumps(work, variant);
  if (x86 && has(kFlagI386Calls)) TransformI386Calls(work);
  if (!x86 && has(kFlagAmd64Disasm)) TransformAmd64Code(work);
  if (!x86 && has(kFlagAmd64Pdata)) TransformAmd64Pdata(work);
  if (view.plus) {
    work.Store<std::uint64_t>(view.image_base_at, preprocess.image_base);
  } else {
    work.Store<std::uint32_t>(view.image_base_at,
                              static_cast<std::uint32_t>(preprocess.image_base));
  }
  if (work.exhausted) {
    return Fail(Code::kLimit, "source of a PE delta: its structures overlap beyond reason");
  }
  return result;
}

}  // namespace ww::delta
