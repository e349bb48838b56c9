#include "wimwright/wim/compact.h"

#include <gtest/gtest.h>

#include <map>

#include "extents.h"
#include "referee_fixture.h"
#include "wimwright/wim/editor.h"
#include "wimwright/wim/rollback.h"
#include "wimwright/wim/space.h"
#include "wimwright/wim/verify.h"

namespace ww::wim {
namespace {

namespace stdfs = std::filesystem;

constexpr FileTime kNow = 0x01DD0000'12345678;
constexpr std::string_view kOffset = "Offset in WIM";
const Image::Metadata kPlain{kAttributeArchive, kNow, kNow, kNow, -1};

// A file is added, another one goes: old metadata and tables, a dropped blob, a rollback record.
void EditInPlace(const stdfs::path& path, const std::string& added, const std::string& removed) {
  auto editor = Editor::OpenInPlace(RealFileSystem(), path, {});
  ASSERT_TRUE(editor) << editor.error().message;
  const auto content = test::Compressible(60'000, 77);
  auto& image = **(*editor)->image(1);
  ASSERT_TRUE(
      image.AddFile(image.root(), added, kPlain, *(*editor)->AddBlob(content), content.size()));
  ASSERT_TRUE(image.Remove(*image.Find("Windows\\System32\\" + removed)));
  ASSERT_TRUE((*editor)->Commit(kNow));
}

std::uint64_t DeadBytes(const stdfs::path& path) {
  const auto wim = WimFile::Open(RealFileSystem(), path);
  EXPECT_TRUE(wim);
  return MeasureSpace(**wim).dead_bytes();
}

Status CompactTo(const stdfs::path& from, const stdfs::path& to) {
  WW_TRY(const auto source, WimFile::Open(RealFileSystem(), from), "source");
  {
    WW_TRY(auto target, RealFileSystem().CreateNew(to), "target");
    std::uint64_t told = 0;
    WW_TRY_STATUS(WriteCompact(*source, *target, 2,
                               [&told](std::uint64_t bytes) {
                                 told += bytes;
                                 return Status();
                               }),
                  "writing");
    EXPECT_EQ(told, stdfs::file_size(to));
  }
  WW_TRY(const auto result, WimFile::Open(RealFileSystem(), to), "result");
  return ProveCompact(*source, *result, 2, NullProgress(), NeverCancelled());
}

// Without the lines that say where in the file something is.
std::map<std::string, std::string> Placeless(std::map<std::string, std::string> listing) {
  for (auto& [path, text] : listing) {
    for (auto at = text.find(kOffset); at != std::string::npos; at = text.find(kOffset, at)) {
      text.erase(at, text.find('\n', at) - at);
    }
  }
  return listing;
}

TEST(Extents, MergesWhatOverlapsOrTouches) {
  const auto merged = Merged({{50, 10}, {0, 10}, {10, 5}, {52, 3}, {55, 20}, {100, 1}});
  ASSERT_EQ(merged.size(), 3u);
  EXPECT_EQ(merged[0].end(), 15u);
  EXPECT_EQ(merged[1].offset, 50u);
  EXPECT_EQ(merged[1].end(), 75u);
  EXPECT_EQ(merged[2].size, 1u);
}

class CompactTest : public test::RefereeTest {};
class CompactVariants : public CompactTest, public testing::WithParamInterface<test::Variant> {};

INSTANTIATE_TEST_SUITE_P(All, CompactVariants, testing::ValuesIn(test::AllVariants()),
                         [](const auto& variant) { return variant.param.name; });

TEST_P(CompactVariants, KeepsEverythingAndLeavesNoDeadSpace) {
  const auto path = MakeWim(GetParam());
  ASSERT_EQ(test::Shell("wimlib-imagex info " + test::Quote(path) + " 2 --boot").exit_code, 0);
  const auto appended_from = stdfs::file_size(path);
  EditInPlace(path, "new", "random.bin");
  EXPECT_GT(DeadBytes(path), 100'000u);  // random.bin alone
  const auto out = scratch_ / "out.wim";
  const auto done = CompactTo(path, out);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(DeadBytes(out), 0u);
  EXPECT_LT(stdfs::file_size(out), appended_from);
  test::ExpectRefereesAccept(out);
  {
    const auto theirs = scratch_ / "optimized.wim";
    stdfs::copy_file(path, theirs);
    ASSERT_EQ(test::Shell("wimlib-imagex optimize " + test::Quote(theirs)).exit_code, 0);
    EXPECT_EQ(DeadBytes(theirs), 0u);
    EXPECT_NEAR(static_cast<double>(stdfs::file_size(out)),
                static_cast<double>(stdfs::file_size(theirs)), 100.0);
  }
  for (const int index : {1, 2}) {
    EXPECT_EQ(Placeless(DetailedListing(path, index)), Placeless(DetailedListing(out, index)));
  }
  const auto old = WimFile::Open(RealFileSystem(), path);
  const auto now = WimFile::Open(RealFileSystem(), out);
  ASSERT_TRUE(old && now);
  const auto about = CompactSize(**old);
  EXPECT_LT(about > (*now)->file_size() ? about - (*now)->file_size() : (*now)->file_size() - about,
            1000u);
  EXPECT_EQ((*now)->header().boot_index, 2u);
  EXPECT_EQ((*now)->header().boot_metadata, (*now)->blobs().metadata()[1].where);
  const auto report = VerifyBlobs(**now, 2, NullProgress(), NeverCancelled());
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok());
  EXPECT_EQ(RollBack(RealFileSystem(), out).error().code, Code::kUnsupported);
  // It is edited and rolled back like any other.
  const auto compact = test::ReadAll(out);
  EditInPlace(out, "newer", "large random.bin");
  EXPECT_NE(test::ReadAll(out), compact);
  ASSERT_TRUE(RollBack(RealFileSystem(), out));
  EXPECT_EQ(test::ReadAll(out), compact);
}

TEST_F(CompactTest, ProofFindsEveryKindOfDifference) {
  const auto path = MakeWim({"", "--compress=LZX --check"});
  EditInPlace(path, "new", "random.bin");
  const auto out = scratch_ / "out.wim";
  ASSERT_TRUE(CompactTo(path, out));
  const auto good = test::ReadAll(out);
  const auto source = WimFile::Open(RealFileSystem(), path);
  const auto result = WimFile::Open(RealFileSystem(), out);
  ASSERT_TRUE(source && result);
  const auto& header = (*result)->header();
  for (const std::uint64_t at :
       {std::uint64_t{24}, std::uint64_t{120}, (*result)->blobs().blobs()[0].where.offset,
        (*result)->blobs().metadata()[1].where.end() - 1, header.blob_table.offset + 26,
        header.blob_table.offset + 40, header.integrity.offset + 12}) {
    auto bad = good;
    bad[static_cast<std::size_t>(at)] ^= std::byte{1};
    test::WriteText(scratch_ / "bad.wim", AsText(bad));
    const auto opened = WimFile::Open(RealFileSystem(), scratch_ / "bad.wim");
    ASSERT_TRUE(opened) << at << opened.error().message;
    const auto proof = ProveCompact(**source, **opened, 2, NullProgress(), NeverCancelled());
    ASSERT_FALSE(proof) << at;
    EXPECT_EQ(proof.error().code, Code::kVerificationFailed) << at;
  }
}

TEST_F(CompactTest, LeavesOutBlobsThatNoImageNames) {
  const auto path = MakeWim({"", "--compress=LZX --check"});
  ASSERT_EQ(test::Shell("wimlib-imagex update " + test::Quote(path) +
                        " 1 --command='delete /Windows/System32/random.bin'")
                .exit_code,
            0);
  const auto random = Sha1(test::Incompressible(100'000, 5));
  const auto source = WimFile::Open(RealFileSystem(), path);
  ASSERT_TRUE((*source)->blobs().Find(random)) << "libwim keeps it in the table";
  EXPECT_FALSE(*IsCompact(**source));
  const auto out = scratch_ / "out.wim";
  const auto done = CompactTo(path, out);
  ASSERT_TRUE(done) << done.error().message;
  const auto result = WimFile::Open(RealFileSystem(), out);
  EXPECT_EQ((*result)->blobs().Find(random), nullptr);
  EXPECT_TRUE(*IsCompact(**result));
  test::ExpectRefereesAccept(out);
  ASSERT_EQ(test::Shell("wimlib-imagex optimize " + test::Quote(path)).exit_code, 0);
  EXPECT_NEAR(static_cast<double>(stdfs::file_size(out)),
              static_cast<double>(stdfs::file_size(path)), 100.0);
}

// Nobody writes such files, but they can be read.
TEST_F(CompactTest, ResourcesThatOverlapStayTogether) {
  const auto path = MakeWim({"", "--compress=none"});
  auto bytes = test::ReadAll(path);
  const auto wim = WimFile::Open(RealFileSystem(), path);
  ASSERT_TRUE(wim);
  // Every blob of the table but the images' begins one byte early.
  const auto table = static_cast<std::size_t>((*wim)->header().blob_table.offset);
  const auto images = (*wim)->blobs().metadata().size();
  const auto count = images + (*wim)->blobs().size();
  for (std::size_t i = images; i < count; ++i) {
    auto* entry = bytes.data() + table + i * kBlobEntrySize;
    const auto offset = LoadLe<std::uint64_t>(entry + 8);
    if (offset > kHeaderSize) StoreLe<std::uint64_t>(entry + 8, offset - 1);
  }
  test::WriteText(path, AsText(bytes));
  const auto use = MeasureSpace(**WimFile::Open(RealFileSystem(), path));
  EXPECT_LE(use.live_bytes, use.file_bytes);
  const auto done = CompactTo(path, scratch_ / "out.wim");
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_LE(stdfs::file_size(scratch_ / "out.wim"), stdfs::file_size(path) + 64);
}

TEST_F(CompactTest, RefusesAResourceInTheHeader) {
  const auto path = MakeWim({"", "--compress=none"});
  auto bytes = test::ReadAll(path);
  const auto wim = WimFile::Open(RealFileSystem(), path);
  const auto images = (*wim)->blobs().metadata().size();  // first in the table
  auto* entry = bytes.data() + (*wim)->header().blob_table.offset + images * kBlobEntrySize;
  StoreLe<std::uint64_t>(entry + 8, 100);
  test::WriteText(path, AsText(bytes));
  EXPECT_EQ(CompactTo(path, scratch_ / "out.wim").error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace ww::wim
