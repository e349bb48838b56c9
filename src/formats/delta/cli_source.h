// The metadata and method bodies of a managed source image (delta-formats.md 12).
#pragma once

#include <optional>

#include "cli_layout.h"
#include "pe_view.h"

namespace ww::delta {

// Whether the image has a CLI header at all.
bool IsManaged(const PeView& view);

// kCorrupt: no CLI header, metadata that leave the file, streams that leave the metadata, tables
// that leave their stream. `legacy`: read generic parameters with five columns.
Result<CliLayout> ReadSourceCli(const PeView& view, ByteView image, bool legacy);

struct MethodBody {
  std::uint64_t header = 0;  // file offsets
  std::uint64_t code = 0;
  std::uint64_t end = 0;
};

// The body of MethodDef row `row` (from 0), if the row has one in CIL that lies in the raw data of
// a section. `image` is the untouched source, as for `layout`.
std::optional<MethodBody> FindMethodBody(const PeView& view, ByteView image,
                                         const CliLayout& layout, std::uint32_t row);

// The library takes no notice of the last row: rows [0, count) are visited.
inline std::uint32_t VisitedMethods(const CliLayout& layout) {
  return layout.Has(kCliMethodDef) ? layout.rows[kCliMethodDef] - 1 : 0;
}

}  // namespace ww::delta
