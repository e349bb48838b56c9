#include "wimwright/hive/hive.h"

#include <algorithm>

#include "hive_testing.h"

namespace ww::hive {
namespace {

using namespace ww::hive::testing;

TEST(Hive, NewHiveHasARootAndNothingElse) {
  auto hive = NewHive();
  const auto info = Get(hive.Info(hive.root()));
  EXPECT_EQ(info.name, "ROOT");
  EXPECT_EQ(info.subkeys, 0u);
  EXPECT_EQ(info.values, 0u);
  EXPECT_EQ(info.last_written, kThen);
  EXPECT_EQ(Get(hive.SecurityDescriptor(hive.root())), Descriptor());
  EXPECT_FALSE(hive.modified());
  EXPECT_TRUE(hive.dirty_pages().empty());
  EXPECT_EQ(ExpectSound(hive).keys, 1u);
}

TEST(Hive, WithoutEditsEveryByteStays) {
  auto made = NewHive();
  Get(made.EnsurePath(made.root(), "A\\B\\C"));
  Bytes bytes = Get(made.ToBytes());
  bytes.resize(bytes.size() + 5000, std::byte{0xAB});  // slack behind the bins is not ours
  auto hive = Get(Hive::Open(MemoryStorage(bytes)));
  Get(hive.FindPath(hive.root(), "a\\b\\c"));
  Ok(CheckHive(hive));
  Ok(hive.Finish());
  EXPECT_EQ(Get(hive.ToBytes()), bytes);
  EXPECT_FALSE(hive.modified());
}

TEST(Hive, EditsThatChangeNothingLeaveTheBytesAlone) {
  auto made = NewHive();
  const auto key = Get(made.EnsurePath(made.root(), "A"));
  Ok(made.SetValue(key, "v", MakeSz("text")));
  const Bytes bytes = Get(made.ToBytes());
  auto hive = Get(Hive::Open(MemoryStorage(bytes)));
  const auto again = Get(hive.EnsurePath(hive.root(), "a"));
  Ok(hive.SetValue(again, "V", MakeSz("text")));
  EXPECT_FALSE(Get(hive.DeleteValue(again, "w")));
  Ok(hive.SetSecurityDescriptor(again, Descriptor()));
  EXPECT_EQ(hive.DeleteTree(again, "none").error().code, Code::kNotFound);
  EXPECT_EQ(Get(hive.ToBytes()), bytes);
}

TEST(Hive, PathsAreFoundWithoutCaseAndNamesKeepTheirSpelling) {
  auto hive = NewHive();
  const auto key = Get(hive.EnsurePath(hive.root(), "Software\\Größe\\Ключ\\\xE4\xB8\xAD"));
  EXPECT_EQ(Get(hive.FindPath(hive.root(), "SOFTWARE\\GRÖßE\\КЛЮЧ\\\xE4\xB8\xAD")), key);
  EXPECT_EQ(Get(hive.FindPath(hive.root(), "")), hive.root());
  EXPECT_EQ(Get(hive.FindPath(hive.root(), "Software\\x")), std::nullopt);
  EXPECT_EQ(Get(hive.Info(*Get(hive.Parent(key)))).name, "Ключ");
  auto reopened = Reopen(hive);
  EXPECT_TRUE(Get(reopened.FindPath(reopened.root(), "software\\größe\\КЛЮЧ\\\xE4\xB8\xAD")));
  EXPECT_EQ(SubkeyNames(reopened, reopened.root()), std::vector<std::string>{"Software"});
  ExpectSound(reopened);
}

TEST(Hive, LoneSurrogatesInNamesRoundTrip) {
  auto hive = NewHive();
  const std::string name = "a\xED\xA0\x80";
  Get(hive.EnsurePath(hive.root(), name));
  auto reopened = Reopen(hive);
  EXPECT_EQ(SubkeyNames(reopened, reopened.root()), std::vector<std::string>{name});
  ExpectSound(reopened);
}

TEST(Hive, ImpossibleNamesAreUsageErrorsAndHarmNothing) {
  auto hive = NewHive();
  for (const std::string& bad : {std::string("\\"), std::string("a\\\\b"), std::string("a\\"),
                                 std::string(256, 'x'), std::string("\xFF")}) {
    EXPECT_EQ(hive.EnsurePath(hive.root(), bad).error().code, Code::kUsage) << bad;
  }
  EXPECT_EQ(hive.SetValue(hive.root(), std::string(16384, 'n'), MakeDword(1)).error().code,
            Code::kUsage);
  Get(hive.EnsurePath(hive.root(), std::string(255, 'x')));
  Ok(hive.SetValue(hive.root(), std::string(16383, 'n'), MakeDword(1)));
  auto reopened = Reopen(hive);
  EXPECT_EQ(ExpectSound(reopened).keys, 2u);
  EXPECT_TRUE(Get(reopened.GetValue(reopened.root(), std::string(16383, 'N'))));
}

TEST(Hive, DepthIsLimitedLikeWindows) {
  auto hive = NewHive();
  std::string path = "k";
  for (int i = 1; i < 512; ++i) path += "\\k";
  const auto deepest = Get(hive.EnsurePath(hive.root(), path));
  EXPECT_EQ(hive.EnsurePath(deepest, "k").error().code, Code::kLimit);
  EXPECT_EQ(ExpectSound(hive).keys, 513u);
  Ok(hive.DeleteTree(hive.root(), "K"));
  EXPECT_EQ(ExpectSound(hive).keys, 1u);
}

TEST(Hive, SubkeysAreKeptSortedByUpperCase) {
  for (const std::uint32_t minor : {3u, 5u, 6u}) {
    auto hive = NewHive(minor);
    for (const char* name :
         {"zeta", "Alpha", "_x", "ärger", "beta", "Ж", "ALPHA2", "б", "~", "Zulu"}) {
      Get(hive.EnsurePath(hive.root(), name));
    }
    auto reopened = Reopen(hive);
    EXPECT_EQ(SubkeyNames(reopened, reopened.root()),
              (std::vector<std::string>{"Alpha", "ALPHA2", "beta", "zeta", "Zulu", "_x", "~",
                                        "ärger", "б", "Ж"}));
    ExpectSound(reopened);
  }
}

TEST(Hive, StampsKeysAndCompletesTheBaseBlock) {
  auto hive = NewHive();
  Get(hive.EnsurePath(hive.root(), "A"));
  const Bytes before = Get(hive.ToBytes());
  auto edited = Get(Hive::Open(MemoryStorage(before)));
  edited.SetTime(kNow);
  const auto key = Get(edited.EnsurePath(edited.root(), "A\\B"));
  Ok(edited.SetValue(key, "v", MakeDword(1)));
  const Bytes after = Get(edited.ToBytes());
  EXPECT_EQ(LoadLe<std::uint32_t>(after.data() + 4), LoadLe<std::uint32_t>(before.data() + 4) + 1);
  EXPECT_EQ(LoadLe<std::uint32_t>(after.data() + 4), LoadLe<std::uint32_t>(after.data() + 8));
  EXPECT_EQ(LoadLe<FileTime>(after.data() + 12), kNow);
  EXPECT_EQ(LoadLe<FileTime>(after.data() + 4096 + 20), kNow);
  EXPECT_EQ(LoadLe<std::uint32_t>(after.data() + 40), after.size() - 4096);
  auto reopened = Get(Hive::Open(MemoryStorage(after)));
  EXPECT_EQ(Get(reopened.Info(reopened.root())).last_written, kThen);
  EXPECT_EQ(Get(reopened.Info(*Get(reopened.FindPath(reopened.root(), "A")))).last_written, kNow);
  EXPECT_EQ(Get(reopened.Info(*Get(reopened.FindPath(reopened.root(), "A\\B")))).last_written,
            kNow);
}

TEST(Hive, DirtyPagesAreExactlyThoseThatDiffer) {
  auto made = NewHive();
  for (int i = 0; i < 3000; ++i) {
    const auto key = Get(made.EnsurePath(made.root(), "k" + std::to_string(i)));
    Ok(made.SetValue(key, "v", MakeBinary(Bytes(300, std::byte{1}))));
  }
  const Bytes before = Get(made.ToBytes());
  auto hive = Get(Hive::Open(MemoryStorage(before)));
  hive.SetTime(kNow);
  Ok(hive.SetValue(*Get(hive.FindPath(hive.root(), "k1500")), "v",
                   MakeBinary(Bytes(300, std::byte{2}))));
  const Bytes after = Get(hive.ToBytes());
  const auto dirty = hive.dirty_pages();
  EXPECT_LE(dirty.size(), 3u);
  for (std::uint32_t page = 0; page * std::size_t{kPageSize} < after.size(); ++page) {
    const std::size_t start = page * std::size_t{kPageSize};
    const std::size_t end = std::min(start + kPageSize, after.size());
    const bool same =
        end <= before.size() && std::equal(after.begin() + static_cast<std::ptrdiff_t>(start),
                                           after.begin() + static_cast<std::ptrdiff_t>(end),
                                           before.begin() + static_cast<std::ptrdiff_t>(start));
    EXPECT_EQ(!same, std::ranges::find(dirty, page) != dirty.end()) << page;
  }
  EXPECT_EQ(after.size(), before.size());
}

TEST(Hive, SlackBehindTheBinsDoesNotShineThroughNewBins) {
  auto made = NewHive();
  Bytes bytes = Get(made.ToBytes());
  bytes.resize(bytes.size() + 100000, std::byte{0xFF});
  auto hive = Get(Hive::Open(MemoryStorage(bytes)));
  for (int i = 0; i < 200; ++i) Get(hive.EnsurePath(hive.root(), "k" + std::to_string(i)));
  auto reopened = Reopen(hive);
  EXPECT_EQ(ExpectSound(reopened).keys, 201u);
}

TEST(Hive, DescriptorsAreSharedAndGoWithTheirLastKey) {
  auto hive = NewHive();
  const auto a = Get(hive.EnsurePath(hive.root(), "a"));
  const auto b = Get(hive.EnsurePath(hive.root(), "b\\c"));
  EXPECT_EQ(ExpectSound(hive).security_cells, 1u);
  Ok(hive.SetSecurityDescriptor(a, Descriptor(1)));
  Ok(hive.SetSecurityDescriptor(b, Descriptor(1)));
  EXPECT_EQ(ExpectSound(hive).security_cells, 2u);
  Ok(hive.SetSecurityDescriptor(hive.root(), Descriptor(2)));
  EXPECT_EQ(ExpectSound(hive).security_cells, 3u);
  auto reopened = Reopen(hive);
  const auto key = Get(reopened.EnsurePath(*Get(reopened.FindPath(reopened.root(), "b\\c")), "d"));
  EXPECT_EQ(Get(reopened.SecurityDescriptor(key)), Descriptor(1));
  Ok(reopened.SetSecurityDescriptor(key, Descriptor(7)));
  Ok(reopened.SetSecurityDescriptor(key, Descriptor(2)));
  EXPECT_EQ(ExpectSound(reopened).security_cells, 3u);
  Ok(reopened.DeleteSubkeys(reopened.root()));
  EXPECT_EQ(ExpectSound(reopened).security_cells, 1u);
  EXPECT_EQ(Get(reopened.SecurityDescriptor(reopened.root())), Descriptor(2));
}

TEST(Hive, DeletingGivesTheSpaceBack) {
  auto hive = NewHive();
  const auto size = [&] { return Get(hive.ToBytes()).size(); };
  std::size_t first = 0;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 1500; ++i) {
      const auto key =
          Get(hive.EnsurePath(hive.root(), "tree\\" + std::to_string(i * 7919 % 1500) + "\\x"));
      Ok(hive.SetValue(key, "data", MakeBinary(Bytes(static_cast<std::size_t>(i), std::byte{3}))));
    }
    if (round == 0) first = size();
    Ok(hive.DeleteTree(hive.root(), "TREE"));
    EXPECT_EQ(ExpectSound(hive).keys, 1u);
  }
  EXPECT_LE(size(), first + first / 50);
}

