#include "wimwright/content/library.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "content_testing.h"

namespace ww::content {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class LibraryTest : public testing::Test {
 protected:
  FolderOptions Options() {
    return {.dir = folder_ / "content", .fs = &fs_, .clock = &clock_, .reserve = 0};
  }
  stdfs::path Source(ByteView bytes, const char* name = "source") {
    WriteWhole(folder_ / name, bytes);
    return folder_ / name;
  }
  stdfs::path Stored(const ContentId& id) const {
    const auto text = id.ToText();
    return folder_ / "content" / "FileLib" / text.substr(0, 2) / text;
  }
  std::size_t FilesInScratch(const Library& library) {
    std::size_t count = 0;
    for (const auto& entry : stdfs::directory_iterator(library.ScratchDir())) {
      count += entry.path().filename() != "lock" ? 1 : 0;
    }
    return count;
  }

  TestFolder folder_;
  FailingFileSystem fs_;
  FixedClock clock_{TimePoint(hours(24 * 365 * 55))};
  std::unique_ptr<Library> library_ = OpenOrDie(Options());
};

TEST_F(LibraryTest, KeepsAFileUnderTheHashOfItsBytes) {
  for (const std::size_t size : {0u, 1u, 4096u, 1048576u, 1048577u, 20'000'001u}) {
    const auto bytes = RandomBytes(size, 1);
    const auto stored = library_->Add(Source(bytes));
    WW_ASSERT_OK(stored);
    EXPECT_EQ(stored->id, IdOf(bytes));
    EXPECT_EQ(stored->bytes, size);
    EXPECT_TRUE(library_->Has(stored->id));
    EXPECT_EQ(library_->PathOf(stored->id), Stored(stored->id));
    EXPECT_EQ(ReadWhole(Stored(stored->id)), bytes);
    EXPECT_EQ(*library_->Blocks(stored->id), MapOf(bytes));
    WW_ASSERT_OK(library_->Verify(stored->id));
    struct stat info {};
    ASSERT_EQ(::stat(Stored(stored->id).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0444u);
  }
  EXPECT_EQ(FilesInScratch(*library_), 0u);
  EXPECT_EQ(library_->List()->size(), 6u);
}

TEST_F(LibraryTest, KeepsEqualFilesOnce) {
  const auto bytes = RandomBytes(100'000, 1);
  const auto first = library_->Add(Source(bytes, "a"));
  struct stat before {
  }, after{};
  ::stat(Stored(first->id).c_str(), &before);
  const auto second = library_->Add(Source(bytes, "b"));
  ::stat(Stored(first->id).c_str(), &after);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(library_->List()->size(), 1u);
  EXPECT_EQ(FilesInScratch(*library_), 0u);
}

TEST_F(LibraryTest, AdoptsWhatWasMadeInItsScratchFolder) {
  const auto bytes = RandomBytes(3'000'000, 7);
  const auto path = library_->ScratchDir() / "image.wim";
  WriteWhole(path, bytes);
  struct stat before {
  }, after{};
  ::stat(path.c_str(), &before);
  const auto stored = library_->Adopt(path);
  WW_ASSERT_OK(stored);
  ::stat(Stored(stored->id).c_str(), &after);
  EXPECT_EQ(before.st_ino, after.st_ino);  // not copied
  EXPECT_FALSE(stdfs::exists(path));
  WW_ASSERT_OK(library_->Verify(stored->id));

  WriteWhole(path, bytes);
  WW_ASSERT_OK(library_->Adopt(path, MapOf(bytes)));  // has it already
  EXPECT_FALSE(stdfs::exists(path));

  WriteWhole(path, bytes);
  EXPECT_EQ(library_->Adopt(path, MapOf(RandomBytes(5, 5))).error().code, Code::kConflict);
  EXPECT_TRUE(stdfs::exists(path));
}

TEST_F(LibraryTest, TellsWhatItDoesNotHave) {
  const auto id = IdOf(AsBytes("nothing"));
  EXPECT_FALSE(library_->Has(id));
  EXPECT_EQ(library_->Size(id).error().code, Code::kNotFound);
  EXPECT_EQ(library_->Open(id).error().code, Code::kNotFound);
  EXPECT_EQ(library_->Blocks(id).error().code, Code::kNotFound);
  EXPECT_EQ(library_->Verify(id).error().code, Code::kNotFound);
  EXPECT_EQ(library_->Renew(id).error().code, Code::kNotFound);
  EXPECT_EQ(library_->Remove(id).error().code, Code::kNotFound);
  EXPECT_EQ(library_->PathOf(id), std::nullopt);
  EXPECT_EQ(library_->Add(folder_ / "absent").error().code, Code::kNotFound);
}

TEST_F(LibraryTest, RefusesAFileThatChangesWhileItIsRead) {
  const auto path = Source(RandomBytes(30'000'000, 1));
  fs_.on_write = [&](std::uint64_t offset) {
    if (offset == 0) std::ofstream(path, std::ios::app) << "more";
  };
  EXPECT_EQ(library_->Add(path).error().code, Code::kConflict);
  fs_.on_write = [&](std::uint64_t offset) {
    if (offset == 0) stdfs::resize_file(path, 1000);
  };
  EXPECT_EQ(library_->Add(path).error().code, Code::kConflict);
  EXPECT_TRUE(library_->List()->empty());
  EXPECT_EQ(FilesInScratch(*library_), 0u);
}

TEST_F(LibraryTest, SaysWhatSpaceIsMissingBeforeItWrites) {
  fs_.set_free_space(1 << 20);
  const auto refused = library_->Add(Source(RandomBytes(5 << 20, 1)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kNoSpace);
  EXPECT_NE(refused.error().message.find("1 MB free"), std::string::npos)
      << refused.error().message;
  EXPECT_EQ(FilesInScratch(*library_), 0u);
}

TEST_F(LibraryTest, StopsWhenItIsTold) {
  Cancellation cancellation;
  cancellation.Request();
  const auto stopped = library_->Add(Source(RandomBytes(5 << 20, 1)), NullProgress(), cancellation);
  EXPECT_EQ(stopped.error().code, Code::kCancelled);
  EXPECT_EQ(FilesInScratch(*library_), 0u);
}

TEST_F(LibraryTest, PutsDamagedFilesIntoQuarantineAndHealsByAdding) {
  const auto bytes = RandomBytes(500'000, 1);
  const auto id = library_->Add(Source(bytes))->id;
  auto damaged = bytes;
  damaged[300'000] ^= std::byte{4};
  stdfs::permissions(Stored(id), stdfs::perms(0644));
  WriteWhole(Stored(id), damaged);
  EXPECT_EQ(library_->Verify(id).error().code, Code::kVerificationFailed);
  EXPECT_FALSE(library_->Has(id));
  EXPECT_EQ(ReadWhole(folder_ / "content" / "quarantine" / (id.ToText() + ".1")), damaged);
  WW_ASSERT_OK(library_->Add(folder_ / "source"));
  WW_ASSERT_OK(library_->Verify(id));

  // A file that lost its end is replaced without being asked.
  stdfs::permissions(Stored(id), stdfs::perms(0644));
  stdfs::resize_file(Stored(id), 5);
  WW_ASSERT_OK(library_->Add(folder_ / "source"));
  WW_ASSERT_OK(library_->Verify(id));
}

TEST_F(LibraryTest, MakesALostOrDamagedMapAgain) {
  const auto bytes = RandomBytes(500'000, 1);
  const auto id = library_->Add(Source(bytes))->id;
  const auto map = Stored(id).string() + ".map";
  for (const bool lost : {true, false}) {
    lost ? static_cast<void>(stdfs::remove(map)) : WriteWhole(map, AsBytes("nonsense"));
    EXPECT_EQ(*library_->Blocks(id), MapOf(bytes));
    EXPECT_EQ(ReadWhole(map), EncodeBlockMap(MapOf(bytes)));
  }
}

TEST_F(LibraryTest, CollectsOnlyWhatIsDeadAndOlderThanTheGrace) {
  const auto alive = library_->Add(Source(RandomBytes(10, 1)))->id;
  const auto dead = library_->Add(Source(RandomBytes(20, 2)))->id;
  const auto renewed = library_->Add(Source(RandomBytes(30, 3)))->id;
  const auto again = library_->Add(Source(RandomBytes(40, 4), "again"))->id;
  clock_.Set(clock_.Now() + hours(2));
  const auto fresh = library_->Add(Source(RandomBytes(50, 5)))->id;
  WW_ASSERT_OK(library_->Renew(renewed));
  WW_ASSERT_OK(library_->Add(folder_ / "again"));
  const auto is_live = [&](const ContentId& id) { return id == alive; };
  const auto garbage = library_->CollectGarbage(is_live, hours(1));
  WW_ASSERT_OK(garbage);
  EXPECT_EQ(garbage->files, 1u);
  EXPECT_EQ(garbage->bytes, 20u);
  EXPECT_FALSE(library_->Has(dead));
  EXPECT_FALSE(stdfs::exists(Stored(dead).string() + ".map"));
  for (const auto& id : {alive, renewed, again, fresh}) EXPECT_TRUE(library_->Has(id));
  clock_.Set(clock_.Now() - hours(100));  // the clock goes back: nothing is old
  EXPECT_EQ(library_->CollectGarbage(is_live, hours(1))->files, 0u);
}

TEST_F(LibraryTest, LetsReadersFinishWhatWasRemoved) {
  const auto bytes = RandomBytes(100'000, 1);
  const auto id = library_->Add(Source(bytes))->id;
  const auto reader = *library_->Open(id);
  WW_ASSERT_OK(library_->Remove(id));
  Bytes read(bytes.size());
  WW_ASSERT_OK(reader->ReadAt(0, read));
  EXPECT_EQ(read, bytes);
}

TEST_F(LibraryTest, CollectingBesideAddingLosesNothingThatWasJustAdded) {
  // Adders of the same file again and again, against a collector without any grace but an instant.
  const auto source = Source(RandomBytes(10'000, 1));
  auto options = Options();
  options.clock = &SystemClock();
  options.fs = &RealFileSystem();
  const auto adder = OpenOrDie(options), collector = OpenOrDie(options);
  std::atomic<bool> end{false};
  std::thread thread([&] {
    while (!end) {
      EXPECT_TRUE(collector->CollectGarbage([](const ContentId&) { return false; }, seconds(5)));
      EXPECT_TRUE(collector->List());
    }
  });
  for (int i = 0; i < 100; ++i) {
    const auto stored = adder->Add(source);
    EXPECT_TRUE(stored);
    EXPECT_TRUE(adder->Has(stored->id));
    if (i % 10 == 9) {
      EXPECT_TRUE(adder->Remove(stored->id));
    }
  }
  end = true;
  thread.join();
}

TEST_F(LibraryTest, RemovesTheScratchOfDeadProcessesAndOfNoOther) {
  const auto scratch = folder_ / "content" / "scratch";
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto other = OpenFolderLibrary({.dir = folder_ / "content"});
    if (other) WriteWhole((*other)->ScratchDir() / "half", AsBytes("half a file"));
    ::_exit(other ? 0 : 1);  // without destructors, as after kill -9
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  stdfs::create_directory(scratch / "never-locked");
  const auto count = [&] {
    return std::distance(stdfs::directory_iterator(scratch), stdfs::directory_iterator());
  };
  EXPECT_EQ(count(), 3);
  const auto third = OpenOrDie(Options());
  EXPECT_EQ(count(), 2);  // this process' two
  EXPECT_TRUE(stdfs::exists(library_->ScratchDir()));
}

}  // namespace
}  // namespace ww::content
