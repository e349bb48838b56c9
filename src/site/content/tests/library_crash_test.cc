// What is in the folder when an addition or removal ends in the middle.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "content_testing.h"

namespace ww::content {
namespace {

// Everything that has a name is whole, and the library can be used.
void ExpectSound(const stdfs::path& dir, const stdfs::path& source) {
  const auto library = OpenOrDie({.dir = dir, .reserve = 0});
  const auto files = library->List();
  WW_ASSERT_OK(files);
  for (const auto& [id, bytes] : *files) {
    WW_ASSERT_OK(library->Verify(id));
    WW_ASSERT_OK(library->Blocks(id));
  }
  const auto added = library->Add(source);
  WW_ASSERT_OK(added);
  WW_ASSERT_OK(library->Verify(added->id));
  WW_ASSERT_OK(library->Remove(added->id));
  EXPECT_TRUE(
      library->CollectGarbage([](const ContentId&) { return false; }, std::chrono::seconds(-1000)));
  for (const auto& entry : stdfs::recursive_directory_iterator(dir)) {
    const bool expected = entry.is_directory() || entry.path().filename() == "lock" ||
                          entry.path().filename() == "map";
    EXPECT_TRUE(expected) << entry.path() << " stays";
  }
}

class LibraryFault : public testing::TestWithParam<Code> {};

TEST_P(LibraryFault, AtEveryOperationLeavesAllOrNothing) {
  const TestFolder folder;
  const auto bytes = RandomBytes(3'000'000, 1);
  WriteWhole(folder / "source", bytes);
  const auto id = IdOf(bytes);
  for (int n = 0;; ++n) {
    FailingFileSystem fs(n, GetParam());
    bool done = false;
    {
      const auto opened = OpenFolderLibrary({.dir = folder / "content", .fs = &fs, .reserve = 0});
      if (opened) {
        const auto added = (*opened)->Add(folder / "source");
        done = added && (*opened)->Remove(id);
        if (added) {
          EXPECT_EQ(added->id, id);
        } else {
          EXPECT_EQ(added.error().code, GetParam()) << added.error().message;
        }
      }
    }
    ExpectSound(folder / "content", folder / "source");
    if (HasFailure()) FAIL() << "at operation " << n;
    if (done) {
      EXPECT_GT(n, 10);
      break;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Codes, LibraryFault, testing::Values(Code::kIo, Code::kNoSpace));

TEST(LibraryKill, AtRandomMomentsLeavesAllOrNothing) {
  const TestFolder folder;
  const auto bytes = RandomBytes(24'000'000, 1);
  WriteWhole(folder / "source", bytes);
  std::mt19937 random(7);
  for (int i = 0; i < 20; ++i) {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (;;) {
        const auto library = OpenFolderLibrary({.dir = folder / "content", .reserve = 0});
        if (!library) ::_exit(1);
        const auto added = (*library)->Add(folder / "source");
        if (!added || !(*library)->Remove(added->id)) ::_exit(1);
      }
    }
    ::usleep(static_cast<useconds_t>(random() % 60'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    ExpectSound(folder / "content", folder / "source");
  }
}

}  // namespace
}  // namespace ww::content
