#include "wimwright/cab/search.h"

#include <gtest/gtest.h>

#include "test_cabinet.h"
#include "wimwright/cab/update_package.h"

namespace ww::cab {
namespace {

namespace stdfs = std::filesystem;

Bytes Cab() { return test::StoredCabinet({{"update.mum", "x"}}); }

std::vector<std::string> Names(const FoundUpdates& found, const stdfs::path& root) {
  std::vector<std::string> out;
  for (const auto& update : found.updates)
    out.push_back(update.path.lexically_relative(root).generic_string());
  return out;
}

TEST(FindUpdates, SearchesFoldersByContent) {
  const test::TempDir temp;
  temp.Write("b.cab", Cab());
  temp.Write("deep/er/no-extension", Cab());
  temp.Write("expanded/update.mum", "x");
  temp.Write("expanded/inner.cab", Cab());
  temp.Write("readme.txt", "hello");
  temp.Write("setup.exe", "MZ");
  stdfs::create_symlink(temp.path(), temp.path() / "deep/loop");
  stdfs::create_symlink("nowhere", temp.path() / "dangling");
  stdfs::create_symlink("b.cab", temp.path() / "link.cab");

  const auto found = FindUpdates(RealFileSystem(), temp.path());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(Names(*found, temp.path()),
            (std::vector<std::string>{"b.cab", "deep/er/no-extension", "expanded", "link.cab"}));
  EXPECT_EQ(found->updates[2].kind, ContainerKind::kFolder);
  std::map<std::string, std::string> reasons;
  for (const auto& file : found->ignored) reasons[file.path.filename().string()] = file.reason;
  EXPECT_EQ(reasons.size(), 4U);
  EXPECT_EQ(reasons.at("readme.txt"), "not an update file");
  EXPECT_EQ(reasons.at("loop"), "symbolic link to a folder");
  EXPECT_EQ(reasons.at("dangling"), "symbolic link that leads nowhere");
  EXPECT_NE(reasons.at("setup.exe").find("EXE"), std::string::npos);
}

// Passed over, a job would end well without it.
TEST(FindUpdates, HalfADownloadIsNotPassedOver) {
  const test::TempDir temp;
  temp.Write("broken.cab", "MSCF");
  temp.Write("broken.msu", std::string("MSWIM\0\0\0\xD0\0\0\0", 12));
  const auto found = FindUpdates(RealFileSystem(), temp.path());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(Names(*found, temp.path()), (std::vector<std::string>{"broken.cab", "broken.msu"}));
  for (const auto& update : found->updates) {
    EXPECT_EQ(update.kind, ContainerKind::kUnknown);
    EXPECT_EQ(OpenUpdate(RealFileSystem(), update.path, {}).error().code, Code::kCorrupt);
  }
  EXPECT_TRUE(found->ignored.empty());
}

TEST(FindUpdates, AnExpandedFolderIsOneUpdate) {
  const test::TempDir temp;
  temp.Write("update.mum", "x");
  const auto found = FindUpdates(RealFileSystem(), temp.path());
  ASSERT_TRUE(found);
  ASSERT_EQ(found->updates.size(), 1U);
  EXPECT_EQ(found->updates[0].kind, ContainerKind::kFolder);
}

TEST(FindUpdates, AFileNamedDirectlyMustBeAnUpdate) {
  const test::TempDir temp;
  EXPECT_EQ(FindUpdates(RealFileSystem(), temp.Write("a", Cab()))->updates.size(), 1U);
  EXPECT_EQ(FindUpdates(RealFileSystem(), temp.Write("b", "text")).error().code,
            Code::kUnsupported);
  EXPECT_EQ(FindUpdates(RealFileSystem(), temp.Write("c", "MSCF")).error().code, Code::kCorrupt);
  EXPECT_EQ(FindUpdates(RealFileSystem(), temp.path() / "absent").error().code, Code::kNotFound);
}

TEST(FindUpdates, DepthIsBounded) {
  const test::TempDir temp;
  stdfs::path deep;
  for (int i = 0; i < 16; ++i) deep /= "d";
  temp.Write(deep / "a.cab", Cab());
  EXPECT_EQ(FindUpdates(RealFileSystem(), temp.path())->updates.size(), 1U);
  temp.Write(deep / "d/a.cab", Cab());
  EXPECT_EQ(FindUpdates(RealFileSystem(), temp.path()).error().code, Code::kLimit);
}

}  // namespace
}  // namespace ww::cab
