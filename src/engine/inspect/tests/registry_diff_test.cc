#include "wimwright/inspect/registry_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ww::inspect {
namespace {

using hive::Hive;

Hive NewHive() {
  // A descriptor without owner, group and lists: revision 1, self-relative.
  const Bytes descriptor =
      ToBytes(std::string_view("\x01\0\0\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20));
  auto hive = Hive::CreateEmpty("ROOT", descriptor, 1);
  EXPECT_TRUE(hive) << hive.error().message;
  return *std::move(hive);
}

void Set(Hive& hive, std::string_view path, std::string_view name, const hive::Value& value) {
  auto key = hive.EnsurePath(hive.root(), path);
  ASSERT_TRUE(key);
  ASSERT_TRUE(hive.SetValue(*key, name, value));
}

RegistryDifference Diff(Hive* a, Hive* b) {
  RegistryDifference out;
  const auto done = DiffHives("SOFTWARE", a, b, NeverCancelled(), out);
  EXPECT_TRUE(done);
  return out;
}

TEST(RegistryDiff, EqualHivesDoNotDiffer) {
  Hive a = NewHive(), b = NewHive();
  Set(a, "Key\\Sub", "v", hive::MakeSz("x"));
  Set(b, "key\\SUB", "V", hive::MakeSz("x"));  // case does not count
  EXPECT_TRUE(Diff(&a, &b).empty());
}

TEST(RegistryDiff, ListsEachKindOfDifferenceOnce) {
  Hive a = NewHive(), b = NewHive();
  Set(a, "K", "same", hive::MakeDword(1));
  Set(b, "K", "same", hive::MakeDword(1));
  Set(a, "K", "changed", hive::MakeDword(1));
  Set(b, "K", "changed", hive::MakeDword(2));
  Set(a, "K", "gone", hive::MakeSz("old"));
  Set(b, "K", "new", hive::MakeSz("new"));
  Set(b, "K\\Deep\\Below", "", hive::MakeQword(7));
  const auto d = Diff(&a, &b);
  ASSERT_EQ(d.changed.size(), 1u);
  EXPECT_EQ(d.changed[0].name, "changed");
  EXPECT_EQ(ValueText(*d.changed[0].before, 99), "0x00000001");
  EXPECT_EQ(ValueText(*d.changed[0].after, 99), "0x00000002");
  ASSERT_EQ(d.removed.size(), 1u);
  EXPECT_EQ(d.removed[0].name, "gone");
  ASSERT_EQ(d.added.size(), 2u);
  EXPECT_THAT(d.keys_added,
              testing::UnorderedElementsAre("SOFTWARE\\K\\Deep", "SOFTWARE\\K\\Deep\\Below"));
  EXPECT_TRUE(d.keys_removed.empty());
}

TEST(RegistryDiff, ATypeThatChangedIsADifference) {
  Hive a = NewHive(), b = NewHive();
  Set(a, "K", "v", hive::MakeSz("x"));
  Set(b, "K", "v", hive::MakeExpandSz("x"));
  EXPECT_EQ(Diff(&a, &b).changed.size(), 1u);
}

TEST(RegistryDiff, AHiveThatAppearsIsAllNew) {
  Hive b = NewHive();
  Set(b, "K", "v", hive::MakeSz("x"));
  const auto d = Diff(nullptr, &b);
  EXPECT_EQ(d.keys_added.size(), 1u);
  EXPECT_EQ(d.added.size(), 1u);
}

TEST(RegistryDiff, StopsWhenAskedTo) {
  Hive a = NewHive(), b = NewHive();
  Cancellation cancel;
  cancel.Request();
  RegistryDifference out;
  const auto done = DiffHives("SOFTWARE", &a, &b, cancel, out);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kCancelled);
}

TEST(RegistryDiff, ShortensTextBetweenCharacters) {
  EXPECT_EQ(ValueText(hive::MakeSz("abcdef"), 3), "abc...");
  EXPECT_EQ(ValueText(hive::MakeSz("ab\u00e9x"), 3), "ab...");
}

}  // namespace
}  // namespace ww::inspect
