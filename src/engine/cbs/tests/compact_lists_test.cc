// The lists of a plan that are kept in a form of their own.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "path_table.h"
#include "registry_writer.h"
#include "wimwright/base/text.h"

namespace ww::cbs {
namespace {

namespace hive = ::ww::hive;

TEST(RegistryWriter, AValueSetTwiceIsWrittenOnceInItsLastForm) {
  RegistryWriter writer;
  writer.Set(HiveKind::kSoftware, "Key", "Name", hive::MakeDword(1));
  writer.CreateKey(HiveKind::kSoftware, "Other", Bytes(3));
  writer.Set(HiveKind::kSoftware, "KEY", "name", hive::MakeSz("longer than before"));
  writer.Set(HiveKind::kSystem, "Key", "Name", hive::MakeDword(2));
  writer.SetIfMissing(HiveKind::kSoftware, "Key", "Name", hive::MakeDword(3));
  EXPECT_EQ(writer.Planned(HiveKind::kSoftware, "key", "NAME"), hive::MakeSz("longer than before"));
  EXPECT_EQ(writer.Planned(HiveKind::kSystem, "key", "NAME"), hive::MakeDword(2));
  EXPECT_FALSE(writer.Planned(HiveKind::kSystem, "key", "other"));
  const auto changes = writer.Take();
  ASSERT_EQ(changes.size(), 4u);
  EXPECT_EQ(changes[0].key, "Key");
  EXPECT_EQ(changes[0].value(), hive::MakeSz("longer than before"));
  EXPECT_EQ(changes[1].kind, RegistryChange::Kind::kCreateKey);
  EXPECT_EQ(changes[1].security_descriptor.size(), 3u);
  EXPECT_EQ(changes[2].hive, HiveKind::kSystem);
  EXPECT_TRUE(changes[2].security_descriptor.empty());
  EXPECT_TRUE(changes[3].HasValue(hive::MakeDword(3)));
}

TEST(RegistryWriter, WhatIsTriedOnACopyLeavesTheOriginalAsItWas) {
  RegistryWriter writer;
  writer.Set(HiveKind::kSoftware, "Key", "Name", hive::MakeDword(1));
  auto copy = writer;
  copy.Set(HiveKind::kSoftware, "Key", "Name", hive::MakeDword(2));
  copy.Set(HiveKind::kSoftware, "Key", "More", hive::MakeDword(3));
  writer.Set(HiveKind::kSoftware, "Else", "More", hive::MakeDword(4));
  const auto changes = writer.Take();
  const auto tried = copy.Take();
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_TRUE(changes[0].HasValue(hive::MakeDword(1)));
  EXPECT_EQ(changes[1].key, "Else");
  ASSERT_EQ(tried.size(), 2u);
  EXPECT_TRUE(tried[0].HasValue(hive::MakeDword(2)));
  EXPECT_EQ(tried[1].key, "Key");
  EXPECT_EQ(tried[1].name, "More");
  EXPECT_FALSE(changes == tried);
  EXPECT_TRUE(tried == RegistryChanges(tried));
}

TEST(PathTable, KnowsPathsInAnyCaseAndTheirDirectories) {
  PathTable table;
  EXPECT_FALSE(table.Find("\\Windows"));
  const auto file = table.Add("\\Windows\\System32\\a.dll");
  EXPECT_EQ(table.Add("\\WINDOWS\\system32\\A.DLL"), file);
  EXPECT_EQ(table.Find("\\windows\\System32\\a.dll"), file);
  EXPECT_TRUE(table.Find("\\Windows"));
  for (const auto* other : {"Windows\\System32\\a.dll", "\\Windows\\System32\\a.dll\\",
                            "\\Windows\\\\System32\\a.dll", "\\a.dll", "a.dll", "\\Windows\\a.dll"})
    EXPECT_FALSE(table.Find(other)) << other;
  const auto top = table.Add("");
  EXPECT_EQ(table.Find("\\"), table.Find("\\"));
  EXPECT_EQ(table.Find(""), top);
}

TEST(PathTable, AgreesWithAMapOfFoldedPaths) {
  std::mt19937 random(7);
  std::map<std::string, std::size_t> known;
  PathTable table;
  for (int i = 0; i < 20000; ++i) {
    std::string path;
    for (auto depth = 1 + random() % 4; depth > 0; --depth) {
      path += '\\';
      path += static_cast<char>('a' + random() % 6);
      if (random() % 2 == 0) path += static_cast<char>('A' + random() % 6);
    }
    const auto number = table.Add(path);
    const auto [at, is_new] = known.try_emplace(FoldCase(path), number);
    ASSERT_EQ(at->second, number) << path;
    ASSERT_LT(number, table.size());
  }
  for (const auto& [path, number] : known) ASSERT_EQ(table.Find(path), number);
}

TEST(PathOwners, TheFirstToClaimAPathHasIt) {
  PathOwners owners;
  EXPECT_FALSE(owners.Find("\\a"));
  EXPECT_EQ(owners.Claim("\\a\\b", "first"), "first");
  EXPECT_EQ(owners.Claim("\\A\\B", "second"), "first");
  EXPECT_FALSE(owners.Find("\\a"));
  auto copy = owners;
  EXPECT_EQ(copy.Claim("\\a", "second"), "second");
  EXPECT_FALSE(owners.Find("\\a"));
  EXPECT_EQ(owners.Claim("\\a", "third"), "third");
  EXPECT_EQ(copy.Find("\\a"), "second");
}

}  // namespace
}  // namespace ww::cbs
