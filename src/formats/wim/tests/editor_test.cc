#include "wimwright/wim/editor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "referee_fixture.h"
#include "wimwright/base/text.h"
#include "wimwright/wim/verify.h"

namespace ww::wim {
namespace {

namespace stdfs = std::filesystem;
using test::Compressible;
using test::ExpectRefereesAccept;
using test::Incompressible;
using test::Quote;
using test::Shell;
using testing::ElementsAre;

constexpr FileTime kNow = 0x01DD0000'12345678;
const Image::Metadata kPlain{kAttributeArchive, kNow, kNow, kNow, -1};

// Reference counts and the tables behind them, told apart from the editor's own counting.
void ExpectExactReferences(const stdfs::path& path) {
  const auto wim = WimFile::Open(RealFileSystem(), path);
  ASSERT_TRUE(wim) << wim.error().message;
  std::map<Sha1Digest, std::uint32_t> counted;
  for (int i = 1; i <= static_cast<int>((*wim)->images().size()); ++i) {
    const auto image = (*wim)->ReadImage(i);
    ASSERT_TRUE(image) << image.error().message;
    image->ForEachReference([&](NodeId, const Sha1Digest& hash) { ++counted[hash]; });
  }
  EXPECT_EQ(counted.size(), (*wim)->blobs().size());
  for (const auto& blob : (*wim)->blobs().blobs()) {
    EXPECT_EQ(blob.references, counted[blob.hash]);
  }
  const auto report = VerifyBlobs(**wim, 0, NullProgress(), NeverCancelled());
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok()) << (report->ok() ? "" : report->problems[0].object);
}

void ExpectOldBytesUntouched(const Bytes& before, const stdfs::path& after) {
  const auto bytes = test::ReadAll(after);
  ASSERT_GE(bytes.size(), before.size());
  EXPECT_TRUE(std::equal(before.begin() + kHeaderSize, before.end(), bytes.begin() + kHeaderSize));
}

class EditorVariants : public test::RefereeTest,
                       public testing::WithParamInterface<test::Variant> {};

INSTANTIATE_TEST_SUITE_P(All, EditorVariants, testing::ValuesIn(test::AllVariants()),
                         [](const auto& variant) { return variant.param.name; });

TEST_P(EditorVariants, ChangesExactlyWhatWasAskedFor) {
  const auto input = MakeWim(GetParam());
  const auto before = test::ReadAll(input);
  const auto listing_before = DetailedListing(input, 1);
  const auto second_before = DetailedListing(input, 2);
  const auto output = scratch_ / "out.wim";
  auto editor = Editor::OpenCopy(RealFileSystem(), input, output, {});
  ASSERT_TRUE(editor) << editor.error().message;
  auto& e = **editor;
  auto& image = **e.image(1);
  const auto system = *image.Find("Windows\\System32");

  const auto fresh = Compressible(3'000'000, 100);
  const auto patched = Compressible(90'000, 101);
  const auto fresh_hash = *e.AddBlob(fresh);
  EXPECT_EQ(fresh_hash, Sha1(fresh));
  const auto file = image.AddFile(system, "Fresh.dll", kPlain, fresh_hash, fresh.size());
  ASSERT_TRUE(file);
  ASSERT_TRUE(image.AddLink(*image.Find("Windows\\WinSxS"), "Fresh.dll", *file));
  ASSERT_TRUE(image.SetContent(*image.Find("Windows\\System32\\a.dll"), *e.AddBlob(patched),
                               patched.size()));
  ASSERT_TRUE(image.Remove(*image.Find("Windows\\System32\\one byte")));
  const auto folder = image.AddDirectory(image.root(), "New Folder", kPlain);
  ASSERT_TRUE(image.AddFile(*folder, "empty.txt", kPlain, {}, 0));
  ASSERT_TRUE(e.SetImageXml(1, "WINDOWS/VERSION/SPBUILD", "4321"));
  const auto stats = e.Commit(kNow);
  ASSERT_TRUE(stats) << stats.error().message;
  EXPECT_EQ(stats->images_written, 1);
  EXPECT_EQ(stats->blobs_added, 2u);
  EXPECT_EQ(stats->bytes_new_content, fresh.size() + patched.size());
  editor->reset();
  EXPECT_EQ(stdfs::file_size(output) - stdfs::file_size(input), stats->bytes_appended);

  ExpectRefereesAccept(output);
  ExpectExactReferences(output);
  ExpectOldBytesUntouched(before, output);
  EXPECT_EQ(test::ReadAll(input), before);
  EXPECT_EQ(DetailedListing(output, 2), second_before);
  // In the referee's eyes, only the entries above changed.
  const auto listing_after = DetailedListing(output, 1);
  std::set<std::string> removed, added, changed;
  for (const auto& [entry, text] : listing_before) {
    const auto now = listing_after.find(entry);
    if (now == listing_after.end()) {
      removed.insert(entry);
    } else if (now->second != text) {
      changed.insert(entry);
    }
  }
  for (const auto& [entry, text] : listing_after) {
    if (listing_before.count(entry) == 0) added.insert(entry);
  }
  EXPECT_THAT(removed, ElementsAre("\"/Windows/System32/one byte\""));
  EXPECT_THAT(added,
              ElementsAre("\"/New Folder\"", "\"/New Folder/empty.txt\"",
                          "\"/Windows/System32/Fresh.dll\"", "\"/Windows/WinSxS/Fresh.dll\""));
  EXPECT_THAT(changed, ElementsAre("\"/Windows/System32/a.dll\"", "\"/Windows/WinSxS/A2.dll\"",
                                   "\"/Windows/WinSxS/x86_component/a.dll\""));

  const auto applied = Apply(output, 1);
  EXPECT_EQ(test::ReadAll(applied / "Windows/System32/Fresh.dll"), fresh);
  EXPECT_EQ(stdfs::hard_link_count(applied / "Windows/System32/Fresh.dll"), 2u);
  EXPECT_EQ(test::ReadAll(applied / "Windows/WinSxS/A2.dll"), patched);
  EXPECT_EQ(stdfs::hard_link_count(applied / "Windows/WinSxS/A2.dll"), 3u);
  EXPECT_FALSE(stdfs::exists(applied / "Windows/System32/one byte"));
  EXPECT_EQ(stdfs::file_size(applied / "New Folder/empty.txt"), 0u);
  stdfs::remove_all(applied / "New Folder");
  for (const auto* name : {"Windows/System32/Fresh.dll", "Windows/WinSxS/Fresh.dll"}) {
    stdfs::remove(applied / name);
  }
  test::WriteText(applied / "Windows/System32/one byte", "x");
  for (const auto* name :
       {"Windows/System32/a.dll", "Windows/WinSxS/A2.dll", "Windows/WinSxS/x86_component/a.dll"}) {
    test::WriteText(applied / name, AsText(Compressible(70'000, 2)));
  }
  const auto difference =
      Shell("diff -r --no-dereference " + Quote(source()) + " " + Quote(applied));
  EXPECT_EQ(difference.exit_code, 0) << difference.output;

  // libwim counts the same when it writes the image anew.
  const auto ours = WimFile::Open(RealFileSystem(), output);
  ASSERT_TRUE(ours);
  EXPECT_EQ((*ours)->images()[0].sp_build, 4321u);
  EXPECT_EQ((*ours)->images()[0].modified, kNow);
  const auto info = (*ours)->images()[0];
  const auto update = Shell("wimlib-imagex update " + Quote(output) +
                            " 1 --command=\"rename '/New Folder' '/Newer Folder'\"");
  ASSERT_EQ(update.exit_code, 0) << update.output;
  const auto theirs = WimFile::Open(RealFileSystem(), output);
  ASSERT_TRUE(theirs);
  EXPECT_EQ(info.files, (*theirs)->images()[0].files);
  EXPECT_EQ(info.directories, (*theirs)->images()[0].directories);
  EXPECT_EQ(info.total_bytes, (*theirs)->images()[0].total_bytes);
  EXPECT_EQ(info.hard_link_bytes, (*theirs)->images()[0].hard_link_bytes);
  EXPECT_EQ((*theirs)->blobs().size(), (*ours)->blobs().size());
}

TEST_P(EditorVariants, EditsInPlaceAndAgain) {
  const auto path = MakeWim(GetParam());
  const auto before = test::ReadAll(path);
  for (int round = 0; round < 3; ++round) {
    auto editor = Editor::OpenInPlace(RealFileSystem(), path, {});
    ASSERT_TRUE(editor) << editor.error().message;
    for (const int index : {1, 2}) {
      auto& image = **(*editor)->image(index);
      const auto content = Compressible(50'000, static_cast<std::uint32_t>(1000 + round));
      ASSERT_TRUE(image.AddFile(image.root(), "round " + std::to_string(round), kPlain,
                                *(*editor)->AddBlob(content), content.size()));
      ASSERT_TRUE((*editor)->Release(index));
    }
    const auto stats = (*editor)->Commit(kNow);
    ASSERT_TRUE(stats) << stats.error().message;
    EXPECT_EQ(stats->blobs_added, 1u);
    EXPECT_EQ(stats->blobs_deduplicated, 1u);
  }
  ExpectRefereesAccept(path);
  ExpectExactReferences(path);
  ExpectOldBytesUntouched(before, path);
  const auto wim = WimFile::Open(RealFileSystem(), path);
  EXPECT_EQ((*wim)->tail().bytes, 0u);
  EXPECT_TRUE((*wim)->ReadImage(2)->Find("ROUND 2"));
}

TEST_P(EditorVariants, WithoutAChangeNothingIsWritten) {
  const auto path = MakeWim(GetParam());
  const auto before = test::ReadAll(path);
  {
    auto editor = Editor::OpenInPlace(RealFileSystem(), path, {});
    ASSERT_TRUE(editor);
    ASSERT_TRUE((*editor)->image(1));
    ASSERT_TRUE((*editor)->AddBlob(Incompressible(2'000'000, 9)));  // nothing names it
    const auto stats = (*editor)->Commit(kNow);
    ASSERT_TRUE(stats);
    EXPECT_EQ(stats->bytes_appended, 0u);
  }
  EXPECT_EQ(test::ReadAll(path), before);
}

TEST_P(EditorVariants, StoresContentOfEveryAwkwardSize) {
  const auto input = MakeWim(GetParam());
  const auto output = scratch_ / "out.wim";
  auto editor = Editor::OpenCopy(RealFileSystem(), input, output, {});
  ASSERT_TRUE(editor);
  auto& e = **editor;
  auto& image = **e.image(2);
  std::map<std::string, Bytes> contents;
  const std::size_t step = e.chunk_size();
  for (const auto size : {std::size_t{1}, std::size_t{2}, std::size_t{10}, step - 1, step, step + 1,
                          2 * step, 5 * step + 7, (1u << 20) - 1 + step * 0, std::size_t{1} << 20,
                          (std::size_t{1} << 20) + 1, std::size_t{5'000'000}}) {
    contents["compressible " + std::to_string(size)] =
        Compressible(size, static_cast<std::uint32_t>(size));
    contents["incompressible " + std::to_string(size)] =
        Incompressible(size, static_cast<std::uint32_t>(size));
    contents["zeros " + std::to_string(size)] = Bytes(size);
  }
  // Most chunks do not compress, one does: the sum is still larger than the content.
  auto mixed = Incompressible(4'000'000, 77);
  contents["mixed"] = mixed;
  std::fill_n(mixed.begin() + 1'000'000, 40, std::byte{0});
  contents["mixed with a hole"] = mixed;
  for (const auto& [name, content] : contents) {
    auto writer = e.BeginBlob(content.size());
    ASSERT_TRUE(writer);
    std::size_t at = 0;
    for (std::size_t piece = 1; at < content.size(); piece = piece * 3 + 1) {
      const auto now = std::min(piece, content.size() - at);
      ASSERT_TRUE(writer->Write(ByteView(content).subspan(at, now)));
      at += now;
    }
    const auto hash = writer->Finish();
    ASSERT_TRUE(hash) << hash.error().message;
    EXPECT_EQ(*hash, Sha1(content));
    ASSERT_TRUE(image.AddFile(image.root(), name, kPlain, *hash, content.size()));
  }
  ASSERT_TRUE(e.Commit(kNow));
  editor->reset();
  ExpectRefereesAccept(output);
  ExpectExactReferences(output);
  const auto applied = Apply(output, 2);
  for (const auto& [name, content] : contents) {
    EXPECT_EQ(test::ReadAll(applied / name), content) << name;
  }
  // Never larger than plain storage.
  const auto wim = WimFile::Open(RealFileSystem(), output);
  for (const auto& blob : (*wim)->blobs().blobs()) {
    EXPECT_TRUE(blob.where.compressed() ? blob.where.size_in_wim < blob.where.size
                                        : blob.where.size_in_wim == blob.where.size);
  }
}

TEST_P(EditorVariants, KeepsTheChunksThatDidNotChange) {
  const auto input = MakeWim(GetParam());
  const auto output = scratch_ / "out.wim";
  auto editor = Editor::OpenCopy(RealFileSystem(), input, output, {});
  ASSERT_TRUE(editor);
  auto& e = **editor;
  auto& image = **e.image(1);
  const auto hive = *image.Find("Windows\\System32\\config\\SOFTWARE");
  const auto base = Compressible(2'500'000, 1);
  const std::uint64_t step = e.chunk_size();
  std::map<std::string, Bytes> results;
  const auto edit = [&](const std::string& name, Bytes content, std::vector<std::uint32_t> dirty) {
    const auto hash = e.AddEdited(image.hash(hive), content.size(), dirty,
                                  [&](std::uint64_t offset, MutableByteView out) -> Status {
                                    std::copy_n(content.begin() + static_cast<long>(offset),
                                                out.size(), out.begin());
                                    return {};
                                  });
    ASSERT_TRUE(hash) << hash.error().message;
    EXPECT_EQ(*hash, Sha1(content));
    ASSERT_TRUE(image.AddFile(image.root(), name, kPlain, *hash, content.size()));
    results[name] = std::move(content);
  };
  auto one = base;
  one[static_cast<std::size_t>(step) + 5] ^= std::byte{1};
  edit("one chunk", one, {1});
  auto lied = base;
  lied[10] ^= std::byte{1};
  lied[2'400'000] ^= std::byte{1};
  edit("dirty chunks not told", lied, {});
  auto longer = base;
  Append(longer, Compressible(100'000, 50));
  edit("longer", longer, {static_cast<std::uint32_t>(base.size() / step)});
  edit("shorter", Bytes(base.begin(), base.begin() + 1'200'000), {});
  edit("small", Bytes(base.begin(), base.begin() + 100), {0});
  // The base may be content of this very session.
  const auto again = e.AddEdited(
      Sha1(one), lied.size(), {}, [&](std::uint64_t offset, MutableByteView out) -> Status {
        std::copy_n(lied.begin() + static_cast<long>(offset), out.size(), out.begin());
        return {};
      });
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, Sha1(lied));
  EXPECT_EQ(e.AddEdited(Sha1Digest{}, 1, {}, nullptr).error().code, Code::kNotFound);
  const auto failed =
      e.AddEdited(image.hash(hive), base.size(), {},
                  [](std::uint64_t, MutableByteView) -> Status { return Fail(Code::kIo, "no"); });
  EXPECT_EQ(failed.error().code, Code::kIo);
  const auto stats = e.Commit(kNow);
  ASSERT_TRUE(stats) << stats.error().message;
  if ((*editor)->file().header().compression() != Compression::kNone && step == 32768) {
    // 77 chunks: all but one, all but two, all but the last, 36 of the shorter one; the copy is a
    // duplicate.
    EXPECT_GE(stats->chunks_reused, 76u + 75u + 76u + 36u);
  }
  editor->reset();
  ExpectRefereesAccept(output);
  ExpectExactReferences(output);
  const auto applied = Apply(output, 1);
  for (const auto& [name, content] : results) {
    EXPECT_EQ(test::ReadAll(applied / name), content) << name;
  }
}

class EditorTest : public test::RefereeTest {};

TEST_F(EditorTest, DropsBlobsThatNothingNamesAndKeepsSharedOnes) {
  const auto path = MakeWim({"", "--compress=LZX"});
  const auto random = Sha1(Incompressible(100'000, 5));  // only in image 1
  const auto byte = Sha1(Bytes{std::byte{'x'}});         // in both
  auto editor = Editor::OpenInPlace(RealFileSystem(), path, {});
  ASSERT_TRUE(editor);
  auto& image = **(*editor)->image(1);
  ASSERT_TRUE(image.Remove(*image.Find("Windows\\System32\\random.bin")));
  ASSERT_TRUE(image.Remove(*image.Find("Windows\\System32\\one byte")));
  const auto stats = (*editor)->Commit(kNow);
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->blobs_dropped, 1u);
  editor->reset();
  const auto wim = WimFile::Open(RealFileSystem(), path);
  EXPECT_EQ((*wim)->blobs().Find(random), nullptr);
  EXPECT_EQ((*wim)->blobs().Find(byte)->references, 1u);
  ExpectExactReferences(path);
  ExpectRefereesAccept(path);
}

TEST_F(EditorTest, TakesBackLargeDuplicates) {
  const auto path = MakeWim({"", "--compress=LZX"});
  auto editor = Editor::OpenInPlace(RealFileSystem(), path, {});
  ASSERT_TRUE(editor);
  auto& e = **editor;
  const auto known = Compressible(2'500'000, 1);
  const auto fresh = Compressible(2'600'000, 55);
  const auto stream = [&](const Bytes& content) {
    auto writer = e.BeginBlob(content.size());
    EXPECT_TRUE(writer->Write(content));
    return *writer->Finish();
  };
  EXPECT_EQ(stream(known), Sha1(known));
  EXPECT_EQ(stream(fresh), Sha1(fresh));
  EXPECT_EQ(stream(fresh), Sha1(fresh));
  EXPECT_EQ(stream(known), Sha1(known));
  auto& image = **e.image(1);
  ASSERT_TRUE(image.AddFile(image.root(), "fresh", kPlain, Sha1(fresh), fresh.size()));
  EXPECT_EQ(e.BlobSize(Sha1(fresh)), fresh.size());
  const auto reader = e.OpenBlob(Sha1(fresh));
  ASSERT_TRUE(reader);
  Bytes back(fresh.size());
  ASSERT_TRUE((*reader)->ReadAt(0, back));
  EXPECT_EQ(back, fresh);
  const auto stats = e.Commit(kNow);
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->blobs_deduplicated, 3u);
  EXPECT_LT(stats->bytes_appended, 1'000'000u);
  editor->reset();
  ExpectRefereesAccept(path);
}

TEST_F(EditorTest, CutsOffTheTailOfAnInterruptedAppend) {
  const auto path = MakeWim({"", "--compress=LZX --check"});
  const auto before = test::ReadAll(path);
  std::ofstream(path, std::ios::app | std::ios::binary) << std::string(12345, 'T');
  EXPECT_EQ((*WimFile::Open(RealFileSystem(), path))->tail().bytes, 12345u);
  {
    auto editor = Editor::OpenInPlace(RealFileSystem(), path, {});
    ASSERT_TRUE(editor);
    EXPECT_EQ(test::ReadAll(path), before);
    ASSERT_TRUE((*editor)->AddBlob(Compressible(5'000'000, 3)));
    ASSERT_TRUE((*editor)->Abort());
    EXPECT_EQ((*editor)->Commit(kNow).error().code, Code::kUsage);
  }
  EXPECT_EQ(test::ReadAll(path), before);
  {
    auto editor = Editor::OpenInPlace(RealFileSystem(), path, {});
    ASSERT_TRUE((*editor)->AddBlob(Compressible(5'000'000, 3)));
    auto open = (*editor)->BeginBlob(100);
    ASSERT_TRUE(open);
    EXPECT_EQ((*editor)->Commit(kNow).error().code, Code::kUsage);
  }
  EXPECT_EQ(test::ReadAll(path), before);
}

TEST_F(EditorTest, TakesTheLockThatLibwimTakes) {
  const auto path = MakeWim({"", "--compress=none"});
  auto editor = Editor::OpenInPlace(RealFileSystem(), path, {});
  ASSERT_TRUE(editor);
  EXPECT_EQ(Editor::OpenInPlace(RealFileSystem(), path, {}).error().code, Code::kBusy);
  EXPECT_EQ(Editor::OpenCopy(RealFileSystem(), path, scratch_ / "copy.wim", {}).error().code,
            Code::kBusy);
  EXPECT_FALSE(stdfs::exists(scratch_ / "copy.wim"));
  EXPECT_NE(Shell("wimlib-imagex update " + Quote(path) + " 1 --command='delete /Windows/empty'")
                .exit_code,
            0);
  editor->reset();
  EXPECT_TRUE(Editor::OpenInPlace(RealFileSystem(), path, {}));
}

TEST_F(EditorTest, RefusesToOverwriteOrToWriteWhatIsReadOnly) {
  const auto path = MakeWim({"", "--compress=none"});
  test::WriteText(scratch_ / "exists", "x");
  EXPECT_EQ(Editor::OpenCopy(RealFileSystem(), path, scratch_ / "exists", {}).error().code,
            Code::kConflict);
  EXPECT_EQ(Editor::CreateEmpty(RealFileSystem(), path, {}, {}).error().code, Code::kConflict);
  ASSERT_EQ(Shell("wimlib-imagex info " + Quote(path) + " 1 --boot").exit_code, 0);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(16);
  file.put(static_cast<char>(kFlagReadOnly | kFlagReparseFix));
  file.close();
  EXPECT_EQ(Editor::OpenInPlace(RealFileSystem(), path, {}).error().code, Code::kUnsupported);
}

TEST_F(EditorTest, KeepsTheBootImagePointingAtItsMetadata) {
  const auto path = MakeWim({"", "--compress=LZX"});
  ASSERT_EQ(Shell("wimlib-imagex info " + Quote(path) + " 2 --boot").exit_code, 0);
  {
    auto editor = Editor::OpenInPlace(RealFileSystem(), path, {});
    auto& image = **(*editor)->image(2);
    ASSERT_TRUE(image.AddFile(image.root(), "x", kPlain, {}, 0));
    ASSERT_TRUE((*editor)->Commit(kNow));
  }
  const auto wim = WimFile::Open(RealFileSystem(), path);
  EXPECT_EQ((*wim)->header().boot_index, 2u);
  EXPECT_EQ((*wim)->header().boot_metadata, (*wim)->blobs().metadata()[1].where);
  ExpectRefereesAccept(path);
}

TEST_F(EditorTest, RefusesToCommitContentThatIsNotThere) {
  const auto path = MakeWim({"", "--compress=LZX"});
  const auto before = test::ReadAll(path);
  {
    auto editor = Editor::OpenInPlace(RealFileSystem(), path, {});
    auto& image = **(*editor)->image(1);
    ASSERT_TRUE(image.AddFile(image.root(), "x", kPlain, Sha1(AsBytes("never added")), 11));
    const auto stats = (*editor)->Commit(kNow);
    ASSERT_FALSE(stats);
    EXPECT_EQ(stats.error().code, Code::kUsage);
    EXPECT_NE(stats.error().message.find("\"x\""), std::string::npos) << stats.error().message;
  }
  EXPECT_EQ(test::ReadAll(path), before);
  {
    auto editor = Editor::OpenInPlace(RealFileSystem(), path, {});
    auto& image = **(*editor)->image(1);
    const auto hash = *(*editor)->AddBlob(Compressible(100, 1));
    ASSERT_TRUE(image.AddFile(image.root(), "x", kPlain, hash, 99));
    EXPECT_EQ((*editor)->Commit(kNow).error().code, Code::kUsage) << "a wrong size";
  }
  EXPECT_EQ(test::ReadAll(path), before);
}

TEST_F(EditorTest, RefusesToContinueADamagedIntegrityTable) {
  const auto path = MakeWim({"", "--compress=LZX --check"});
  auto bytes = test::ReadAll(path);
  bytes[300] ^= std::byte{1};
  test::WriteText(path, AsText(bytes));
  auto editor = Editor::OpenInPlace(RealFileSystem(), path, {});
  auto& image = **(*editor)->image(1);
  ASSERT_TRUE(image.AddFile(image.root(), "x", kPlain, {}, 0));
  EXPECT_EQ((*editor)->Commit(kNow).error().code, Code::kVerificationFailed);
}

TEST_F(EditorTest, TellsMisuseOfABlobWriter) {
  const auto path = MakeWim({"", "--compress=LZX"});
  auto editor = Editor::OpenInPlace(RealFileSystem(), path, {});
  auto& e = **editor;
  {
    auto writer = e.BeginBlob(10);
    EXPECT_EQ(e.BeginBlob(10).error().code, Code::kUsage);
    EXPECT_EQ(writer->Write(Bytes(11)).error().code, Code::kUsage);
  }
  {
    auto writer = e.BeginBlob(3'000'000);
    EXPECT_TRUE(writer->Write(Compressible(2'000'000, 1)));
    EXPECT_EQ(writer->Finish().error().code, Code::kUsage) << "bytes are missing";
    EXPECT_EQ(writer->Finish().error().code, Code::kUsage) << "finished before";
  }
  {
    auto writer = e.BeginBlob(0);
    EXPECT_EQ(writer->Write(Bytes(1)).error().code, Code::kUsage);
    EXPECT_EQ(*writer->Finish(), Sha1Digest{});
  }
  EXPECT_EQ(*e.AddBlob({}), Sha1Digest{});
  EXPECT_EQ(e.image(3).error().code, Code::kNotFound);
  EXPECT_EQ(e.SetImageXml(3, "NAME", "x").error().code, Code::kNotFound);
  EXPECT_EQ(e.SetImageXml(1, "NAME/../x y", "x").error().code, Code::kUsage);
  EXPECT_TRUE(e.AddBlob(Compressible(50, 1)));
}

class NewWim : public test::RefereeTest, public testing::WithParamInterface<Compression> {};

INSTANTIATE_TEST_SUITE_P(All, NewWim,
                         testing::Values(Compression::kNone, Compression::kXpress,
                                         Compression::kLzx, Compression::kLzms),
                         [](const auto& variant) {
                           return std::string(CompressionName(variant.param));
                         });

TEST_P(NewWim, IsMadeFromNothing) {
  const auto path = scratch_ / "new.wim";
  CreateOptions create;
  create.compression = GetParam();
  create.integrity = true;
  auto editor = Editor::CreateEmpty(RealFileSystem(), path, create, {});
  ASSERT_TRUE(editor) << editor.error().message;
  auto& e = **editor;
  const Image::Metadata root{kAttributeDirectory, kNow, kNow, kNow, -1};
  EXPECT_EQ(*e.AddImage("One & only", root), 1);
  EXPECT_EQ(*e.AddImage("Two", root), 2);
  EXPECT_EQ(e.AddImage("TWO", root).error().code, Code::kConflict);
  const auto content = Compressible(12'000'000, 3);
  const auto hash = *e.AddBlob(content);
  // O:BAG:BAD:(A;OICI;FA;;;WD), self-relative.
  const auto descriptor = *FromHex(
      "0100048014000000240000000000000034000000"
      "01020000000000052000000020020000"
      "01020000000000052000000020020000"
      "02001c0001000000"
      "00031400ff011f00"
      "010100000000000100000000");
  for (const int index : {1, 2}) {
    auto& image = **e.image(index);
    auto metadata = kPlain;
    metadata.security_id = image.AddSecurityDescriptor(descriptor);
    const auto folder = *image.AddDirectory(image.root(), "Windows", metadata);
    const auto file = *image.AddFile(folder, "file", metadata, hash, content.size());
    ASSERT_TRUE(image.AddLink(folder, "link", file));
    ASSERT_TRUE(e.Release(index));
  }
  // Released images come back as they were left.
  EXPECT_TRUE((*e.image(1))->Find("Windows\\link"));
  ASSERT_TRUE(e.SetImageXml(2, "WINDOWS/ARCH", "12"));
  const auto stats = e.Commit(kNow);
  ASSERT_TRUE(stats) << stats.error().message;
  editor->reset();
  ExpectRefereesAccept(path);
  ExpectExactReferences(path);
  const auto applied = Apply(path, 2);
  EXPECT_EQ(test::ReadAll(applied / "Windows/link"), content);
  const auto wim = WimFile::Open(RealFileSystem(), path);
  EXPECT_EQ((*wim)->images()[0].name, "One & only");
  EXPECT_EQ((*wim)->images()[1].architecture, "arm64");
  EXPECT_EQ((*wim)->images()[1].files, 2u);
  EXPECT_EQ((*wim)->images()[1].hard_link_bytes, content.size());
  EXPECT_NE((*wim)->header().integrity.offset, 0u);
  const auto listing = Shell("wimlib-imagex info " + Quote(path));
  EXPECT_NE(listing.output.find("Image Count:    2"), std::string::npos) << listing.output;
}

TEST_P(NewWim, WithoutImagesIsAWimToo) {
  const auto path = scratch_ / "new.wim";
  CreateOptions create;
  create.compression = GetParam();
  auto editor = Editor::CreateEmpty(RealFileSystem(), path, create, {});
  ASSERT_TRUE(editor);
  EXPECT_FALSE(WimFile::Open(RealFileSystem(), path)) << "not before Commit()";
  ASSERT_TRUE((*editor)->Commit(kNow));
  editor->reset();
  const auto wim = WimFile::Open(RealFileSystem(), path);
  ASSERT_TRUE(wim) << wim.error().message;
  EXPECT_EQ(Shell("wimlib-imagex info " + Quote(path)).exit_code, 0);
}

}  // namespace
}  // namespace ww::wim
