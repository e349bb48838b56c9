#include "pe_pipeline.h"

#include <fmt/format.h>

#include <optional>

#include "cli_rift.h"
#include "cli_transform.h"
#include "container.h"

namespace ww::delta {
namespace {

// Tables computed from tables that were read may be larger than those.
constexpr std::uint64_t kComputedRiftFactor = 4;

struct MachineRule {
  std::uint16_t machine;
  std::uint64_t flags;
  const char* name;
};
// Transforms that no public source describes (delta-formats.md 11.15).
constexpr MachineRule kUndescribed[] = {
    {kMachineArm64, kFlagArm64Disasm | kFlagArm64Pdata, "ARM64"},
    {kMachineArm, kFlagArmDisasm | kFlagArmPdata, "ARM"},
    {kMachineIa64, kFlagIa64Disasm | kFlagIa64Pdata, "IA64"},
};

Status CheckMachine(const PeView& view, std::uint64_t flags, bool judged) {
  for (const auto& rule : kUndescribed) {
    if (view.machine == rule.machine && (flags & rule.flags) != 0) {
      return Fail(Code::kUnsupported,
                  fmt::format("the delta transforms {} code (flags {:#x}), which is not supported",
                              rule.name, flags & rule.flags));
    }
  }
  if (judged || view.machine == kMachineI386 || view.machine == kMachineAmd64) return {};
  return Fail(Code::kUnsupported,
              fmt::format("a source of machine {:#06x} and no target hash to judge the result by",
                          view.machine));
}

constexpr std::uint64_t kCli4Flags = kFlagCli4Metadata | kFlagCli4Disasm;
constexpr std::uint64_t kCliFlags = kFlagCliMetadata | kFlagCliDisasm | kCli4Flags;

// The managed side of one source: absent for native images, when the flags do not ask for it, and
// when the metadata do not hold under the schema of the flags, which the library too takes for a
// native image.
Result<std::optional<CliLayout>> ManagedSource(const PeView& view, ByteView source,
                                               std::uint64_t flags,
                                               const PipelineVariant& variant) {
  if (!IsManaged(view) || (flags & kCliFlags) == 0) return std::optional<CliLayout>();
  const bool legacy = ((flags & kCli4Flags) == 0) != variant.other_generic_param;
  auto layout = ReadSourceCli(view, source, legacy);
  if (layout) return std::optional<CliLayout>(std::move(*layout));
  if (variant.judged || (legacy && ReadSourceCli(view, source, false))) {
    return std::optional<CliLayout>();
  }
  return Fail(layout.error());
}

Result<RiftTable> CopyRiftOf(const PeView& view, const Preprocess& p, const Limits& limits) {
  const std::uint64_t cap = kComputedRiftFactor * limits.max_rift_entries;
  WW_TRY(const auto to_target_rva, Multiply(FileToRva(view), p.source_to_target, cap), "copy rift");
  WW_TRY(const auto to_target_file, Multiply(to_target_rva, p.target_layout, cap), "copy rift");
  return Reverse(to_target_file);
}

// Of equal places the pair added last holds: those of the metadata stand behind those of the image.
Status AddCliCopyRift(const CliLayout& managed, const Preprocess& p, const Limits& limits,
                      NormalisedSource& result) {
  CliLayout target = *p.target_cli;
  target.legacy_generic_param = managed.legacy_generic_param;
  target.Derive();
  WW_TRY(const auto pairs,
         CliCopyRift(managed, target, p.cli_map, result.image,
                     kComputedRiftFactor * limits.max_rift_entries),
         "copy rift");
  auto all = result.copy_rift.entries();
  all.insert(all.end(), pairs.begin(), pairs.end());
  result.copy_rift = RiftTable(std::move(all));
  return {};
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

std::vector<PipelineVariant> VariantsFor(ByteView source, const Preprocess& preprocess,
                                         std::uint64_t flags, bool judged) {
  PipelineVariant standard;
  standard.judged = judged;
  std::vector<PipelineVariant> variants{standard};
  const auto view = PeView::Parse(source);
  if (!judged || !view) return variants;
  const auto add = [&](bool PipelineVariant::*field) {
    variants.push_back(standard);
    variants.back().*field = !(standard.*field);
  };
  const auto has = [flags](std::uint64_t flag) { return (flags & flag) != 0; };
  if (view->machine == kMachineI386) {
    if (has(kFlagRelocs) && !view->directories[kDirRelocation].present()) {
      add(&PipelineVariant::scan_without_relocations);
    }
    if (has(kFlagI386Jumps)) add(&PipelineVariant::jumps_to_section_end);
    if (has(kFlagI386Locks) && HasI386Locks(*view, source)) add(&PipelineVariant::smash_locks);
  }
  const auto managed = ManagedSource(*view, source, flags, standard);
  if (IsManaged(*view) && has(kCliFlags)) {
    const bool plain = !managed || !*managed;
    if (plain || (*managed)->Has(kCliGenericParam)) add(&PipelineVariant::other_generic_param);
    if (!plain && !preprocess.cli_map.empty()) {
      add(&PipelineVariant::keep_overflowing_cells);
      add(&PipelineVariant::map_calli);
    }
  }
  return variants;
}

Result<NormalisedSource> NormaliseSource(ByteView source, const Preprocess& preprocess,
                                         std::uint64_t flags, const PipelineVariant& variant,
                                         const Limits& limits) {
  WW_TRY(const auto view, PeView::Parse(source), "source of a PE delta");
  WW_RETURN_IF_ERROR(CheckMachine(view, flags, variant.judged));
  const bool x86 = view.machine == kMachineI386;
  const bool x64 = view.machine == kMachineAmd64;
  WW_TRY(const auto managed, ManagedSource(view, source, flags, variant), "source of a PE delta");
  const auto has = [flags](std::uint64_t flag) { return (flags & flag) != 0; };

  NormalisedSource result;
  WW_TRY(result.copy_rift, CopyRiftOf(view, preprocess, limits), "source of a PE delta");
  result.image = ToBytes(source);
  PeWork work(view, result.image, preprocess.source_to_target, preprocess.image_base);

  if (work.Fits(view.checksum_at, 4)) work.Store<std::uint32_t>(view.checksum_at, 0);
  if (has(kFlagUnbind)) Unbind(work);
  work.Store(view.time_stamp_at, preprocess.time_stamp);
  if (has(kFlagMark)) {
    BuildMarkerMap(work, FileToRva(view));
    if (managed) MarkCliMethods(work, source, *managed);
  }
  if (x86 && has(kFlagI386Locks) && variant.smash_locks) SmashI386Locks(work);
  if (has(kFlagImports)) TransformImports(work);
  if (has(kFlagExports)) TransformExports(work);
  if (has(kFlagResources)) TransformResources(work);
  if (has(kFlagRelocs)) TransformRelocations(work, variant);
  if (x86 && has(kFlagI386Jumps)) TransformI386Jumps(work, variant);
  if (x86 && has(kFlagI386Calls)) TransformI386Calls(work);
  if (x64 && has(kFlagAmd64Disasm)) TransformAmd64Code(work);
  if (x64 && has(kFlagAmd64Pdata)) TransformAmd64Pdata(work);
  if (view.plus) {
    work.Store<std::uint64_t>(view.image_base_at, preprocess.image_base);
  } else {
    work.Store<std::uint32_t>(view.image_base_at,
                              static_cast<std::uint32_t>(preprocess.image_base));
  }
  if (managed && has(kFlagCliDisasm | kFlagCli4Disasm)) {
    TransformCliCode(work, source, *managed, preprocess.cli_map, variant);
  }
  if (managed && has(kFlagCliMetadata | kFlagCli4Metadata)) {
    TransformCliTables(work, *managed, preprocess.cli_map, variant);
  }
  if (work.exhausted) {
    return Fail(Code::kLimit, "source of a PE delta: its structures overlap beyond reason");
  }
  if (managed && preprocess.target_cli) {
    WW_TRY_STATUS(AddCliCopyRift(*managed, preprocess, limits, result), "source of a PE delta");
  }
  return result;
}

}  // namespace ww::delta
