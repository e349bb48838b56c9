#include "cab_header.h"

#include <gtest/gtest.h>

#include "test_cabinet.h"

namespace ww::cab {
namespace {

using test::OpenBytes;
using test::StoredCabinet;

Code CodeOf(Bytes bytes) {
  auto opened = OpenBytes(std::move(bytes));
  if (opened) return Code{0};
  EXPECT_FALSE(opened.error().message.empty());
  return opened.error().code;
}

Bytes Good() { return StoredCabinet({{"a.txt", "alpha"}, {"b\\c.txt", "beta"}}); }

template <typename T>
Bytes With(Bytes bytes, std::size_t at, T value) {
  StoreLe<T>(bytes.data() + at, value);
  return bytes;
}

constexpr std::size_t kFirstFileAt = test::kFirstFolderAt + 8;

TEST(CabTables, GoodCabinetOpens) { EXPECT_EQ(CodeOf(Good()), Code{0}); }

TEST(CabTables, EveryTruncationIsRefused) {
  const auto whole = Good();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(CodeOf(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))),
              Code::kCorrupt)
        << size;
  }
}

TEST(CabTables, TrailingBytesAreASignatureAndIgnored) {
  auto bytes = Good();
  Append(bytes, AsBytes("signature"));
  EXPECT_EQ(CodeOf(bytes), Code{0});
}

TEST(CabTables, RefusesFieldsThatContradictTheFile) {
  EXPECT_EQ(CodeOf(With<std::uint8_t>(Good(), 0, 'X')), Code::kCorrupt);
  EXPECT_EQ(CodeOf(With<std::uint32_t>(Good(), test::kSizeAt, 20)), Code::kCorrupt);
  EXPECT_EQ(CodeOf(With<std::uint32_t>(Good(), test::kSizeAt, 0xFFFFFFFF)), Code::kCorrupt);
  EXPECT_EQ(CodeOf(With<std::uint32_t>(Good(), test::kFilesOffsetAt, 0xFFFFFFF0)), Code::kCorrupt);
  EXPECT_EQ(CodeOf(With<std::uint16_t>(Good(), test::kFileCountAt, 0xFFFF)), Code::kCorrupt);
  EXPECT_EQ(CodeOf(With<std::uint16_t>(Good(), test::kFolderCountAt, 0)), Code::kCorrupt);
  EXPECT_EQ(CodeOf(With<std::uint32_t>(Good(), test::kFirstFolderAt, 0xFFFFFFF0)), Code::kCorrupt);
  EXPECT_EQ(CodeOf(With<std::uint16_t>(Good(), kFirstFileAt + 8, 1)), Code::kCorrupt)
      << "folder index";
}

TEST(CabTables, RefusesWhatItDoesNotDo) {
  EXPECT_EQ(CodeOf(With<std::uint16_t>(Good(), test::kVersionAt, 0x0104)), Code::kUnsupported);
  EXPECT_EQ(CodeOf(With<std::uint16_t>(Good(), test::kFlagsAt, 1)), Code::kUnsupported)
      << "previous";
  EXPECT_EQ(CodeOf(With<std::uint16_t>(Good(), test::kFlagsAt, 2)), Code::kUnsupported) << "next";
  EXPECT_EQ(CodeOf(With<std::uint16_t>(Good(), kFirstFileAt + 8, 0xFFFD)), Code::kUnsupported);
  EXPECT_EQ(CodeOf(With<std::uint16_t>(Good(), kFirstFileAt + 8, 0xFFFE)), Code::kUnsupported);
  EXPECT_EQ(CodeOf(With<std::uint16_t>(Good(), test::kFirstFolderAt + 6, 4)), Code::kUnsupported);
  EXPECT_EQ(CodeOf(With<std::uint16_t>(Good(), test::kFirstFolderAt + 6, 0x1603)),
            Code::kUnsupported);
}

TEST(CabTables, RefusesSizesThatTheBlocksCannotHold) {
  EXPECT_EQ(CodeOf(With<std::uint32_t>(Good(), kFirstFileAt, 0xFFFFFFFF)), Code::kCorrupt);
  EXPECT_EQ(CodeOf(With<std::uint32_t>(Good(), kFirstFileAt + 4, 0xFFFFFFFF)), Code::kCorrupt);
  // Fits the block count, but not the block: found when it is read.
  auto opened = OpenBytes(With<std::uint32_t>(StoredCabinet({{"a", "alpha"}}), kFirstFileAt, 6));
  ASSERT_TRUE(opened);
  const auto read = (*opened)->Read(0, 100);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kCorrupt);
}

