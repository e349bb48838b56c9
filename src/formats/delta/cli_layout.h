// Where everything lies in the metadata of a managed image: ECMA-335 II.22 and II.24, as far as the
// transforms need it (delta-formats.md 12.2).
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

namespace ww::delta {

constexpr unsigned kCliTables = 64;       // what a mask has room for
constexpr unsigned kCliKnownTables = 45;  // what ECMA-335 names

enum CliTable : unsigned {
  kCliTypeRef = 0x01,
  kCliTypeDef = 0x02,
  kCliField = 0x04,
  kCliMethodDef = 0x06,
  kCliMemberRef = 0x0A,
  kCliStandAloneSig = 0x11,
  kCliProperty = 0x17,
  kCliTypeSpec = 0x1B,
  kCliGenericParam = 0x2A,
};

// What a column holds. Values below kCliTables: a row of that table.
using CliColumn = std::uint8_t;
enum CliColumnKind : CliColumn {
  kCliCoded = 64,  // + CliCodedKind
  kCliFixed2 = 96,
  kCliFixed4,
  kCliRva,
  kCliStringIndex,
  kCliGuidIndex,
  kCliBlobIndex,
};

enum CliCodedKind : CliColumn {
  kTypeDefOrRef,
  kHasConstant,
  kHasCustomAttribute,
  kHasFieldMarshal,
  kHasDeclSecurity,
  kMemberRefParent,
  kHasSemantics,
  kMethodDefOrRef,
  kMemberForwarded,
  kImplementation,
  kCustomAttributeType,
  kResolutionScope,
  kTypeOrMethodDef,
  kCliCodedKinds,
};

constexpr CliColumn CodedColumn(CliCodedKind kind) {
  return static_cast<CliColumn>(CliColumn{kCliCoded} + CliColumn{kind});
}

// An index that names its table in its low bits.
struct CliCodedIndex {
  unsigned tag_bits;
  std::span<const std::uint8_t> tables;  // by tag; kNoCliTable: no table
};
constexpr std::uint8_t kNoCliTable = 0xFF;
const CliCodedIndex& CodedIndex(unsigned kind);  // CliCodedKind

enum CliStreamIndex : unsigned {
  kCliStrings,
  kCliUserStrings,
  kCliBlobs,
  kCliGuids,
  kCliTableStream,
  kCliStreams,
};

struct CliStream {
  std::uint32_t offset = 0;  // in the file
  std::uint32_t size = 0;
};

// The metadata of one image. The first part is read, from an image or from a delta's description of
// its target; the second follows from it.
struct CliLayout {
  std::array<CliStream, kCliStreams> streams{};
  bool wide_strings = false;
  bool wide_guids = false;
  bool wide_blobs = false;
  std::uint64_t valid = 0;  // a bit for each table that has a row count
  std::array<std::uint32_t, kCliTables> rows{};
  // The schema before .NET 4 lets a generic parameter have a fifth column.
  bool legacy_generic_param = false;

  std::array<std::uint32_t, kCliTables> row_size{};
  std::array<std::uint64_t, kCliTables> table_at{};  // file offset of the first row
  std::uint64_t tables_end = 0;                      // file offset behind the last row

  // Computes the second part. 64 bits hold every sum whatever was read.
  void Derive();

  std::span<const CliColumn> Columns(unsigned table) const;  // empty for unknown tables
  unsigned Width(CliColumn column) const;                    // 2 or 4 bytes
  bool Has(unsigned table) const { return (valid >> table & 1) != 0 && rows[table] != 0; }
};

}  // namespace ww::delta