TEST(Hive, FailedChangesMakeTheHiveUnusable) {
  auto made = NewHive();
  Get(made.EnsurePath(made.root(), "a"));
  Bytes bytes = Get(made.ToBytes());
  auto probe = Get(Hive::Open(MemoryStorage(bytes)));
  const auto key = static_cast<std::uint32_t>(*Get(probe.FindPath(probe.root(), "a")));
  StoreLe<std::uint32_t>(bytes.data() + 4096 + key + 4 + 44, 0x10);  // its security cell
  auto hive = Get(Hive::Open(MemoryStorage(bytes)));
  EXPECT_EQ(hive.DeleteTree(hive.root(), "a").error().code, Code::kCorrupt);
  EXPECT_EQ(hive.Finish().error().code, Code::kCorrupt);
  EXPECT_EQ(hive.EnsurePath(hive.root(), "b").error().code, Code::kCorrupt);
}

TEST(Hive, MovesLikeAValue) {
  auto a = NewHive();
  Get(a.EnsurePath(a.root(), "x"));
  Hive b = std::move(a);
  Get(b.EnsurePath(b.root(), "y"));
  a = std::move(b);
  EXPECT_EQ(SubkeyNames(a, a.root()), (std::vector<std::string>{"x", "y"}));
}

}  // namespace
}  // namespace ww::hive
