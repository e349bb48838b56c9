#include "cli_layout.h"

#include <algorithm>

namespace ww::delta {
namespace {

constexpr std::uint64_t kTableStreamHeader = 24;

constexpr CliColumn C(CliCodedKind kind) { return CodedColumn(kind); }

// The columns of all tables, one after the other; kStarts tells where each begins.
constexpr CliColumn kF2 = kCliFixed2, kF4 = kCliFixed4, kS = kCliStringIndex, kG = kCliGuidIndex,
                    kB = kCliBlobIndex;
constexpr CliColumn kEnd = 0xFF;
// clang-format off
constexpr CliColumn kSchema[] = {
    /* 00 Module             */ kF2, kS, kG, kG, kG, kEnd,
    /* 01 TypeRef            */ C(kResolutionScope), kS, kS, kEnd,
    /* 02 TypeDef            */ kF4, kS, kS, C(kTypeDefOrRef), 0x04, 0x06, kEnd,
    /* 03 FieldPtr           */ 0x04, kEnd,
    /* 04 Field              */ kF2, kS, kB, kEnd,
    /* 05 MethodPtr          */ 0x06, kEnd,
    /* 06 MethodDef          */ kCliRva, kF2, kF2, kS, kB, 0x08, kEnd,
    /* 07 ParamPtr           */ 0x08, kEnd,
    /* 08 Param              */ kF2, kF2, kS, kEnd,
    /* 09 InterfaceImpl      */ 0x02, C(kTypeDefOrRef), kEnd,
    /* 0A MemberRef          */ C(kMemberRefParent), kS, kB, kEnd,
    /* 0B Constant           */ kF2, C(kHasConstant), kB, kEnd,
    /* 0C CustomAttribute    */ C(kHasCustomAttribute), C(kCustomAttributeType), kB, kEnd,
    /* 0D FieldMarshal       */ C(kHasFieldMarshal), kB, kEnd,
    /* 0E DeclSecurity       */ kF2, C(kHasDeclSecurity), kB, kEnd,
    /* 0F ClassLayout        */ kF2, kF4, 0x02, kEnd,
    /* 10 FieldLayout        */ kF4, 0x04, kEnd,
    /* 11 StandAloneSig      */ kB, kEnd,
    /* 12 EventMap           */ 0x02, 0x14, kEnd,
    /* 13 EventPtr           */ 0x14, kEnd,
    /* 14 Event              */ kF2, kS, C(kTypeDefOrRef), kEnd,
    /* 15 PropertyMap        */ 0x02, 0x17, kEnd,
    /* 16 PropertyPtr        */ 0x17, kEnd,
    /* 17 Property           */ kF2, kS, kB, kEnd,
    /* 18 MethodSemantics    */ kF2, 0x06, C(kHasSemantics), kEnd,
    /* 19 MethodImpl         */ 0x02, C(kMethodDefOrRef), C(kMethodDefOrRef), kEnd,
    /* 1A ModuleRef          */ kS, kEnd,
    /* 1B TypeSpec           */ kB, kEnd,
    /* 1C ImplMap            */ kF2, C(kMemberForwarded), kS, 0x1A, kEnd,
    /* 1D FieldRVA           */ kCliRva, 0x04, kEnd,
    /* 1E EncLog             */ kF4, kF4, kEnd,
    /* 1F EncMap             */ kF4, kEnd,
    /* 20 Assembly           */ kF4, kF2, kF2, kF2, kF2, kF4, kB, kS, kS, kEnd,
    /* 21 AssemblyProcessor  */ kF4, kEnd,
    /* 22 AssemblyOS         */ kF4, kF4, kF4, kEnd,
    /* 23 AssemblyRef        */ kF2, kF2, kF2, kF2, kF4, kB, kS, kS, kB, kEnd,
    /* 24 AssemblyRefProc.   */ kF4, 0x23, kEnd,
    /* 25 AssemblyRefOS      */ kF4, kF4, kF4, 0x23, kEnd,
    /* 26 File               */ kF4, kS, kB, kEnd,
    /* 27 ExportedType       */ kF4, kF4, kS, kS, C(kImplementation), kEnd,
    /* 28 ManifestResource   */ kF4, kF4, kS, C(kImplementation), kEnd,
    /* 29 NestedClass        */ 0x02, 0x02, kEnd,
    /* 2A GenericParam       */ kF2, kF2, C(kTypeOrMethodDef), kS, C(kTypeDefOrRef), kEnd,
    /* 2B MethodSpec         */ C(kMethodDefOrRef), kB, kEnd,
    /* 2C GenericParamConstr.*/ 0x2A, C(kTypeDefOrRef), kEnd,
};

constexpr std::uint8_t kNone = kNoCliTable;
constexpr std::uint8_t kTagTypeDefOrRef[] = {0x02, 0x01, 0x1B};
constexpr std::uint8_t kTagHasConstant[] = {0x04, 0x08, 0x17};
constexpr std::uint8_t kTagHasCustomAttribute[] = {
    0x06, 0x04, 0x01, 0x02, 0x08, 0x09, 0x0A, 0x00, 0x0E, 0x17, 0x14,
    0x11, 0x1A, 0x1B, 0x20, 0x23, 0x26, 0x27, 0x28, 0x2A, 0x2C, 0x2B};
constexpr std::uint8_t kTagHasFieldMarshal[] = {0x04, 0x08};
constexpr std::uint8_t kTagHasDeclSecurity[] = {0x02, 0x06, 0x20};
constexpr std::uint8_t kTagMemberRefParent[] = {0x02, 0x01, 0x1A, 0x06, 0x1B};
constexpr std::uint8_t kTagHasSemantics[] = {0x14, 0x17};
constexpr std::uint8_t kTagMethodDefOrRef[] = {0x06, 0x0A};
constexpr std::uint8_t kTagMemberForwarded[] = {0x04, 0x06};
constexpr std::uint8_t kTagImplementation[] = {0x26, 0x23, 0x27};
constexpr std::uint8_t kTagCustomAttributeType[] = {kNone, kNone, 0x06, 0x0A, kNone};
constexpr std::uint8_t kTagResolutionScope[] = {0x00, 0x1A, 0x23, 0x01};
constexpr std::uint8_t kTagTypeOrMethodDef[] = {0x02, 0x06};

const CliCodedIndex kCodedIndexes[kCliCodedKinds] = {
    {2, kTagTypeDefOrRef},  {2, kTagHasConstant},        {5, kTagHasCustomAttribute},
    {1, kTagHasFieldMarshal}, {2, kTagHasDeclSecurity},  {3, kTagMemberRefParent},
    {1, kTagHasSemantics},  {1, kTagMethodDefOrRef},     {1, kTagMemberForwarded},
    {2, kTagImplementation}, {3, kTagCustomAttributeType}, {2, kTagResolutionScope},
    {1, kTagTypeOrMethodDef},
};
// clang-format on

constexpr auto kSpans = [] {
  std::array<std::pair<std::uint16_t, std::uint16_t>, kCliKnownTables> spans{};
  std::uint16_t at = 0;
  for (auto& span : spans) {
    span.first = at;
    while (kSchema[at] != kEnd) ++at;
    span.second = at++;
  }
  return spans;
}();
static_assert(kSpans.back().second + 1 == std::size(kSchema));

}  // namespace

const CliCodedIndex& CodedIndex(unsigned kind) { return kCodedIndexes[kind]; }

std::span<const CliColumn> CliLayout::Columns(unsigned table) const {
  if (table >= kCliKnownTables) return {};
  auto [begin, end] = kSpans[table];
  if (table == kCliGenericParam && !legacy_generic_param) --end;
  return std::span(kSchema).subspan(begin, static_cast<std::size_t>(end - begin));
}

unsigned CliLayout::Width(CliColumn column) const {
  switch (column) {
    case kCliFixed2:
      return 2;
    case kCliFixed4:
    case kCliRva:
      return 4;
    case kCliStringIndex:
      return wide_strings ? 4 : 2;
    case kCliGuidIndex:
      return wide_guids ? 4 : 2;
    case kCliBlobIndex:
      return wide_blobs ? 4 : 2;
    default:
      break;
  }
  if (column < kCliCoded) return rows[column] < 1u << 16 ? 2 : 4;
  const CliCodedIndex& coded = CodedIndex(column - kCliCoded);
  const bool narrow = std::all_of(coded.tables.begin(), coded.tables.end(), [&](std::uint8_t t) {
    return t == kNoCliTable || rows[t] < 1u << (16 - coded.tag_bits);
  });
  return narrow ? 2 : 4;
}

void CliLayout::Derive() {
  std::uint64_t at = std::uint64_t{streams[kCliTableStream].offset} + kTableStreamHeader +
                     4 * static_cast<std::uint64_t>(std::popcount(valid));
  for (unsigned t = 0; t < kCliTables; ++t) {
    row_size[t] = 0;
    table_at[t] = at;
    if ((valid >> t & 1) == 0) continue;
    for (const CliColumn column : Columns(t)) row_size[t] += Width(column);
    at += std::uint64_t{rows[t]} * row_size[t];
  }
  tables_end = at;
}

}  // namespace ww::delta
