// The normalisation of a native image before a delta is applied to it (delta-formats.md 11).
#pragma once

#include "marker_map.h"
#include "pe_view.h"
#include "preprocess.h"

namespace ww::delta {

// Points where the public knowledge leaves two readings (delta-formats.md 21). The defaults fit
// every genuine vector; the others are tried when a target hash says that the defaults did not fit.
struct PipelineVariant {
  bool scan_without_relocations =
      true;                           // x86 without relocation directory: find addresses by value
  bool jumps_to_section_end = false;  // the jump scan may use the section's last byte
};

struct NormalisedSource {
  Bytes image;          // as long as the source
  RiftTable copy_rift;  // target file offset -> source file offset
};

// The source of a delta with a preprocess buffer. kUnsupported for managed images and machines
// other than x86 and x64; kCorrupt when the source is no PE image at all. Structures inside the
// image that lead out of it are skipped, as the Windows code does.
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
void TransformImports(PeWork& work);                                      // pe_imports.cc
void TransformExports(PeWork& work);                                      // pe_tables.cc
void TransformResources(PeWork& work);                                    // pe_tables.cc
void TransformRelocations(PeWork& work, const PipelineVariant& variant);  // pe_relocations.cc
void TransformI386Jumps(PeWork& work, const PipelineVariant& variant);    // pe_i386.cc
void TransformI386Calls(PeWork& work);                                    // pe_i386.cc
void TransformAmd64Code(PeWork& work);                                    // pe_amd64.cc
void TransformAmd64Pdata(PeWork& work);                                   // pe_amd64.cc

// F of delta-formats.md 11.2: source file offset -> source RVA.
RiftTable FileToRva(const PeView& view);

}  // namespace ww::delta
