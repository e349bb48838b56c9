#include "wimwright/wim/wim_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "referee_fixture.h"
#include "wimwright/wim/verify.h"

namespace ww::wim {
namespace {

namespace stdfs = std::filesystem;
using test::Quote;
using test::Shell;

class WimFileVariants : public test::RefereeTest,
                        public testing::WithParamInterface<test::Variant> {};

INSTANTIATE_TEST_SUITE_P(All, WimFileVariants, testing::ValuesIn(test::AllVariants()),
                         [](const auto& variant) { return variant.param.name; });

TEST_P(WimFileVariants, ReadsEveryFileOfEveryImage) {
  const auto path = MakeWim(GetParam());
  const auto wim = WimFile::Open(RealFileSystem(), path);
  ASSERT_TRUE(wim) << wim.error().message;
  ASSERT_EQ((*wim)->images().size(), 2u);
  EXPECT_EQ((*wim)->images()[1].name, "Second image");
  EXPECT_EQ((*wim)->tail().bytes, 0u);
  const auto image = (*wim)->ReadImage(1);
  ASSERT_TRUE(image) << image.error().message;
  int files = 0;
  for (const auto& entry : stdfs::recursive_directory_iterator(source())) {
    const auto relative = entry.path().lexically_relative(source()).string();
    const auto node = image->Find(relative);
    ASSERT_TRUE(node) << relative;
    EXPECT_EQ(image->is_directory(*node), entry.is_directory() && !entry.is_symlink());
    if (!entry.is_regular_file() || entry.is_symlink()) continue;
    ++files;
    const auto expected = test::ReadAll(entry.path());
    EXPECT_EQ(image->links(*node).size(), stdfs::hard_link_count(entry.path()));
    if (expected.empty()) {
      EXPECT_TRUE(IsZero(image->hash(*node)));
      continue;
    }
    const auto content = (*wim)->ReadBlob(image->hash(*node), 1u << 30);
    ASSERT_TRUE(content) << relative << ": " << content.error().message;
    EXPECT_EQ(*content, expected) << relative;
    EXPECT_EQ((*wim)->ReadBlob(image->hash(*node), expected.size() - 1).error().code, Code::kLimit);
  }
  EXPECT_EQ(files, 11);
  EXPECT_EQ((*wim)->ReadImage(0).error().code, Code::kNotFound);
  EXPECT_EQ((*wim)->ReadImage(3).error().code, Code::kNotFound);
  EXPECT_EQ((*wim)->OpenBlob(Sha1Digest{}).error().code, Code::kNotFound);
}

TEST_P(WimFileVariants, ReproducesTheMetadataOfLibwimByteForByte) {
  const auto path = MakeWim(GetParam());
  const auto wim = WimFile::Open(RealFileSystem(), path);
  ASSERT_TRUE(wim);
  for (const int index : {1, 2}) {
    auto image = (*wim)->ReadImage(index);
    ASSERT_TRUE(image);
    EXPECT_EQ(image->Serialise(), *(*wim)->ReadMetadata(index));
    const auto counts = image->Count(
        [&](const Sha1Digest& hash) { return (*wim)->blobs().Find(hash)->where.size; });
    const auto& info = (*wim)->images()[static_cast<std::size_t>(index) - 1];
    EXPECT_EQ(counts.directories, info.directories);
    EXPECT_EQ(counts.files, info.files);
    EXPECT_EQ(counts.total_bytes, info.total_bytes);
    EXPECT_EQ(counts.hard_link_bytes, info.hard_link_bytes);
  }
}

TEST_P(WimFileVariants, ReadsAnyRangeOfABlob) {
  const auto path = MakeWim(GetParam());
  const auto wim = WimFile::Open(RealFileSystem(), path);
  ASSERT_TRUE(wim);
  const auto expected = test::Compressible(2'500'000, 1);
  const auto reader = (*wim)->OpenBlob(Sha1(expected));
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->size(), expected.size());
  std::uint32_t state = 1;
  for (int i = 0; i < 300; ++i) {
    state = state * 1664525u + 1013904223u;
    const std::size_t offset = (state >> 8) % expected.size();
    const std::size_t size = std::min<std::size_t>(state % 90'000, expected.size() - offset);
    Bytes got(size);
    ASSERT_TRUE((*reader)->ReadAt(offset, got));
    ASSERT_TRUE(
        std::equal(got.begin(), got.end(), expected.begin() + static_cast<std::ptrdiff_t>(offset)));
  }
  Bytes one(1);
  EXPECT_EQ((*reader)->ReadAt(expected.size(), one).error().code, Code::kUsage);
  EXPECT_EQ((*reader)->ReadAt(~std::uint64_t{0}, one).error().code, Code::kUsage);
}

TEST_P(WimFileVariants, VerifiesAndFindsDamage) {
  const auto path = MakeWim(GetParam());
  const auto wim = WimFile::Open(RealFileSystem(), path);
  ASSERT_TRUE(wim);
  const auto good = VerifyBlobs(**wim, 2, NullProgress(), NeverCancelled());
  ASSERT_TRUE(good);
  EXPECT_TRUE(good->ok());
  EXPECT_EQ(good->blobs, (*wim)->blobs().size() + 2);

  const auto hash = Sha1(test::Compressible(70'000, 2));
  const auto where = (*wim)->blobs().Find(hash)->where;
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(where.offset + where.size_in_wim / 2));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(where.offset + where.size_in_wim / 2));
  file.put(static_cast<char>(byte ^ 0x10));
  file.close();
  const auto bad = VerifyBlobs(**wim, 2, NullProgress(), NeverCancelled());
  ASSERT_TRUE(bad);
  const bool checked = (*wim)->header().integrity.offset != 0;
  EXPECT_EQ(bad->problems.size(), checked ? 2u : 1u);
  EXPECT_FALSE((*wim)->ReadBlob(hash, 1 << 20));
  const ExpectedBlob only[] = {{hash, {}}, {Sha1Digest{}, {}}};
  EXPECT_EQ(VerifyBlobs(**wim, only, 0, NullProgress(), NeverCancelled())->problems.size(), 2u);
  Cancellation cancelled;
  cancelled.Request();
  EXPECT_EQ(VerifyBlobs(**wim, 2, NullProgress(), cancelled).error().code, Code::kCancelled);
}

class WimFileTest : public test::RefereeTest {
 protected:
  Error Refusal(const stdfs::path& path) {
    const auto wim = WimFile::Open(RealFileSystem(), path);
    return wim ? Error{} : wim.error();
  }
};

TEST_F(WimFileTest, RefusesSolidSplitAndPipableFilesWithTheConversion) {
  const auto solid = MakeWim({"", "--solid"}, "solid.esd");
  EXPECT_EQ(Refusal(solid).code, Code::kUnsupported);
  EXPECT_NE(Refusal(solid).next_step.find("export"), std::string::npos);
  const auto pipable = MakeWim({"", "--pipable"}, "pipable.wim");
  EXPECT_EQ(Refusal(pipable).code, Code::kUnsupported);
  const auto whole = MakeWim({"", "--compress=none"}, "whole.wim");
  ASSERT_EQ(Shell("wimlib-imagex split " + Quote(whole) + " " + Quote(scratch_ / "part.swm") + " 1")
                .exit_code,
            0);
  EXPECT_EQ(Refusal(scratch_ / "part.swm").code, Code::kUnsupported);
  EXPECT_NE(Refusal(scratch_ / "part.swm").next_step.find("join"), std::string::npos);
  EXPECT_EQ(Refusal(scratch_ / "part2.swm").code, Code::kUnsupported);
  EXPECT_EQ(Refusal(scratch_ / "absent.wim").code, Code::kNotFound);
}

TEST_F(WimFileTest, ReadsAnotherWritersShortNamesAndStreams) {
  using test::Entry;
  const Bytes one = ToBytes("one stream");
  const Bytes two = ToBytes("and another");
  test::MetadataBuilder m({ToBytes("\x01\x00\x04\x80 not a real descriptor")});
  Entry root;
  root.attributes = kAttributeDirectory;
  const auto root_at = m.Add(root);
  m.End();
  m.SetSubdir(root_at, m.bytes.size());
  Entry file;
  file.name = u"a long name.text";
  file.short_name = u"ALONGN~1.TEX";
  file.attributes = 0x2021;
  file.streams = {{u"", Sha1(one)}, {u"named", Sha1(two)}, {u"zero", {}}};
  m.Add(file);
  file.name = u"b linked.text";
  file.short_name = u"BLINKE~1.TEX";
  file.streams = {{u"", Sha1(two)}, {u"other", Sha1(one)}};
  file.link_group = 4;
  m.Add(file);
  file.name = u"c linked.text";
  file.short_name.clear();
  m.Add(file);
  m.End();
  const auto path = scratch_ / "made.wim";
  test::WriteText(path, AsText(test::BuildWim({m.bytes}, {one, two})));
  // libwim reads it, and writes metadata in its own words.
  const auto update = Shell("wimlib-imagex update " + Quote(path) +
                            " 1 --command=\"rename '/c linked.text' '/d linked.text'\"");
  ASSERT_EQ(update.exit_code, 0) << update.output;
  const auto wim = WimFile::Open(RealFileSystem(), path);
  ASSERT_TRUE(wim) << wim.error().message;
  auto image = (*wim)->ReadImage(1);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->Serialise(), *(*wim)->ReadMetadata(1));
  const auto first = *image->Find("a long name.text");
  EXPECT_EQ(image->short_name(first), "ALONGN~1.TEX");
  EXPECT_EQ(image->hash(first), Sha1(one));
  EXPECT_EQ(image->named_streams(first).size(), 2u);
  EXPECT_EQ(image->links(*image->Find("d linked.text")).size(), 2u);
}

// Flips bits of a file in place, and back.
class Flipped {
 public:
  Flipped(const stdfs::path& path, std::uint64_t offset, std::byte mask)
      : file_(*RealFileSystem().Open(path, OpenMode::kReadWrite)), offset_(offset), mask_(mask) {
    Flip();
  }
  ~Flipped() { Flip(); }

