#include "wimwright/inspect/tree_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ww::inspect {
namespace {

using wim::Image;
using wim::NodeId;

wim::EntryMetadata Folder() {
  wim::EntryMetadata m;
  m.attributes = wim::kAttributeDirectory;
  return m;
}
wim::EntryMetadata File(std::uint32_t attributes = wim::kAttributeArchive) {
  wim::EntryMetadata m;
  m.attributes = attributes;
  return m;
}
Sha1Digest Hash(int n) {
  Sha1Digest digest{};
  digest[0] = static_cast<std::byte>(n);
  return digest;
}

std::vector<std::string> Paths(const std::vector<FileDifference>& list) {
  std::vector<std::string> paths;
  for (const FileDifference& d : list) paths.push_back(d.path);
  return paths;
}

TEST(TreeDiff, EqualTreesDoNotDiffer) {
  Image a = Image::Empty(Folder()), b = Image::Empty(Folder());
  ASSERT_TRUE(a.AddFile(a.root(), "File", File(), Hash(1), 1));
  ASSERT_TRUE(b.AddFile(b.root(), "FILE", File(), Hash(1), 1));
  EXPECT_TRUE(DiffTrees(a, b).empty());
}

TEST(TreeDiff, ListsContentAttributesAndSecurity) {
  Image a = Image::Empty(Folder()), b = Image::Empty(Folder());
  ASSERT_TRUE(a.AddFile(a.root(), "content", File(), Hash(1), 1));
  ASSERT_TRUE(b.AddFile(b.root(), "content", File(), Hash(2), 1));
  ASSERT_TRUE(a.AddFile(a.root(), "hidden", File(), Hash(1), 1));
  ASSERT_TRUE(b.AddFile(b.root(), "hidden", File(wim::kAttributeHidden), Hash(1), 1));
  const auto id = b.AddSecurityDescriptor(ToBytes("descriptor"));
  auto secured = File();
  secured.security_id = id;
  ASSERT_TRUE(a.AddFile(a.root(), "secured", File(), Hash(1), 1));
  ASSERT_TRUE(b.AddFile(b.root(), "secured", secured, Hash(1), 1));
  const auto d = DiffTrees(a, b);
  ASSERT_EQ(d.changed.size(), 3u);
  EXPECT_THAT(d.changed[0].what, testing::ElementsAre("content"));
  EXPECT_EQ(d.changed[0].old_hash, Hash(1));
  EXPECT_EQ(d.changed[0].new_hash, Hash(2));
  EXPECT_THAT(d.changed[1].what, testing::ElementsAre("attributes"));
  EXPECT_THAT(d.changed[2].what, testing::ElementsAre("security"));
}

TEST(TreeDiff, ListsEverythingBelowANewDirectory) {
  Image a = Image::Empty(Folder()), b = Image::Empty(Folder());
  const auto x = b.AddDirectory(b.root(), "x", Folder());
  ASSERT_TRUE(x);
  const auto y = b.AddDirectory(*x, "y", Folder());
  ASSERT_TRUE(y);
  ASSERT_TRUE(b.AddFile(*y, "file", File(), Hash(1), 1));
  const auto added = DiffTrees(a, b);
  EXPECT_THAT(Paths(added.added), testing::ElementsAre("\\x", "\\x\\y", "\\x\\y\\file"));
  const auto removed = DiffTrees(b, a);
  EXPECT_THAT(Paths(removed.removed), testing::ElementsAre("\\x", "\\x\\y", "\\x\\y\\file"));
  EXPECT_TRUE(removed.added.empty());
}

}  // namespace
}  // namespace ww::inspect
