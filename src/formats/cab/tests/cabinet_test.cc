#include "wimwright/cab/cabinet.h"

#include <gtest/gtest.h>

#include "test_cabinet.h"

namespace ww::cab {
namespace {

using test::OpenBytes;
using test::StoredCabinet;

std::string Pattern(std::size_t size, unsigned seed) {
  std::string out;
  out.reserve(size);
  std::uint32_t state = seed * 2654435761U + 1;
  while (out.size() < size) {
    state = state * 1664525U + 1013904223U;
    out += static_cast<char>(state >> 24);
    if ((state & 0x300) == 0) out.append(40, 'x');
  }
  out.resize(size);
  return out;
}

class Recorder final : public MemberSink {
 public:
  Status Begin(const Member& member, std::size_t index) override {
    log += "<" + member.name;
    order.push_back(index);
    bytes = 0;
    if (fail_at == order.size()) return Fail(Code::kCancelled, "stopped");
    return {};
  }
  Status Write(ByteView view) override {
    bytes += view.size();
    return {};
  }
  Status End() override {
    log += ":" + std::to_string(bytes) + ">";
    return {};
  }
  std::string log;
  std::vector<std::size_t> order;
  std::size_t bytes = 0;
  std::size_t fail_at = 0;
};

TEST(Cabinet, StreamsExactlyTheWantedInStoredOrder) {
  auto opened = OpenBytes(StoredCabinet(
      {{"a", "1"}, {"empty", ""}, {"b", "22"}, {"c", "333", 1}, {"d", "4444", 1}}, 2));
  ASSERT_TRUE(opened) << opened.error().message;
  Recorder sink;
  const std::size_t wanted[] = {4, 1, 0, 4, 2};
  ASSERT_TRUE((*opened)->Stream(wanted, sink));
  EXPECT_EQ(sink.log, "<a:1><empty:0><b:2><d:4>");
}

TEST(Cabinet, AnErrorOfTheSinkEndsTheStreamUnchanged) {
  auto opened = OpenBytes(StoredCabinet({{"a", "1"}, {"b", "22"}, {"c", "333"}}));
  ASSERT_TRUE(opened);
  Recorder sink;
  sink.fail_at = 2;
  const auto status = (*opened)->Stream(test::AllOf(**opened), sink);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kCancelled);
  EXPECT_EQ(status.error().message, "stopped");
  EXPECT_EQ(sink.order.size(), 2U);
}

TEST(Cabinet, ReadObeysItsLimitAndIndex) {
  auto opened = OpenBytes(StoredCabinet({{"a", "12345"}}));
  ASSERT_TRUE(opened);
  EXPECT_EQ(AsText(*(*opened)->Read(0, 5)), "12345");
  EXPECT_EQ((*opened)->Read(0, 4).error().code, Code::kLimit);
  EXPECT_EQ((*opened)->Read(1, 100).error().code, Code::kUsage);
  const std::size_t both[] = {0, 0};
  EXPECT_EQ((*opened)->ReadMany(both, 4).error().code, Code::kLimit);
  EXPECT_EQ((*opened)->ReadMany(both, 5)->size(), 1U);
}

TEST(Cabinet, PreloadedMembersAreReadWithoutTheFile) {
  auto bytes = StoredCabinet({{"update.mum", "mum"}, {"a.dll", "dll"}, {"X.MUM", "other"}});
  auto opened = OpenBytes(bytes);
  ASSERT_TRUE(opened);
  const std::string_view suffixes[] = {".mum"};
  EXPECT_EQ((*opened)->PreloadBySuffix(suffixes, 7).error().code, Code::kLimit);
  ASSERT_TRUE((*opened)->PreloadBySuffix(suffixes, 8));
  EXPECT_EQ(AsText(*(*opened)->Read(0, 10)), "mum");
  EXPECT_EQ(AsText(*(*opened)->Read(2, 10)), "other");
  EXPECT_EQ(AsText(*(*opened)->Read(1, 10)), "dll");
}

TEST(Cabinet, StoredMembersAreFilesInPlace) {
  const auto big = Pattern(100'000, 1);
  auto opened = OpenBytes(StoredCabinet({{"first", "abc"}, {"big", big}, {"last", "z"}}));
  ASSERT_TRUE(opened);
  auto view = (*opened)->OpenInPlace(1);
  ASSERT_TRUE(view);
  ASSERT_NE(*view, nullptr);
  EXPECT_EQ(*(*view)->Size(), big.size());
  for (const std::size_t at : {0U, 1U, 32764U, 32765U, 32766U, 65000U, 99'000U}) {
    Bytes part(1000);
    ASSERT_TRUE((*view)->ReadAt(at, part));
    EXPECT_EQ(AsText(part), std::string_view(big).substr(at, 1000)) << at;
  }
  Bytes part(10);
  EXPECT_EQ((*view)->ReadAt(99'991, part).error().code, Code::kCorrupt);
}

TEST(Cabinet, BadChecksumIsCorruptAlsoInPlace) {
  auto bytes = StoredCabinet({{"a", Pattern(40'000, 2)}});
  bytes.back() ^= std::byte{1};
  auto opened = OpenBytes(bytes);
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->Read(0, 1 << 20).error().code, Code::kCorrupt);
  auto view = (*opened)->OpenInPlace(0);
  ASSERT_TRUE(view);
  Bytes part(100);
  EXPECT_TRUE((*view)->ReadAt(0, part)) << "the first block is good";
  EXPECT_EQ((*view)->ReadAt(39'000, part).error().code, Code::kCorrupt);
}

TEST(Cabinet, ZeroChecksumMeansNotComputed) {
  auto bytes = StoredCabinet({{"a", "alpha"}});
  StoreLe<std::uint32_t>(bytes.data() + bytes.size() - 5 - 8, 0);
  auto opened = OpenBytes(bytes);
  ASSERT_TRUE(opened);
  EXPECT_EQ(AsText(*(*opened)->Read(0, 10)), "alpha");
}

TEST(Cabinet, BlocksThatLeaveTheCabinetAreCorrupt) {
  auto bytes = StoredCabinet({{"a", "alpha"}});
  StoreLe<std::uint16_t>(bytes.data() + bytes.size() - 5 - 4, 6);
  StoreLe<std::uint16_t>(bytes.data() + bytes.size() - 5 - 2, 6);
  auto opened = OpenBytes(bytes);
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->Read(0, 10).error().code, Code::kCorrupt);
}

// Cabinets of gcab, an independent writer; cabextract as the referee of what is inside.
class GcabCabinet : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!test::HaveTool("gcab") || !test::HaveTool("cabextract"))
      GTEST_SKIP() << "needs gcab and cabextract";
  }
  // The tree of `dir` as a cabinet.
  Bytes Make(const std::filesystem::path& dir) const {
    const auto cab = dir.parent_path() / "made.cab";
    std::filesystem::remove(cab);
    EXPECT_EQ(test::Shell("cd '" + dir.string() +
                          "' && find . -type f -printf '%P\\n' | sort | xargs -d '\\n' gcab -c " +
                          GetParam() + " '" + cab.string() + "'"),
              0);
    EXPECT_EQ(test::Shell("cabextract -t '" + cab.string() + "'"), 0);
    return ToBytes(test::Slurp(cab));
  }
};

TEST_P(GcabCabinet, ContentsAreWhatWentIn) {
  const test::TempDir temp;
  temp.Write("in/update.mum", "<assembly/>");
  temp.Write("in/a/b/deep.dll", Pattern(300'000, 3));
  temp.Write("in/a/small", "s");
  temp.Write("in/random", Pattern(70'001, 4));
  auto opened = OpenBytes(Make(temp.path() / "in"));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(test::Digests(test::Contents(**opened)), test::Digests(test::Tree(temp.path() / "in")));
}

TEST_P(GcabCabinet, NamesMayBeUtf8) {
  const test::TempDir temp;
  temp.Write("in/\xC3\xA4\xE2\x82\xAC.txt", "umlaut");
  auto opened = OpenBytes(Make(temp.path() / "in"));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ((*opened)->list()[0].name, "\xC3\xA4\xE2\x82\xAC.txt");
  EXPECT_EQ(test::Digests(test::Contents(**opened)), test::Digests(test::Tree(temp.path() / "in")));
}

TEST_P(GcabCabinet, EveryFlippedByteIsNoticedOrHarmless) {
  const test::TempDir temp;
  temp.Write("in/a", Pattern(3'000, 5));
  temp.Write("in/b", Pattern(1'000, 6));
  const auto good = Make(temp.path() / "in");
  const auto data = LoadLe<std::uint32_t>(good.data() + test::kFirstFolderAt);
  for (std::size_t at = 0; at < good.size(); ++at) {
    auto bad = good;
    bad[at] ^= std::byte{0x10};
    auto opened = OpenBytes(bad);
    if (!opened) {
      EXPECT_NE(opened.error().code, Code::kInternal) << at << " " << opened.error().message;
      continue;
    }
    const auto read = (*opened)->ReadMany(test::AllOf(**opened), 1 << 20);
    if (!read) {
      EXPECT_NE(read.error().code, Code::kInternal) << at << " " << read.error().message;
      continue;
    }
    if (at >= data) ADD_FAILURE() << "a changed data byte was not noticed: " << at;
  }
}

INSTANTIATE_TEST_SUITE_P(Compressions, GcabCabinet, testing::Values("", "-z"),
                         [](const auto& p) { return p.param.empty() ? "Store" : "Mszip"; });

TEST(Cabinet, TruncatedCompressedDataIsCorrupt) {
  if (!test::HaveTool("gcab")) GTEST_SKIP() << "needs gcab";
  const test::TempDir temp;
  temp.Write("in/a", Pattern(100'000, 7));
  const auto cab = temp.path() / "a.cab";
  ASSERT_EQ(
      test::Shell("cd '" + temp.path().string() + "/in' && gcab -c -z '" + cab.string() + "' a"),
      0);
  auto bytes = ToBytes(test::Slurp(cab));
  bytes.resize(bytes.size() - 1000);
  StoreLe<std::uint32_t>(bytes.data() + test::kSizeAt, static_cast<std::uint32_t>(bytes.size()));
  auto opened = OpenBytes(bytes);
  ASSERT_TRUE(opened);
  Recorder sink;
  const auto status = (*opened)->Stream(test::AllOf(**opened), sink);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kCorrupt);
  EXPECT_EQ(sink.log.find('>'), std::string::npos) << "no End() for a member that was not whole";
}

TEST(Folder, FilesAreMembersAndLinksAreRefused) {
  const test::TempDir temp;
  temp.Write("p/update.mum", "mum");
  temp.Write("p/x86_a/file.dll", "dll");
  auto opened = OpenFolder(RealFileSystem(), temp.path() / "p");
  ASSERT_TRUE(opened) << opened.error().message;
  const std::map<std::string, std::string> expected = {{"update.mum", "mum"},
                                                       {"x86_a\\file.dll", "dll"}};
  EXPECT_EQ(test::Contents(**opened), expected);
  std::filesystem::create_symlink("/etc/passwd", temp.path() / "p/x86_a/link.dll");
  EXPECT_EQ(OpenFolder(RealFileSystem(), temp.path() / "p").error().code, Code::kUnsupported);
}

}  // namespace
}  // namespace ww::cab