 private:
  void Flip() {
    Bytes byte(1);
    EXPECT_TRUE(file_->ReadAt(offset_, byte));
    byte[0] ^= mask_;
    EXPECT_TRUE(file_->WriteAt(offset_, byte));
  }
  std::unique_ptr<File> file_;
  std::uint64_t offset_;
  std::byte mask_;
};

TEST_F(WimFileTest, RefusesTruncatedFilesAndNeverCrashesOnFlippedBits) {
  const auto path = MakeWim({"", "--compress=LZX --chunk-size=32768"});
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < kHeaderSize * 8; ++bit) {
    const Flipped flipped(path, bit / 8, static_cast<std::byte>(1 << bit % 8));
    const auto wim = WimFile::Open(RealFileSystem(), path);
    if (!wim) {
      ++refused;
    } else {
      static_cast<void>((*wim)->ReadImage(1));
    }
  }
  EXPECT_GT(refused, 400u);
  // Damaged metadata is noticed.
  const auto good = WimFile::Open(RealFileSystem(), path);
  const auto where = (*good)->blobs().metadata()[0].where;
  const auto whole = *(*good)->ReadMetadata(1);
  for (std::uint64_t at = where.offset; at < where.end(); at += 7) {
    const Flipped flipped(path, at, std::byte{0x40});
    const auto wim = WimFile::Open(RealFileSystem(), path);
    ASSERT_TRUE(wim);
    // Bits that fill up the last word of a compressed chunk mean nothing.
    const auto metadata = (*wim)->ReadMetadata(1);
    EXPECT_TRUE(!metadata || *metadata == whole) << at;
  }
  const auto size = stdfs::file_size(path);
  stdfs::resize_file(path, size - 1);
  EXPECT_FALSE(WimFile::Open(RealFileSystem(), path));
  for (std::uint64_t i = 40; i-- > 0;) {
    stdfs::resize_file(path, size * i / 40);
    EXPECT_FALSE(WimFile::Open(RealFileSystem(), path)) << i;
  }
}

