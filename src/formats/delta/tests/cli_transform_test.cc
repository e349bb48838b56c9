// Tokens, cells and signatures of managed images, one rule at a time.
#include "cli_transform.h"

#include <gtest/gtest.h>

#include "delta_test_support.h"
#include "encode_parts.h"
#include "encode_preprocess.h"
#include "managed_builder.h"
#include "pe_work.h"

namespace ww::delta {
namespace {

// Rows from `from` on move by `by`, in every table that is named; so do heap offsets.
CliMap MapOf(std::initializer_list<unsigned> tables, std::int64_t from, std::int64_t by) {
  CliMap map;
  for (const unsigned t : tables) map.tables[t] = RiftTable({{0, 0}, {from, from + by}});
  return map;
}

std::vector<std::uint32_t> Method(std::uint32_t rva, std::uint32_t blob = 0) {
  return {rva, 0, 0, 0, blob, 1};
}

Bytes CodeAfter(std::string_view body, const CliMap& map, const PipelineVariant& variant = {}) {
  const Bytes image = ManagedBuilder()
                          .Table(kCliMethodDef, {Method(ManagedBuilder::BodyRva(0)), Method(0)})
                          .Body(0, body)
                          .Build();
  const auto result = Transform(image, {}, [&](PeWork& work) {
    TransformCliCode(work, image, LayoutOf(image), map, variant);
  });
  return ToBytes(ByteView(result.image).subspan(ManagedBuilder::BodyAt(0), body.size()));
}

// Tokens of a tiny body whose length stands in front.
std::string Tiny(std::string_view code) {
  return std::string(1, static_cast<char>(code.size() << 2 | 2)) + std::string(code);
}
std::string After(std::string_view code, const CliMap& map, const PipelineVariant& variant = {}) {
  return std::string(AsText(CodeAfter(Tiny(code), map, variant))).substr(1);
}
using namespace std::literals;

TEST(CliCode, MapsTokensOfTablesAndUserStrings) {
  CliMap map = MapOf({kCliMethodDef, kCliMemberRef}, 2, 0x100);
  map.heaps[kCliUserStrings] = RiftTable({{0, 0}, {1, 0x21}});
  // call MethodDef 2; call MemberRef 1 (stays); ldstr 5; ret
  EXPECT_EQ(After("\x28\x02\0\0\x06\x28\x01\0\0\x0A\x72\x05\0\0\x70*"sv, map),
            "\x28\x02\x01\0\x06\x28\x01\0\0\x0A\x72\x25\0\0\x70*"sv);
}

TEST(CliCode, KnowsOperandsOfEverySize) {
  const CliMap map = MapOf({kCliMethodDef}, 1, 1);
  const std::string call = "\x28\x01\0\0\x06"s;
  const std::string called = "\x28\x02\0\0\x06"s;
  for (const auto& operands :
       {"\x1F\x28"s, "\x20\x28\x28\x28\x28"s, "\x21\x28\x28\x28\x28\x28\x28\x28\x28"s,
        "\xFE\x0C\x28\x28"s, "\xFE\x12\x28"s, "\x38\x28\x28\x28\x28"s, "\x2B\x28"s, "\xFE\x01"s,
        "\x45\x02\0\0\0\x28\x28\x28\x28\x28\x28\x28\x28"s, "\x45\0\0\0\0"s, "\x00"s}) {
    EXPECT_EQ(After(operands + call, map), operands + called) << ToHex(AsBytes(operands));
  }
  // ldftn, constrained. and sizeof have tokens too.
  EXPECT_EQ(After("\xFE\x06\x01\0\0\x06\xFE\x16\x01\0\0\x06\xFE\x1C\x01\0\0\x06"sv, map),
            "\xFE\x06\x02\0\0\x06\xFE\x16\x02\0\0\x06\xFE\x1C\x02\0\0\x06"sv);
}

TEST(CliCode, StopsWhereAnInstructionLeavesTheBody) {
  const CliMap map = MapOf({kCliMethodDef}, 1, 1);
  for (const auto& cut : {"\x28\x01\0\0"s, "\xFE"s, "\x45\x01\0\0\0\x28\x01\0"s, "\x45\xFF\xFF"s,
                          "\x45\xFF\xFF\xFF\xFF\x28\x01\0\0\x06"s, "\x21\x28\x01\0\0\x06"s}) {
    EXPECT_EQ(After(cut, map), cut) << ToHex(AsBytes(cut));
  }
}

TEST(CliCode, NumbersBeyond24BitsStayAndSoDoUnknownKinds) {
  const CliMap map = MapOf({kCliMethodDef}, 1, 0x1000000);
  const auto code = "\x28\x01\0\0\x06\x28\x01\0\0\x71\x28\0\0\0\x06"sv;
  EXPECT_EQ(After(code, map), code);
}

TEST(CliCode, CalliIsATokenInOneReadingOnly) {
  const CliMap map = MapOf({kCliStandAloneSig}, 1, 1);
  const auto code = "\x29\x01\0\0\x11*"sv;
  EXPECT_EQ(After(code, map), code);
  EXPECT_EQ(After(code, map, {.map_calli = true}), "\x29\x02\0\0\x11*"sv);
}

// Only rows before the last one count, and two rows with one body map it twice.
TEST(CliCode, VisitsRowsNotBodies) {
  const std::string body = Tiny("\x28\x01\0\0\x06"sv);
  const auto image = [&](const std::vector<std::vector<std::uint32_t>>& rows) {
    return ManagedBuilder().Table(kCliMethodDef, rows).Body(0, body).Build();
  };
  const auto row = Method(ManagedBuilder::BodyRva(0));
  const CliMap map = MapOf({kCliMethodDef}, 1, 1);
  for (const auto& [rows, expected] :
       {std::pair<std::vector<std::vector<std::uint32_t>>, std::uint32_t>{{row}, 1},
        {{row, row}, 2},
        {{row, row, row}, 3}}) {
    const Bytes source = image(rows);
    const auto result = Transform(source, {}, [&](PeWork& work) {
      TransformCliCode(work, source, LayoutOf(source), map, {});
    });
    EXPECT_EQ(Get32(result.image, ManagedBuilder::BodyAt(2)) & 0xFFFFFF, expected);
  }
}

TEST(CliCode, MarksHeaderAndCode) {
  const Bytes image = ManagedBuilder()
                          .Table(kCliMethodDef, {Method(ManagedBuilder::BodyRva(4)), Method(0)})
                          .Body(4, Tiny("abc"))
                          .Build();
  const auto result =
      Transform(image, {}, [&](PeWork& work) { MarkCliMethods(work, image, LayoutOf(image)); });
  const auto at = ManagedBuilder::BodyAt(4);
  EXPECT_FALSE(result.marks.Any(at - 4, 4, 3));
  for (unsigned i = 0; i < 4; ++i) {
    EXPECT_TRUE(result.marks.Any(at + i, 1, kMarkHandled));
    EXPECT_TRUE(result.marks.Any(at + i, 1, kMarkProtected));
  }
  EXPECT_FALSE(result.marks.Any(at + 4, 8, 3));
}

// ---- cells

std::uint32_t Cell(const Bytes& image, const CliLayout& layout, unsigned table, unsigned row,
                   unsigned at, unsigned width) {
  const auto place = layout.table_at[table] + row * layout.row_size[table] + at;
  return width == 4 ? Get32(image, place) : LoadLe<std::uint16_t>(image.data() + place);
}

Bytes TablesAfter(const Bytes& image, const CliMap& map, const RiftTable& rvas = {},
                  const PipelineVariant& variant = {}) {
  return Transform(image, rvas,
                   [&](PeWork& work) { TransformCliTables(work, LayoutOf(image), map, variant); })
      .image;
}

TEST(CliTables, HeapsRowsAndRvas) {
  const Bytes image = ManagedBuilder()
                          .Table(0, {{7, 5, 1, 0, 1}})
                          .Table(kCliTypeDef, {{7, 6, 0, 0x09, 1, 2}})
                          .Table(kCliMethodDef, {{0x2000, 0, 0, 5, 3, 0}, {0, 0, 0, 0, 0, 2}})
                          .Build();
  const CliLayout layout = LayoutOf(image);
  CliMap map;
  map.heaps[kCliStrings] = RiftTable({{0, 0}, {5, 0x15}});
  map.heaps[kCliBlobs] = RiftTable({{1, 2}});
  map.heaps[kCliGuids] = RiftTable({{1, 4}});
  map.tables[kCliField] = RiftTable({{1, 11}});
  map.tables[kCliMethodDef] = RiftTable({{2, 22}});
  map.tables[kCliTypeRef] = RiftTable({{2, 5}});
  map.tables[0x08] = RiftTable({{1, 3}});
  const Bytes after = TablesAfter(image, map, Shift(0x2000, 0x30));
  EXPECT_EQ(Cell(after, layout, 0, 0, 0, 2), 7u);
  EXPECT_EQ(Cell(after, layout, 0, 0, 2, 2), 0x15u);
  EXPECT_EQ(Cell(after, layout, 0, 0, 4, 2), 4u);
  EXPECT_EQ(Cell(after, layout, 0, 0, 6, 2), 0u);  // no GUID stays no GUID
  EXPECT_EQ(Cell(after, layout, kCliTypeDef, 0, 0, 4), 7u);
  EXPECT_EQ(Cell(after, layout, kCliTypeDef, 0, 4, 2), 0x16u);
  EXPECT_EQ(Cell(after, layout, kCliTypeDef, 0, 8, 2), 5u << 2 | 1);  // TypeRef 2 -> 5
  EXPECT_EQ(Cell(after, layout, kCliTypeDef, 0, 10, 2), 11u);
  EXPECT_EQ(Cell(after, layout, kCliTypeDef, 0, 12, 2), 22u);
  EXPECT_EQ(Cell(after, layout, kCliMethodDef, 0, 0, 4), 0x2030u);
  EXPECT_EQ(Cell(after, layout, kCliMethodDef, 0, 10, 2), 4u);
  EXPECT_EQ(Cell(after, layout, kCliMethodDef, 1, 0, 4), 0u);
  EXPECT_EQ(Cell(after, layout, kCliMethodDef, 1, 12, 2), 4u);
}

TEST(CliTables, TagsWithoutTableAndRowsWithoutRoomStay) {
  // CustomAttribute: parent, constructor (tags 0, 1 and 4 name no table), blob.
  const Bytes image =
      ManagedBuilder()
          .Table(0x0C, {{1 << 5, 1 << 3 | 2, 0}, {31, 1 << 3 | 1, 0}, {0 << 5 | 3, 1 << 3 | 5, 0}})
          .Build();
  const CliLayout layout = LayoutOf(image);
  CliMap map = MapOf({kCliMethodDef}, 1, 1);
  const Bytes after = TablesAfter(image, map);
  EXPECT_EQ(Cell(after, layout, 0x0C, 0, 0, 2), 2u << 5);
  EXPECT_EQ(Cell(after, layout, 0x0C, 0, 2, 2), 2u << 3 | 2);
  EXPECT_EQ(Cell(after, layout, 0x0C, 1, 0, 2), 31u);
  EXPECT_EQ(Cell(after, layout, 0x0C, 1, 2, 2), 1u << 3 | 1);
  EXPECT_EQ(Cell(after, layout, 0x0C, 2, 0, 2), 3u);
  EXPECT_EQ(Cell(after, layout, 0x0C, 2, 2, 2), 1u << 3 | 5);
  map.tables[kCliMethodDef] = RiftTable({{1, 1ll << 28}});
  EXPECT_EQ(Cell(TablesAfter(image, map), layout, 0x0C, 0, 0, 2), 1u << 5);
}

TEST(CliTables, NarrowCellsThatOverflowAreCutOrKept) {
  const Bytes image = ManagedBuilder().Table(0x1A, {{5}}).Build();
  CliMap map;
  map.heaps[kCliStrings] = RiftTable({{1, 0x12340}});
  const CliLayout layout = LayoutOf(image);
  EXPECT_EQ(Cell(TablesAfter(image, map), layout, 0x1A, 0, 0, 2), 0x2344u);
  EXPECT_EQ(
      Cell(TablesAfter(image, map, {}, {.keep_overflowing_cells = true}), layout, 0x1A, 0, 0, 2),
      5u);
}

TEST(CliTables, WideHeapIndexes) {
  const Bytes image = ManagedBuilder().WideHeaps(true, true, true).Table(0x1A, {{5}}).Build();
  CliMap map;
  map.heaps[kCliStrings] = RiftTable({{1, 0x12340}});
  EXPECT_EQ(Cell(TablesAfter(image, map), LayoutOf(image), 0x1A, 0, 0, 4), 0x12344u);
}

// ---- signatures

std::string Signature(std::string_view bytes, unsigned table = kCliMethodDef) {
  CliMap map;
  map.tables[kCliTypeDef] = RiftTable({{0, 0}, {2, 3}, {0x20, 0x10}});
  map.tables[kCliTypeSpec] = RiftTable({{1, 0x1000}});
  map.tables[kCliTypeRef] = RiftTable({{1, 0x33}});  // never asked
  CliRenumbering numbers(map);
  Bytes after = ToBytes(bytes);
  TransformSignature(AsBytes(bytes), after, table, numbers);
  return std::string(AsText(after));
}

TEST(CliSignature, TokensOfClassesAndValueTypes) {
  // int32 (class TypeDef 2, valuetype TypeRef 2)
  EXPECT_EQ(Signature("\x00\x02\x08\x12\x08\x11\x09"sv), "\x00\x02\x08\x12\x0C\x11\x0D"sv);
}

TEST(CliSignature, FieldsAndTypeSpecs) {
  EXPECT_EQ(Signature("\x06\x12\x08"sv, kCliField), "\x06\x12\x0C"sv);
  EXPECT_EQ(Signature("\x06\x1F\x08\x12\x08"sv, kCliField), "\x06\x1F\x0C\x12\x0C"sv);
  EXPECT_EQ(Signature("\x06\x12\x08"sv, kCliMemberRef), "\x06\x12\x0C"sv);
  EXPECT_EQ(Signature("\x06\x12\x08"sv, kCliStandAloneSig), "\x06\x12\x0C"sv);
  EXPECT_EQ(Signature("\x06\x10\x12\x08"sv, kCliStandAloneSig), "\x06\x10\x12\x08"sv);
  EXPECT_EQ(Signature("\x1D\x12\x08"sv, kCliTypeSpec), "\x1D\x12\x0C"sv);
  EXPECT_EQ(Signature("\x1F\x08\x12\x08"sv, kCliTypeSpec), "\x1F\x08\x12\x08"sv);
}

TEST(CliSignature, VoidEndsTheWalkAndIsNotConsumed) {
  EXPECT_EQ(Signature("\x00\x01\x01\x12\x08"sv), "\x00\x01\x01\x12\x08"sv);
  EXPECT_EQ(Signature("\x00\x01\x1F\x08\x01\x12\x08"sv), "\x00\x01\x1F\x0C\x01\x12\x08"sv);
  // void* is a type like others.
  EXPECT_EQ(Signature("\x00\x01\x0F\x01\x12\x08"sv), "\x00\x01\x0F\x01\x12\x0C"sv);
}

TEST(CliSignature, OnlyTheFirstLocalIsVisited) {
  EXPECT_EQ(Signature("\x07\x02\x12\x08\x12\x08"sv, kCliStandAloneSig),
            "\x07\x02\x12\x0C\x12\x08"sv);
  EXPECT_EQ(Signature("\x07\x00\x12\x08"sv, kCliStandAloneSig), "\x07\x00\x12\x08"sv);
}

TEST(CliSignature, GenericInstancesLeaveTheirArguments) {
  // TypeDef 2<two arguments>: the count reads as the next type (2: bool), then a class.
  EXPECT_EQ(Signature("\x00\x02\x15\x12\x08\x02\x12\x08\x12\x08"sv),
            "\x00\x02\x15\x12\x0C\x02\x12\x0C\x12\x08"sv);
  // One argument reads as void.
  EXPECT_EQ(Signature("\x00\x02\x15\x12\x08\x01\x12\x08"sv), "\x00\x02\x15\x12\x0C\x01\x12\x08"sv);
}

TEST(CliSignature, ArraysPinnedAndEndings) {
  // int32[rank 2, sizes 3, low bound 0] then a class
  EXPECT_EQ(Signature("\x00\x01\x14\x08\x02\x01\x03\x01\x00\x12\x08"sv),
            "\x00\x01\x14\x08\x02\x01\x03\x01\x00\x12\x0C"sv);
  EXPECT_EQ(Signature("\x00\x01\x45\x08\x12\x08"sv), "\x00\x01\x45\x08\x12\x0C"sv);
  EXPECT_EQ(Signature("\x00\x01\x1B\x12\x08"sv), "\x00\x01\x1B\x12\x08"sv);
  EXPECT_EQ(Signature("\x00\x01\x13\x08\x12\x08"sv), "\x00\x01\x13\x08\x12\x0C"sv);
  for (const auto& cut : {"\x00"sv, "\x00\x01"sv, "\x00\x01\x12"sv, "\x00\x01\x14\x08\x02\xFF"sv,
                          "\x00\xFF"sv, "\x00\x01\x14\x08\x01\xDF\xFF\xFF\xFF"sv}) {
    EXPECT_EQ(Signature(cut), cut);
  }
  EXPECT_EQ(Signature({}), "");
}

TEST(CliSignature, TokensNeverGrow) {
  // TypeSpec 1 becomes 0x1000, which needs four bytes: 0x4002.
  EXPECT_EQ(Signature("\x06\x12\x06\x08"sv, kCliField), "\x06\x12\x06\x08"sv);
  EXPECT_EQ(Signature("\x06\x12\x80\x06"sv, kCliField), "\x06\x12\x80\x06"sv);
  EXPECT_EQ(Signature("\x06\x12\xC0\0\0\x06"sv, kCliField), "\x06\x12\xC0\0\x40\x02"sv);
  // TypeDef 0x20 becomes 0x10: shorter, the second byte keeps its value.
  EXPECT_EQ(Signature("\x06\x12\x80\x80"sv, kCliField), "\x06\x12\x40\x80"sv);
}

TEST(CliSignature, DeepNestingEnds) {
  EXPECT_EQ(Signature("\x06"s + std::string(5000, '\x1D') + "\x12\x08", kCliField),
            "\x06"s + std::string(5000, '\x1D') + "\x12\x08");
}

TEST(CliSignature, EachBlobOnceWhoeverNamesIt) {
  const Bytes image = ManagedBuilder()
                          .Table(kCliField, {{0, 0, 1}, {0, 0, 1}})
                          .Table(kCliStandAloneSig, {{1}})
                          .Table(kCliTypeSpec, {{5}, {9}})
                          .Blobs("\0\x03\x06\x12\x08\x02\x1D\x08\0\x7F\x12\x08"sv)
                          .Build();
  const CliLayout layout = LayoutOf(image);
  const Bytes after = TablesAfter(image, MapOf({kCliTypeDef}, 1, 1));
  const auto at = layout.streams[kCliBlobs].offset;
  EXPECT_EQ(AsText(ByteView(after).subspan(at, 12)),
            "\0\x03\x06\x12\x0C\x02\x1D\x08\0\x7F\x12\x08"sv);
}

// ---- whole deltas

TEST(ManagedDelta, RoundTripsUnderBothSchemas) {
  const Bytes source =
      ManagedBuilder()
          .Table(0, {{0, 1, 1, 0, 0}})
          .Table(kCliTypeRef, {{0, 1, 1}})
          .Table(kCliTypeDef, {{0, 1, 1, 5, 1, 1}})
          .Table(kCliMethodDef, {Method(ManagedBuilder::BodyRva(0), 1), Method(0, 1)})
          .Strings("\0a\0\0"sv)
          .UserStrings("\0\3a\0\0"sv)
          .Blobs("\0\x05\x00\x01\x08\x12\x04"sv)
          .Guids("0123456789abcdef")
          .Body(0, "\x2E\x28\x01\0\0\x06\x72\x01\0\0\x70*"sv)
          .Build();
  for (const bool cli4 : {false, true}) {
    Preprocess p;
    p.image_base = 0x30000000;
    p.time_stamp = 0x4D5E6F70;
    p.target_layout = RiftTable({{0, 0}, {kTextRva, 0x400}});
    p.target_cli = LayoutOf(source);
    p.cli_map = MapOf({kCliMethodDef, kCliTypeDef}, 1, 1);
    p.cli_map.heaps[kCliUserStrings] = RiftTable({{1, 9}});
    const std::uint64_t flags = 0x2203E | (cli4 ? 0x600000 : 0xC000);
    const auto parsed = ReadPreprocess(WritePreprocess(p), Limits{});
    const auto normalised = NormaliseSource(source, *parsed, flags, {}, Limits{});
    ASSERT_TRUE(normalised) << normalised.error().message;
    EXPECT_EQ(Get32(normalised->image, ManagedBuilder::BodyAt(2)), 0x06000002u);
    EXPECT_EQ(Get32(normalised->image, ManagedBuilder::BodyAt(7)), 0x70000009u);
    Bytes target = normalised->image;
    target[0x420] ^= std::byte{1};
    const auto hash = Sha256(target);
    const Bytes patch = EncodePatch(normalised->image, target, false);
    const Bytes preprocess = WritePreprocess(p);
    DeltaFields f;
    f.file_type_set = 0xF5;
    f.file_type = cli4 ? 0x10 : 2;
    f.flags = flags;
    f.target_size = target.size();
    f.hash_algorithm = 0x800C;
    f.target_hash = hash;
    f.preprocess = preprocess;
    f.patch = patch;
    const auto result = Apply(source, AssembleDelta(f));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(*result, target);
  }
}

// Damaged metadata: with a hash the image is taken for a native one, without it is refused.
TEST(ManagedDelta, DamagedMetadataNeedAHashToJudge) {
  Bytes source = ManagedBuilder().Table(0x1A, {{5}}).Build();
  source[ManagedBuilder::kRaw + ManagedBuilder::kMetadata] = std::byte{'X'};
  Preprocess p;
  EXPECT_EQ(NormaliseSource(source, p, 0x2E1FE, {}, Limits{}).error().code, Code::kCorrupt);
  const auto native = NormaliseSource(source, p, 0x2E1FE, {.judged = true}, Limits{});
  ASSERT_TRUE(native) << native.error().message;
}

}  // namespace
}  // namespace ww::delta
