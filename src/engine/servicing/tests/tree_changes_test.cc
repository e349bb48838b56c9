#include "tree_changes.h"

#include <gtest/gtest.h>

#include "proof.h"
#include "wimwright/base/hash.h"

namespace ww::servicing {
namespace {

using cbs::FileChange;

constexpr FileTime kTime = 133'000'000'000'000'000;

class TreeChanges : public testing::Test {
 protected:
  TreeChanges() : image_(wim::Image::Empty(RootMetadata())) {
    const auto windows = Dir(image_.root(), "Windows");
    system32_ = Dir(windows, "System32");
    winsxs_ = Dir(windows, "WinSxS");
    descriptor_ = image_.AddSecurityDescriptor(Bytes(20, std::byte{1}));
    EXPECT_TRUE(image_.SetSecurity(system32_, descriptor_));
  }

  static wim::EntryMetadata RootMetadata() {
    wim::EntryMetadata out;
    out.attributes = wim::kAttributeDirectory;
    return out;
  }
  wim::NodeId Dir(wim::NodeId parent, std::string_view name) {
    return *image_.AddDirectory(parent, name, RootMetadata());
  }
  wim::NodeId AddFile(wim::NodeId parent, std::string_view name, std::string_view content) {
    return *image_.AddFile(parent, name, {}, Sha1(AsBytes(content)), content.size());
  }

  FileChange Make(FileChange::Kind kind, std::string path) {
    FileChange change;
    change.kind = kind;
    change.path = std::move(path);
    return change;
  }
  FileChange Content(std::string path, std::string_view content) {
    auto change = Make(FileChange::Kind::kContent, std::move(path));
    change.digest = Sha256(AsBytes(content));
    stored_[change.digest] = {Sha1(AsBytes(content)), content.size()};
    return change;
  }
  FileChange Link(std::string path, std::string target) {
    auto change = Make(FileChange::Kind::kLink, std::move(path));
    change.target = std::move(target);
    return change;
  }
  FileChange Remove(std::string path) { return Make(FileChange::Kind::kRemove, std::move(path)); }

  Status Apply(std::vector<FileChange> changes) {
    auto done = ApplyFileChanges(image_, changes, stored_, kTime);
    if (done) {
      const auto proved = ProveFileChanges(image_, changes, stored_);
      EXPECT_TRUE(proved) << proved.error().message;
    }
    return done;
  }
  Sha1Digest HashOf(std::string_view path) { return image_.hash(*image_.Find(path)); }

