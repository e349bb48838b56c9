// Cells of the metadata tables (delta-formats.md 12.5).
#include "cli_transform.h"

namespace ww::delta {
namespace {

bool HoldsSignatures(unsigned table) {
  switch (table) {
    case kCliField:
    case kCliMethodDef:
    case kCliMemberRef:
    case kCliStandAloneSig:
    case kCliProperty:
    case kCliTypeSpec:
      return true;
    default:
      return false;
  }
}

class TableTransform {
 public:
  TableTransform(PeWork& work, const CliLayout& layout, const CliMap& map,
                 const PipelineVariant& variant)
      : work_(work),
        layout_(layout),
        numbers_(map),
        keep_overflow_(variant.keep_overflowing_cells),
        before_blobs_(Copy(layout.streams[kCliBlobs])),
        seen_(before_blobs_.size()) {}

  void Run() {
    for (unsigned table = 0; table < kCliKnownTables; ++table) {
      if (layout_.Has(table)) Table(table);
    }
  }

 private:
  Bytes Copy(const CliStream& s) const {
    return ToBytes(ByteView(work_.image).subspan(s.offset, s.size));
  }
  void Table(unsigned table);
  std::uint32_t Mapped(unsigned table, CliColumn column, std::uint32_t value);
  void Signature(unsigned table, std::uint32_t offset);

  PeWork& work_;
  const CliLayout& layout_;
  CliRenumbering numbers_;
  bool keep_overflow_;
  Bytes before_blobs_;
  std::vector<bool> seen_;  // blobs whose signature was visited
};

void TableTransform::Table(unsigned table) {
  struct Cell {
    CliColumn column;
    unsigned at;
    unsigned width;
  };
  std::vector<Cell> cells;
  unsigned at = 0;
  for (const CliColumn column : layout_.Columns(table)) {
    const unsigned width = layout_.Width(column);
    if (column != kCliFixed2 && column != kCliFixed4) cells.push_back({column, at, width});
    at += width;
  }
  std::uint64_t row_at = layout_.table_at[table];
  for (std::uint32_t row = 0; row < layout_.rows[table]; ++row, row_at += layout_.row_size[table]) {
    if (!work_.Spend(1)) return;
    for (const Cell& cell : cells) {
      const std::uint64_t place = row_at + cell.at;
      if (cell.width == 4) {
        work_.Store(place, Mapped(table, cell.column, work_.Load<std::uint32_t>(place)));
        continue;
      }
      const std::uint32_t mapped = Mapped(table, cell.column, work_.Load<std::uint16_t>(place));
      if (mapped > 0xFFFF && keep_overflow_) continue;
      work_.Store(place, static_cast<std::uint16_t>(mapped));
    }
  }
}

std::uint32_t TableTransform::Mapped(unsigned table, CliColumn column, std::uint32_t value) {
  switch (column) {
    case kCliRva:
      return value == 0 ? 0 : work_.MapRva(value);
    case kCliStringIndex:
      return numbers_.Heap(kCliStrings, value);
    case kCliGuidIndex:
      return numbers_.Heap(kCliGuids, value);
    case kCliBlobIndex:
      if (HoldsSignatures(table)) Signature(table, value);
      return numbers_.Heap(kCliBlobs, value);
    default:
      return column < kCliCoded ? numbers_.Row(column, value)
                                : numbers_.Coded(column - kCliCoded, value);
  }
}

void TableTransform::Signature(unsigned table, std::uint32_t offset) {
  if (offset == 0 || offset >= before_blobs_.size() || seen_[offset]) return;
  seen_[offset] = true;
  const ByteView rest = ByteView(before_blobs_).subspan(offset);
  const auto length = ReadCompressedInt(rest);
  if (length.size == 0 || length.value > rest.size() - length.size) return;
  if (!work_.Spend(length.value)) return;
  const std::uint64_t at = std::uint64_t{layout_.streams[kCliBlobs].offset} + offset + length.size;
  TransformSignature(rest.subspan(length.size, length.value),
                     MutableByteView(work_.image).subspan(at, length.value), table, numbers_);
}

}  // namespace

void TransformCliTables(PeWork& work, const CliLayout& layout, const CliMap& map,
                        const PipelineVariant& variant) {
  TableTransform(work, layout, map, variant).Run();
}

}  // namespace ww::delta