TEST(CabTables, RefusesOverlappingMembers) {
  // The second member moves onto the first.
  const std::size_t second = kFirstFileAt + 16 + std::string("a.txt").size() + 1;
  EXPECT_EQ(CodeOf(With<std::uint32_t>(Good(), second + 4, 2)), Code::kUnsupported);
}

TEST(CabTables, LimitsWhatAllMembersDeclare) {
  // 40 folders of almost 2 GiB each.
  std::vector<test::TestFile> files;
  for (std::uint16_t i = 0; i < 40; ++i) files.push_back({"f" + std::to_string(i), "x", i});
  auto bytes = StoredCabinet(files, 40);
  std::size_t file = 36 + 8 * 40;
  for (std::size_t i = 0; i < 40; ++i) {
    StoreLe<std::uint16_t>(bytes.data() + 36 + 8 * i + 4, 65535);
    StoreLe<std::uint32_t>(bytes.data() + file, 65535U * 32768U);
    file += 16 + files[i].name.size() + 1;
  }
  EXPECT_EQ(CodeOf(bytes), Code::kLimit);
}

TEST(CabTables, RefusesHostileNames) {
  for (const std::string name :
       {"..\\evil", "C:\\evil", "\\\\?\\C:\\evil", "nul", "a\\com1.sys", "\\evil", ""}) {
    EXPECT_EQ(CodeOf(StoredCabinet({{name, "x"}})), Code::kCorrupt) << name;
  }
  EXPECT_EQ(CodeOf(StoredCabinet({{std::string(300, 'a'), "x"}})), Code::kCorrupt);
}

TEST(CabTables, RefusesNamesThatDifferInCaseOnly) {
  EXPECT_EQ(CodeOf(StoredCabinet({{"A.txt", "x"}, {"a.TXT", "y"}})), Code::kCorrupt);
  EXPECT_EQ(CodeOf(StoredCabinet({{"a\\b", "x"}, {"A/B", "y"}})), Code::kCorrupt);
}

TEST(CabTables, RefusesAFileThatIsAlsoAFolder) {
  EXPECT_EQ(CodeOf(StoredCabinet({{"a", "x"}, {"A\\b\\c", "y"}})), Code::kCorrupt);
}

TEST(CabTables, NamesAreUtf8OnlyWhenTheySaySo) {
  EXPECT_EQ(CodeOf(StoredCabinet({{"\xC3\xA4", "x", 0, 0x20}})), Code::kUnsupported);
  EXPECT_EQ(CodeOf(StoredCabinet({{"\xE4", "x", 0, 0xA0}})), Code::kCorrupt);
  auto opened = OpenBytes(StoredCabinet({{"\xC3\xA4", "x", 0, 0xA0}}));
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->list()[0].name, "\xC3\xA4");
  EXPECT_EQ((*opened)->list()[0].attributes, 0x20U);
  EXPECT_TRUE((*opened)->Find("\xC3\x84"));
}

TEST(CabTables, DosTimesAreTakenAsUtc) {
  auto opened = OpenBytes(Good());
  ASSERT_TRUE(opened);
  EXPECT_EQ(FormatFileTime((*opened)->list()[0].time), "2024-02-29T12:34:56Z");
  EXPECT_EQ(FromDosTime(0, 0), 0U);
  EXPECT_EQ(FromDosTime((2023 - 1980) << 9 | 2 << 5 | 29, 0), 0U);
  EXPECT_EQ(FromDosTime(1 << 5 | 1, 24 << 11), 0U);
}

TEST(CabTables, SixtyFiveThousandMembersOpenAndStreamInBoundedTime) {
  std::vector<test::TestFile> files;
  for (int i = 0; i < 65535; ++i) {
    files.push_back({"component" + std::to_string(i) + "\\file.dll", std::to_string(i % 10)});
  }
  const auto begin = std::chrono::steady_clock::now();
  auto opened = OpenBytes(StoredCabinet(files));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(test::Contents(**opened).size(), 65535U);
  EXPECT_EQ((*opened)->Find("COMPONENT65534\\FILE.DLL"), 65534U);
#if defined(__SANITIZE_THREAD__)
  constexpr std::chrono::seconds kBound(120);
#else
  constexpr std::chrono::seconds kBound(30);
#endif
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kBound);
}

}  // namespace
}  // namespace ww::cab
