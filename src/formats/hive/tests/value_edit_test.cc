// Values in a hive: every size and every way from one size to another.
#include <algorithm>
#include <array>

#include "hive_testing.h"

namespace ww::hive {
namespace {

using namespace ww::hive::testing;

Bytes Pattern(std::size_t size, unsigned seed = 1) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 + seed + i / 251);
  return bytes;
}

constexpr std::array<std::size_t, 17> kSizes{0,     1,      4,     5,         12,
                                             13,    100,    4000,  4096,      16343,
                                             16344, 16345,  20000, 2 * 16344, 2 * 16344 + 1,
                                             70000, 1000000};

class ValueSizes : public ::testing::TestWithParam<std::uint32_t> {};  // minor version

TEST_P(ValueSizes, EverySizeRoundTrips) {
  auto hive = NewHive(GetParam());
  for (const auto size : kSizes) {
    Ok(hive.SetValue(hive.root(), "v" + std::to_string(size), MakeBinary(Pattern(size))));
  }
  auto reopened = Reopen(hive);
  for (const auto size : kSizes) {
    EXPECT_EQ(Get(reopened.GetValue(reopened.root(), "V" + std::to_string(size))),
              MakeBinary(Pattern(size)));
  }
  EXPECT_EQ(ExpectSound(reopened).values, kSizes.size());
}

TEST_P(ValueSizes, EverySizeReplacesEveryOther) {
  for (const auto from : kSizes) {
    auto hive = NewHive(GetParam());
    const auto key = Get(hive.EnsurePath(hive.root(), "k"));
    for (const auto to : kSizes) {
      Ok(hive.SetValue(key, "v", Value{kRegBinary, Pattern(from, 2)}));
      Ok(hive.SetValue(key, "v", Value{kRegSz, Pattern(to, 3)}));
      ASSERT_EQ(Get(hive.GetValue(key, "v")), (Value{kRegSz, Pattern(to, 3)})) << from << " " << to;
      ASSERT_EQ(ExpectSound(hive).values, 1u) << from << " " << to;
    }
    EXPECT_TRUE(Get(hive.DeleteValue(key, "V")));
    EXPECT_EQ(ExpectSound(hive).values, 0u);
    // All space can be used again: no size leaves anything behind.
    const auto grown = Get(hive.ToBytes()).size();
    for (int i = 0; i < 3; ++i) {
      Ok(hive.SetValue(key, "v", Value{kRegSz, Pattern(1000000)}));
      EXPECT_TRUE(Get(hive.DeleteValue(key, "v")));
    }
    EXPECT_EQ(Get(hive.ToBytes()).size(), grown);
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, ValueSizes, ::testing::Values(3u, 5u), [](const auto& version) {
  return "Minor" + std::to_string(version.param);
});

TEST(ValueEdit, LargeDataUsesSegmentsFromVersion14On) {
  for (const std::uint32_t minor : {3u, 5u}) {
    auto hive = NewHive(minor);
    Ok(hive.SetValue(hive.root(), "v", MakeBinary(Pattern(16345))));
    const Bytes bytes = Get(hive.ToBytes());
    const std::array<std::byte, 4> record{std::byte{'d'}, std::byte{'b'}, std::byte{2},
                                          std::byte{0}};
    const bool found =
        std::search(bytes.begin(), bytes.end(), record.begin(), record.end()) != bytes.end();
    EXPECT_EQ(found, minor == 5);
  }
}

TEST(ValueEdit, DataThatLooksLikeASegmentRecordIsData) {
  Bytes data = ToBytes(std::string_view("db\x02"));
  for (const std::size_t size : {8u, 16344u, 16345u, 40000u}) {
    data.resize(size);
    auto hive = NewHive();
    Ok(hive.SetValue(hive.root(), "v", MakeBinary(data)));
    EXPECT_EQ(Get(hive.GetValue(hive.root(), "v"))->data, data);
    Ok(hive.SetValue(hive.root(), "v", MakeDword(1)));
    ExpectSound(hive);
  }
}

TEST(ValueEdit, OldVersionsRefuseMoreThanAMebibyte) {
  auto hive = NewHive(3);
  EXPECT_EQ(hive.SetValue(hive.root(), "v", MakeBinary(Bytes((1u << 20) + 1))).error().code,
            Code::kLimit);
  Ok(hive.Finish());
}

TEST(ValueEdit, ManyValuesOfOneKeyKeepTheirOrder) {
  auto hive = NewHive();
  std::vector<std::string> expected;
  for (int i = 0; i < 5000; ++i) {
    expected.push_back("value" + std::to_string(i * 7919 % 5000));
    Ok(hive.SetValue(hive.root(), expected.back(), MakeDword(static_cast<std::uint32_t>(i))));
  }
  for (int i = 0; i < 5000; i += 3) {
    EXPECT_TRUE(Get(hive.DeleteValue(hive.root(), "VALUE" + std::to_string(i))));
    std::erase(expected, "value" + std::to_string(i));
  }
  auto reopened = Reopen(hive);
  std::vector<std::string> names;
  Ok(reopened.ForEachValue(
      reopened.root(),
      [&](std::string_view name, std::uint32_t type, std::uint32_t size) -> Status {
        EXPECT_EQ(type, kRegDword);
        EXPECT_EQ(size, 4u);
        names.emplace_back(name);
        return {};
      }));
  EXPECT_EQ(names, expected);
  ExpectSound(reopened);
}

TEST(ValueEdit, LargestNameAndDataAreKeptInTheKey) {
  auto hive = NewHive();
  const auto key = Get(hive.EnsurePath(hive.root(), "0123456789"));
  Ok(hive.SetValue(key, "abc", MakeBinary(Bytes(77))));
  Ok(hive.SetValue(key, "", MakeDword(1)));
  const auto field = [&](KeyId of, std::size_t at) {
    const Bytes bytes = Get(hive.ToBytes());
    return LoadLe<std::uint32_t>(bytes.data() + 4096 + static_cast<std::uint32_t>(of) + 4 + at);
  };
  EXPECT_EQ(field(hive.root(), 52), 20u);
  EXPECT_EQ(field(key, 60), 6u);
  EXPECT_EQ(field(key, 64), 77u);
  EXPECT_TRUE(Get(hive.DeleteValue(key, "abc")));
  EXPECT_TRUE(Get(hive.DeleteValue(key, "")));
  EXPECT_EQ(field(key, 64), 0u);
  Ok(hive.DeleteSubkeys(hive.root()));
  EXPECT_EQ(field(hive.root(), 52), 0u);
}

}  // namespace
}  // namespace ww::hive
