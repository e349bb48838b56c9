// Metadata of managed sources: layout, refusals, bodies.
#include "cli_source.h"

#include <gtest/gtest.h>

#include "cli_records.h"
#include "delta_test_support.h"
#include "encode_preprocess.h"
#include "managed_builder.h"

namespace ww::delta {
namespace {

TEST(CliLayout, WidthsFollowRowCounts) {
  CliLayout layout;
  EXPECT_EQ(layout.Width(kCliMethodDef), 2u);
  layout.rows[kCliMethodDef] = 0xFFFF;
  EXPECT_EQ(layout.Width(kCliMethodDef), 2u);
  layout.rows[kCliMethodDef] = 0x10000;
  EXPECT_EQ(layout.Width(kCliMethodDef), 4u);
  EXPECT_EQ(layout.Width(CodedColumn(kTypeDefOrRef)), 2u);
  layout.rows[kCliTypeSpec] = 0x3FFF;
  EXPECT_EQ(layout.Width(CodedColumn(kTypeDefOrRef)), 2u);
  layout.rows[kCliTypeSpec] = 0x4000;
  EXPECT_EQ(layout.Width(CodedColumn(kTypeDefOrRef)), 4u);
  layout.rows[kCliProperty] = 0x800;  // five tag bits
  EXPECT_EQ(layout.Width(CodedColumn(kHasCustomAttribute)), 4u);
}

TEST(CliLayout, RowSizesAreThoseOfTheStandard) {
  // With narrow indexes, table by table.
  constexpr unsigned kSizes[kCliKnownTables] = {
      10, 6, 14, 2, 6, 2, 14, 2, 6, 4,  6, 6,  6,  4, 6,  8, 6,  2,  4, 2, 6, 4, 2,
      6,  6, 6,  2, 2, 8, 6,  8, 4, 22, 4, 12, 20, 6, 14, 8, 14, 12, 4, 8, 4, 4};
  CliLayout layout;
  layout.valid = (1ull << kCliKnownTables) - 1;
  layout.Derive();
  for (unsigned t = 0; t < kCliKnownTables; ++t) EXPECT_EQ(layout.row_size[t], kSizes[t]) << t;
  layout.legacy_generic_param = true;
  layout.Derive();
  EXPECT_EQ(layout.row_size[kCliGenericParam], 10u);
  EXPECT_TRUE(layout.Columns(kCliKnownTables).empty());
}

Bytes Sample() {
  return ManagedBuilder()
      .Table(0, {{0, 1, 1, 0, 0}})
      .Table(kCliMethodDef, {{ManagedBuilder::BodyRva(0), 0, 0, 1, 1, 1}, {0, 0, 0, 1, 1, 1}})
      .Strings(std::string_view("\0name\0\0\0", 8))
      .Guids("0123456789abcdef")
      .Body(0, "\x06*")
      .Build();
}

TEST(ReadSourceCli, FindsStreamsAndTables) {
  const Bytes image = Sample();
  const CliLayout layout = LayoutOf(image);
  EXPECT_EQ(layout.valid, 1u | 1u << kCliMethodDef);
  EXPECT_EQ(layout.rows[kCliMethodDef], 2u);
  EXPECT_EQ(layout.streams[kCliGuids].size, 16u);
  EXPECT_EQ(AsText(ByteView(image).subspan(layout.streams[kCliStrings].offset + 1, 4)), "name");
  EXPECT_EQ(Get32(image, layout.table_at[kCliMethodDef]), ManagedBuilder::BodyRva(0));
  EXPECT_EQ(layout.tables_end, layout.streams[kCliTableStream].offset +
                                   std::uint64_t{layout.streams[kCliTableStream].size});
}

TEST(ReadSourceCli, EveryDamagedByteIsAnErrorOrALayoutInsideTheFile) {
  const Bytes good = Sample();
  for (std::size_t at = ManagedBuilder::kRaw; at < good.size(); ++at) {
    for (const unsigned value : {0x00u, 0x7Fu, 0xFFu}) {
      Bytes bad = good;
      bad[at] = static_cast<std::byte>(value);
      const auto view = PeView::Parse(bad);
      ASSERT_TRUE(view);
      const auto layout = ReadSourceCli(*view, bad, false);
      if (!layout) continue;
      EXPECT_LE(layout->tables_end, bad.size());
      for (const auto& s : layout->streams) EXPECT_LE(std::uint64_t{s.offset} + s.size, bad.size());
      for (std::uint32_t row = 0; row < VisitedMethods(*layout); ++row) {
        const auto body = FindMethodBody(*view, bad, *layout, row);
        if (body) {
          EXPECT_LE(body->end, bad.size());
        }
      }
    }
  }
}

TEST(ReadSourceCli, LegacyColumnsCanOverrunTheStream) {
  const Bytes image = ManagedBuilder().Table(kCliGenericParam, {{0, 0, 0, 0}}).Build();
  const auto view = PeView::Parse(image);
  EXPECT_TRUE(ReadSourceCli(*view, image, false));
  EXPECT_EQ(ReadSourceCli(*view, image, true).error().code, Code::kCorrupt);
}

TEST(FindMethodBody, TinyFatAndOthers) {
  std::string fat("\x03\x30\0\0\4\0\0\0\0\0\0\0abcd", 16);
  const auto row = [](std::uint32_t at, std::uint32_t flags = 0) {
    return std::vector<std::uint32_t>{at, flags, 0, 0, 0, 1};
  };
  const Bytes image =
      ManagedBuilder()
          .Table(kCliMethodDef,
                 {row(ManagedBuilder::BodyRva(0)), row(ManagedBuilder::BodyRva(0x10)),
                  row(ManagedBuilder::BodyRva(0), 1),  // native
                  row(0), row(0x9000), row(ManagedBuilder::BodyRva(0x20)),
                  row(ManagedBuilder::BodyRva(0x30)), row(ManagedBuilder::BodyRva(0))})
          .Body(0, "\x0A-x")
          .Body(0x10, fat)
          .Body(0x20, "\x01")                           // neither form
          .Body(0x30, std::string_view("\x03\x20", 2))  // header too short
          .Build();
  const auto view = PeView::Parse(image);
  const CliLayout layout = LayoutOf(image);
  EXPECT_EQ(VisitedMethods(layout), 7u);
  const auto tiny = FindMethodBody(*view, image, layout, 0);
  ASSERT_TRUE(tiny);
  EXPECT_EQ(tiny->header, ManagedBuilder::BodyAt(0));
  EXPECT_EQ(tiny->code, ManagedBuilder::BodyAt(1));
  EXPECT_EQ(tiny->end, ManagedBuilder::BodyAt(3));
  const auto large = FindMethodBody(*view, image, layout, 1);
  ASSERT_TRUE(large);
  EXPECT_EQ(large->code, ManagedBuilder::BodyAt(0x1C));
  EXPECT_EQ(large->end, ManagedBuilder::BodyAt(0x20));
  for (std::uint32_t i = 2; i < 7; ++i) EXPECT_FALSE(FindMethodBody(*view, image, layout, i)) << i;
}

// ---- the records of the delta

TEST(CliRecords, AreReadBack) {
  Preprocess p;
  p.image_base = 5;
  p.global_pointer = 6;
  p.time_stamp = 7;
  p.target_layout = RiftTable({{0, 0}, {10, 30}});
  p.source_to_target = RiftTable({{-5, 1}, {1ll << 40, 3}});
  CliLayout layout;
  layout.streams[kCliBlobs] = {100, 200};
  layout.streams[kCliTableStream] = {1000, 400};
  layout.wide_guids = true;
  layout.valid = 0b101;
  layout.rows[0] = 1;
  layout.rows[2] = 77;
  p.target_cli = layout;
  p.cli_map.heaps[kCliUserStrings] = RiftTable({{0, 0}, {4, 8}});
  p.cli_map.heaps[kCliGuids] = RiftTable({{1, 2}});
  p.cli_map.tables[kCliMethodDef] = RiftTable({{0, 0}, {3, 4}});
  p.cli_map.tables[63] = RiftTable({{9, 9}});
  const auto read = ReadPreprocess(WritePreprocess(p), Limits{});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->global_pointer, 6u);
  EXPECT_EQ(read->source_to_target.entries(), p.source_to_target.entries());
  ASSERT_TRUE(read->target_cli);
  EXPECT_EQ(read->target_cli->valid, layout.valid);
  EXPECT_EQ(read->target_cli->rows, layout.rows);
  EXPECT_TRUE(read->target_cli->wide_guids);
  EXPECT_EQ(read->target_cli->streams[kCliBlobs].size, 200u);
  for (unsigned i = 0; i < kCliTableStream; ++i) {
    EXPECT_EQ(read->cli_map.heaps[i].entries(), p.cli_map.heaps[i].entries()) << i;
  }
  for (unsigned i = 0; i < kCliTables; ++i) {
    EXPECT_EQ(read->cli_map.tables[i].entries(), p.cli_map.tables[i].entries()) << i;
  }
}

TEST(CliRecords, EntriesOfAllMapsCountTogether) {
  Preprocess p;
  for (auto& table : p.cli_map.tables) table = RiftTable({{1, 1}});
  const Bytes buffer = WritePreprocess(p);
  EXPECT_TRUE(ReadPreprocess(buffer, Limits{.max_rift_entries = 64}));
  EXPECT_EQ(ReadPreprocess(buffer, Limits{.max_rift_entries = 63}).error().code, Code::kLimit);
}

TEST(CliRecords, UnknownTablesOfTheTargetAreRefused) {
  Preprocess p;
  p.target_cli = CliLayout{};
  p.target_cli->valid = 1ull << 45;
  EXPECT_EQ(ReadPreprocess(WritePreprocess(p), Limits{}).error().code, Code::kUnsupported);
}

TEST(CliRecords, EveryTruncationIsRefused) {
  Preprocess p;
  p.target_cli = CliLayout{};
  p.target_cli->valid = 7;
  p.cli_map.tables[1] = RiftTable({{1, 2}, {5, 9}});
  const Bytes whole = WritePreprocess(p);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ReadPreprocess(ByteView(whole).first(size), Limits{})) << size;
  }
}

}  // namespace
}  // namespace ww::delta