  wim::Image image_;
  wim::NodeId system32_{}, winsxs_{};
  std::int32_t descriptor_ = -1;
  StoredContents stored_;
};

TEST_F(TreeChanges, MakesDirectoriesWithTheirParents) {
  auto change = Make(FileChange::Kind::kDirectory, "\\Windows\\System32\\a\\b");
  change.attributes = wim::kAttributeHidden | wim::kAttributeArchive;
  ASSERT_TRUE(Apply({change, change}));
  const auto node = image_.Find("Windows\\System32\\a\\b");
  ASSERT_TRUE(node);
  EXPECT_EQ(image_.attributes(*node) & 0xFF,
            wim::kAttributeDirectory | wim::kAttributeHidden | wim::kAttributeArchive);
  EXPECT_EQ(image_.security_id(*node), descriptor_) << "that of the directory above";
  EXPECT_EQ(image_.last_write_time(*node), kTime);
}

TEST_F(TreeChanges, NewFileHasTimeAttributesAndSecurityOfTheChange) {
  auto change = Content("\\Windows\\WinSxS\\x\\f.dll", "f");
  change.attributes = wim::kAttributeArchive | wim::kAttributeReadOnly | wim::kAttributeEncrypted |
                      wim::kAttributeReparsePoint | wim::kAttributeDirectory;
  change.time = kTime - 5;
  change.security_descriptor = Bytes(24, std::byte{7});
  ASSERT_TRUE(Apply({change}));
  const auto node = *image_.Find("Windows\\WinSxS\\x\\f.dll");
  EXPECT_EQ(image_.attributes(node), wim::kAttributeArchive | wim::kAttributeReadOnly);
  EXPECT_EQ(image_.creation_time(node), kTime - 5);
  const auto descriptor = image_.security_descriptor(image_.security_id(node));
  ASSERT_TRUE(descriptor);
  EXPECT_EQ(ToBytes(*descriptor), change.security_descriptor);
}

TEST_F(TreeChanges, SecurityLikeAnotherEntry) {
  auto change = Content("\\Windows\\WinSxS\\f", "f");
  change.security_like = "\\Windows\\System32";
  ASSERT_TRUE(Apply({change}));
  EXPECT_EQ(image_.security_id(*image_.Find("Windows\\WinSxS\\f")), descriptor_);
  change.path = "\\Windows\\WinSxS\\g";
  change.security_like = "\\Windows\\nothing";
  EXPECT_FALSE(Apply({change}));
}

TEST_F(TreeChanges, ReplacedFileWithoutLinksKeepsItsEntry) {
  const auto node = AddFile(system32_, "A.dll", "old");
  ASSERT_TRUE(Apply({Content("\\windows\\system32\\a.DLL", "new")}));
  EXPECT_TRUE(image_.alive(node));
  EXPECT_EQ(image_.hash(node), Sha1(AsBytes("new")));
  EXPECT_EQ(image_.name(node), "A.dll");
}

TEST_F(TreeChanges, ReplacedLinkLeavesTheOtherNamesAlone) {
  const auto master = AddFile(winsxs_, "a.dll", "old");
  ASSERT_TRUE(image_.AddLink(system32_, "a.dll", master));
  ASSERT_TRUE(Apply({Content("\\Windows\\System32\\a.dll", "new")}));
  EXPECT_EQ(HashOf("Windows\\WinSxS\\a.dll"), Sha1(AsBytes("old")));
  EXPECT_EQ(HashOf("Windows\\System32\\a.dll"), Sha1(AsBytes("new")));
}

TEST_F(TreeChanges, ProjectionMovesFromOldMasterToNew) {
  const auto old_master = AddFile(Dir(winsxs_, "v1"), "a.dll", "old");
  ASSERT_TRUE(image_.AddLink(system32_, "a.dll", old_master));
  ASSERT_TRUE(image_.AddLink(system32_, "b.dll", old_master));
  ASSERT_TRUE(Apply({Content("\\Windows\\WinSxS\\v2\\a.dll", "new"),
                     Link("\\Windows\\System32\\a.dll", "\\Windows\\WinSxS\\v2\\a.dll"),
                     Link("\\Windows\\System32\\new\\a.dll", "\\Windows\\WinSxS\\v2\\a.dll")}));
  EXPECT_EQ(HashOf("Windows\\System32\\b.dll"), Sha1(AsBytes("old")));
  EXPECT_EQ(image_.links(*image_.Find("Windows\\WinSxS\\v2\\a.dll")).size(), 3U);
  EXPECT_EQ(image_.links(*image_.Find("Windows\\WinSxS\\v1\\a.dll")).size(), 2U);
}

TEST_F(TreeChanges, ExistingLinkOfTheSameGroupStays) {
  const auto master = AddFile(winsxs_, "a.dll", "x");
  const auto link = image_.AddLink(system32_, "A.dll", master);
  ASSERT_TRUE(link);
  ASSERT_TRUE(Apply({Link("\\Windows\\System32\\a.dll", "\\Windows\\WinSxS\\a.dll")}));
  EXPECT_TRUE(image_.alive(*link));
}

TEST_F(TreeChanges, RemovesOneNameOnly) {
  const auto master = AddFile(winsxs_, "a.dll", "x");
  ASSERT_TRUE(image_.AddLink(system32_, "a.dll", master));
  ASSERT_TRUE(Apply({Remove("\\Windows\\System32\\a.dll"), Remove("\\Windows\\System32\\none")}));
  EXPECT_FALSE(image_.Find("Windows\\System32\\a.dll"));
  EXPECT_TRUE(image_.alive(master));
}

TEST_F(TreeChanges, RefusesWhatTheImageContradicts) {
  AddFile(system32_, "file", "x");
  EXPECT_EQ(Apply({Make(FileChange::Kind::kDirectory, "\\Windows\\System32\\file")}).error().code,
            Code::kConflict);
  EXPECT_EQ(Apply({Content("\\Windows\\System32\\file\\y", "y")}).error().code, Code::kConflict);
  EXPECT_EQ(Apply({Content("\\Windows\\System32", "y")}).error().code, Code::kConflict);
  EXPECT_EQ(Apply({Link("\\Windows\\System32\\z", "\\Windows\\none")}).error().code,
            Code::kInternal);
  EXPECT_EQ(Apply({Link("\\Windows\\System32\\file", "\\Windows\\System32\\FILE")}).error().code,
            Code::kInternal);
  EXPECT_FALSE(Apply({Content("\\Windows\\..\\x", "y")}));
}

TEST_F(TreeChanges, LastChangeOfAPathCounts) {
  ASSERT_TRUE(Apply({Content("\\Windows\\a\\f", "1"), Content("\\Windows\\A\\F", "2"),
                     Content("\\Windows\\b\\f", "1"), Remove("\\Windows\\b"),
                     Content("\\Windows\\b\\g", "3")}));
  EXPECT_EQ(HashOf("Windows\\a\\f"), Sha1(AsBytes("2")));
  EXPECT_FALSE(image_.Find("Windows\\b\\f"));
}

TEST_F(TreeChanges, ProofFindsEveryKindOfDifference) {
  const std::vector<FileChange> changes{
      Make(FileChange::Kind::kDirectory, "\\Windows\\d"), Content("\\Windows\\d\\f", "f"),
      Link("\\Windows\\System32\\f", "\\Windows\\d\\f"), Remove("\\Windows\\WinSxS")};
  const auto broken = [&](auto&& damage) {
    auto image = wim::Image::Parse(image_.Serialise());
    EXPECT_TRUE(image);
    EXPECT_TRUE(ApplyFileChanges(*image, changes, stored_, kTime));
    EXPECT_TRUE(ProveFileChanges(*image, changes, stored_));
    damage(*image);
    return !ProveFileChanges(*image, changes, stored_);
  };
  EXPECT_TRUE(broken([](auto& image) { EXPECT_TRUE(image.Remove(*image.Find("Windows\\d"))); }));
  EXPECT_TRUE(broken([](auto& image) {
    EXPECT_TRUE(image.SetContent(*image.Find("Windows\\d\\f"), Sha1(AsBytes("g")), 1));
  }));
  EXPECT_TRUE(broken([](auto& image) {
    const auto link = *image.Find("Windows\\System32\\f");
    const auto hash = image.hash(link);
    EXPECT_TRUE(image.Remove(link));
    EXPECT_TRUE(image.AddFile(*image.Find("Windows\\System32"), "f", {}, hash, 1));
  }));
  EXPECT_TRUE(broken([](auto& image) {
    wim::EntryMetadata metadata;
    metadata.attributes = wim::kAttributeDirectory;
    EXPECT_TRUE(image.AddDirectory(*image.Find("Windows"), "WinSxS", metadata));
  }));
}

}  // namespace
}  // namespace ww::servicing