TEST_F(WimFileTest, ReadsTheXmlOfAWindowsImage) {
  const auto path = MakeWim({"", "--compress=none"});
  const auto set = Shell(
      "wimlib-imagex info " + Quote(path) +
      " 1 --image-property WINDOWS/ARCH=9 --image-property WINDOWS/EDITIONID=Professional"
      " --image-property WINDOWS/VERSION/MAJOR=10 --image-property WINDOWS/VERSION/BUILD=19041"
      " --image-property WINDOWS/VERSION/SPBUILD=1234 --image-property DISPLAYNAME='Windows & Co'"
      " --image-property 'WINDOWS/LANGUAGES/LANGUAGE[1]'=de-DE"
      " --image-property 'WINDOWS/LANGUAGES/LANGUAGE[2]'=en-US"
      " --image-property WINDOWS/LANGUAGES/DEFAULT=de-DE");
  ASSERT_EQ(set.exit_code, 0) << set.output;
  const auto wim = WimFile::Open(RealFileSystem(), path);
  ASSERT_TRUE(wim);
  const auto& info = (*wim)->images()[0];
  EXPECT_EQ(info.architecture, "amd64");
  EXPECT_EQ(info.edition_id, "Professional");
  EXPECT_EQ(info.major, 10u);
  EXPECT_EQ(info.build, 19041u);
  EXPECT_EQ(info.sp_build, 1234u);
  EXPECT_EQ(info.display_name, "Windows & Co");
  EXPECT_EQ(info.languages, (std::vector<std::string>{"de-DE", "en-US"}));
  EXPECT_EQ(info.default_language, "de-DE");
  EXPECT_GT(info.created, 0x01D0000000000000u);
}

}  // namespace
}  // namespace ww::wim
