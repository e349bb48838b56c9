// The normalisation of a native image before a delta is applied to it (delta-formats.md 11).
#pragma once

#include "marker_map.h"
#include "pe_view.h"
#include "preprocess.h"

namespace ww::delta {

// Points where the public knowledge leaves two readings (delta-formats.md 21). The defaults fit
// every genuine vector; the others are tried when a target hash says that the defaults did not fit.
struct PipelineVariant {
  // A target hash will tell whether the result is right. Without one, what we are not sure to
  // understand is refused.
  bool judged = false;
  bool scan_without_relocations =
      true;                             // x86 without relocation directory: find addresses by value
  bool jumps_to_section_end = false;    // the jump scan may use the section's last byte
  bool smash_locks = false;             // x86: lock prefixes of the load configuration become F0
  bool other_generic_param = false;     // managed: the schema that the flags do not ask for
  bool keep_overflowing_cells = false;  // managed: a row number that needs more than 16 bits stays
  bool map_calli = false;               // managed: the operand of calli is a token like others
};

struct NormalisedSource {
  Bytes image;          // as long as the source
  RiftTable copy_rift;  // target file offset -> source file offset
};

// The source of a delta with a preprocess buffer. kUnsupported names a transform that the flags ask
// for and nobody has described (ARM, ARM64, IA64 code); kCorrupt when the source is no PE image at
// all. Structures inside the image that lead out of it are skipped, as the Windows code does.
Result<NormalisedSource> NormaliseSource(ByteView source, const Preprocess& preprocess,
                                         std::uint64_t flags, const PipelineVariant& variant,
                                         const Limits& limits);

// What the transforms share. Facts in `view` are those of the untouched source.
struct PeWork {
  PeWork(const PeView& source_view, Bytes& bytes, const RiftTable& source_to_target,
         std::uint64_t target_base)
      : view(source_view),
        image(bytes),
        marks(bytes.size()),
        rift(source_to_target),
        old_base(source_view.image_base),
        new_base(target_base),
        budget(64 * static_cast<std::uint64_t>(bytes.size()) + (1u << 20)) {}

  const PeView& view;
  Bytes& image;
  MarkerMap marks;
  RiftCursor rift;
  std::uint64_t old_base;
  std::uint64_t new_base;
  std::uint64_t budget;  // primitive steps left: structures of hostile images overlap on purpose

  bool Fits(std::uint64_t offset, std::uint64_t size) const {
    return offset <= image.size() && size <= image.size() - offset;
  }
  template <typename T>
  T Load(std::uint64_t offset) const {
    return LoadLe<T>(image.data() + offset);
  }
  template <typename T>
  void Store(std::uint64_t offset, T value) {
    StoreLe<T>(image.data() + offset, value);
  }
  // False, and for good, once the budget is spent.
  bool Spend(std::uint64_t steps) {
    if (steps > budget) {
      budget = 0;
      exhausted = true;
    } else {
      budget -= steps;
    }
    return !exhausted;
  }
  bool exhausted = false;

  std::uint32_t MapRva(std::uint32_t rva) { return static_cast<std::uint32_t>(rift.Map(rva)); }
  // An absolute address of the source becomes one of the target.
  std::uint32_t MapVa32(std::uint32_t va) {
    return static_cast<std::uint32_t>(new_base) + MapRva(va - static_cast<std::uint32_t>(old_base));
  }
  std::uint64_t MapVa64(std::uint64_t va) {
    return new_base +
           static_cast<std::uint64_t>(rift.Map(static_cast<std::int64_t>(va - old_base)));
  }
  // Maps the RVA stored at `offset`, which has to fit; zero means "nothing" and stays. Marks the
  // field.
  void MapField(std::uint64_t offset) {
    if (const auto rva = Load<std::uint32_t>(offset); rva != 0) Store(offset, MapRva(rva));
    marks.Set(offset, 4, kMarkHandled);
  }
};

// In the order in which they run. Each does nothing when the image lacks what it works on.
void Unbind(PeWork& work);                                                // pe_imports.cc
void BuildMarkerMap(PeWork& work, const RiftTable& file_to_rva);          // pe_pipeline.cc
bool HasI386Locks(const PeView& view, ByteView image);                    // pe_i386.cc
void SmashI386Locks(PeWork& work);                                        // pe_i386.cc
void TransformImports(PeWork& work);                                      // pe_imports.cc
void TransformExports(PeWork& work);                                      // pe_tables.cc
void TransformResources(PeWork& work);                                    // pe_tables.cc
void TransformRelocations(PeWork& work, const PipelineVariant& variant);  // pe_relocations.cc
void TransformI386Jumps(PeWork& work, const PipelineVariant& variant);    // pe_i386.cc
void TransformI386Calls(PeWork& work);                                    // pe_i386.cc
void TransformAmd64Code(PeWork& work);                                    // pe_amd64.cc
void TransformAmd64Pdata(PeWork& work);                                   // pe_amd64.cc

// Which readings of the rules that are in doubt could make a difference for this source. The first
// is the default alone.
std::vector<PipelineVariant> VariantsFor(ByteView source, const Preprocess& preprocess,
                                         std::uint64_t flags, bool judged);

// F of delta-formats.md 11.2: source file offset -> source RVA.
RiftTable FileToRva(const PeView& view);

}  // namespace ww::delta
