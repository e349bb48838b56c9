#include "cli_records.h"

#include <fmt/format.h>

#include <algorithm>

namespace ww::delta {
namespace {

// Fields before the streams: start, size and RVA of the metadata, count and end of the stream
// headers. Nothing of the transforms depends on them.
constexpr int kLeadingFields = 5;

}  // namespace

bool CliMap::empty() const {
  const auto none = [](const RiftTable& t) { return t.empty(); };
  return std::all_of(heaps.begin(), heaps.end(), none) &&
         std::all_of(tables.begin(), tables.end(), none);
}

Result<CliLayout> ReadCliMetadata(BitReader& in) {
  CliLayout layout;
  for (int i = 0; i < kLeadingFields; ++i) in.Bits(32);
  for (auto& stream : layout.streams) {
    stream.offset = static_cast<std::uint32_t>(in.Bits(32));
    stream.size = static_cast<std::uint32_t>(in.Bits(32));
  }
  layout.wide_strings = in.Bit();
  layout.wide_guids = in.Bit();
  layout.wide_blobs = in.Bit();
  layout.valid = in.Bits(64);
  WW_RETURN_IF_ERROR(in.Check("description of the target's metadata"));
  if (layout.valid >> kCliKnownTables != 0) {
    return Fail(Code::kUnsupported,
                fmt::format("the target's metadata have unknown tables ({:#x})",
                            layout.valid >> kCliKnownTables << kCliKnownTables));
  }
  for (unsigned t = 0; t < kCliKnownTables; ++t) {
    if ((layout.valid >> t & 1) != 0) layout.rows[t] = static_cast<std::uint32_t>(in.Bits(32));
  }
  WW_RETURN_IF_ERROR(in.Check("description of the target's metadata"));
  return layout;
}

Result<CliMap> ReadCliMap(BitReader& in, const Limits& limits) {
  WW_TRY(const auto heap_sources, IntFormat::Read(in), "map of the metadata");
  WW_TRY(const auto heap_displacements, IntFormat::Read(in), "map of the metadata");
  WW_TRY(const auto row_sources, IntFormat::Read(in), "map of the metadata");
  WW_TRY(const auto row_displacements, IntFormat::Read(in), "map of the metadata");
  CliMap map;
  std::uint64_t room = limits.max_rift_entries;  // of all tables together
  for (unsigned heap = 0; heap < kCliTableStream; ++heap) {
    const bool rows = heap == kCliGuids;  // counted in entries, not bytes
    WW_TRY(map.heaps[heap],
           ReadRiftBody(in, rows ? row_sources : heap_sources,
                        rows ? row_displacements : heap_displacements, room),
           "map of the metadata");
    room -= map.heaps[heap].entries().size();
  }
  for (auto& table : map.tables) {
    WW_TRY(table, ReadRiftBody(in, row_sources, row_displacements, room), "map of the metadata");
    room -= table.entries().size();
  }
  return map;
}

}  // namespace ww::delta
