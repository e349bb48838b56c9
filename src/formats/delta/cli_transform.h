// The transforms of managed images: tokens in code, cells of the metadata tables, signatures
// (delta-formats.md 12.4, 12.5).
#pragma once

#include <array>

#include "cli_records.h"
#include "cli_source.h"
#include "pe_pipeline.h"

namespace ww::delta {

// Numbers of the source -> numbers of the target. One for each use: it remembers where it looked
// last.
class CliRenumbering {
 public:
  explicit CliRenumbering(const CliMap& map);

  // 0 is "nothing" and stays.
  std::uint32_t Heap(CliStreamIndex heap, std::uint32_t value) {
    return Index(heaps_[heap], value);
  }
  std::uint32_t Row(unsigned table, std::uint32_t row) { return Index(tables_[table], row); }
  // Keeps the tag. Tags without table, and rows that find no room beside the tag, stay.
  std::uint32_t Coded(unsigned kind, std::uint32_t value);
  // A token of code: table or user string in the top byte. Numbers that would need more than the
  // other three stay.
  std::uint32_t Token(std::uint32_t token);

 private:
  static std::uint32_t Index(RiftCursor& cursor, std::uint32_t value) {
    return value == 0 ? 0 : static_cast<std::uint32_t>(cursor.Map(value));
  }
  std::vector<RiftCursor> heaps_;
  std::vector<RiftCursor> tables_;
};

// Marks header and code of every method body that the transform of the code visits.
void MarkCliMethods(PeWork& work, ByteView source, const CliLayout& layout);

// `layout` describes the untouched `source`; bodies and cells are taken as earlier transforms left
// them.
void TransformCliCode(PeWork& work, ByteView source, const CliLayout& layout, const CliMap& map,
                      const PipelineVariant& variant);
void TransformCliTables(PeWork& work, const CliLayout& layout, const CliMap& map,
                        const PipelineVariant& variant);

// Rewrites the type tokens of one signature, given without its length. `before` is read, `after`
// (of the same size) written.
void TransformSignature(ByteView before, MutableByteView after, unsigned table,
                        CliRenumbering& numbers);

// Compressed unsigned integer of ECMA-335 II.23.2. size 0: none here.
struct CompressedInt {
  std::uint32_t value = 0;
  unsigned size = 0;
};
CompressedInt ReadCompressedInt(ByteView bytes);

}  // namespace ww::delta
