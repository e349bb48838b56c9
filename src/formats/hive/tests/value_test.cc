#include "wimwright/hive/value.h"

#include <gtest/gtest.h>

namespace ww::hive {
namespace {

Bytes Raw(std::initializer_list<int> bytes) {
  Bytes out;
  for (const int b : bytes) out.push_back(static_cast<std::byte>(b));
  return out;
}

TEST(Value, TextIsStoredAsTerminatedUtf16) {
  EXPECT_EQ(MakeSz("aé"), (Value{kRegSz, Raw({'a', 0, 0xE9, 0, 0, 0})}));
  EXPECT_EQ(MakeSz("").data.size(), 2u);
  EXPECT_EQ(AsText(MakeExpandSz("%SystemRoot%\\x")), "%SystemRoot%\\x");
}

TEST(Value, TextEndsAtTheFirstTerminatorOrTheEnd) {
  EXPECT_EQ(AsText(Value{kRegSz, Raw({'a', 0, 'b', 0})}), "ab");
  EXPECT_EQ(AsText(Value{kRegSz, Raw({'a', 0, 0, 0, 'x', 0})}), "a");
  EXPECT_EQ(AsText(Value{kRegSz, Raw({'a', 0, 'b'})}), "a");
  EXPECT_EQ(AsText(Value{kRegSz, {}}), "");
  EXPECT_EQ(AsText(Value{kRegBinary, Raw({'a', 0})}), std::nullopt);
}

TEST(Value, LoneSurrogatesSurvive) {
  const Value value{kRegSz, Raw({0x00, 0xD8, 'a', 0, 0, 0})};
  EXPECT_EQ(MakeSz(*AsText(value)), value);
}

TEST(Value, InvalidUtf8IsReplacedNotLost) {
  EXPECT_EQ(AsText(MakeSz("a\xFF"
                          "b")),
            "a\xEF\xBF\xBD"
            "b");
}

TEST(Value, NumbersNeedTheirTypeAndSize) {
  EXPECT_EQ(AsDword(MakeDword(0x12345678)), 0x12345678u);
  EXPECT_EQ(AsDword(Value{kRegDwordBigEndian, Raw({1, 2, 3, 4})}), 0x01020304u);
  EXPECT_EQ(AsDword(Value{kRegDword, Raw({1, 2, 3})}), std::nullopt);
  EXPECT_EQ(AsDword(MakeBinary(Raw({1, 2, 3, 4}))), std::nullopt);
  EXPECT_EQ(AsQword(MakeQword(1ull << 40)), 1ull << 40);
}

TEST(Value, MultipleStringsRoundTripWithAndWithoutEnd) {
  const std::vector<std::string> items{"one", "zwei ü"};
  const auto value = MakeMultiSz(items);
  EXPECT_EQ(AsMultiSz(value), items);
  EXPECT_EQ(AsMultiSz(Value{kRegMultiSz, Bytes(value.data.begin(), value.data.end() - 4)}), items);
  EXPECT_EQ(MakeMultiSz({}).data.size(), 2u);
  EXPECT_EQ(AsMultiSz(MakeMultiSz({})), std::vector<std::string>());
}

}  // namespace
}  // namespace ww::hive
