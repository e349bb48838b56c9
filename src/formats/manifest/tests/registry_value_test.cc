#include "wimwright/manifest/registry_value.h"

#include <gtest/gtest.h>

#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

std::string Encoded(std::string_view type, std::string_view value) {
  const auto data = EncodeRegistryValue(type, value);
  if (!data) return std::string(CodeName(data.error().code));
  return std::to_string(data->type) + ":" + ToHex(data->data);
}

const std::string kCorrupt(CodeName(Code::kCorrupt));
const std::string kUnsupported(CodeName(Code::kUnsupported));

TEST(RegistryValue, WritesStringsWithTerminator) {
  EXPECT_EQ(Encoded("REG_SZ", "Ab"), "1:410062000000");
  EXPECT_EQ(Encoded("REG_SZ", ""), "1:0000");
  EXPECT_EQ(Encoded("REG_EXPAND_SZ", "%a%"), "2:2500610025000000");
  EXPECT_EQ(Encoded("reg_sz", "\xE2\x82\xAC"), "1:ac200000");
}

TEST(RegistryValue, WritesNumbers) {
  EXPECT_EQ(Encoded("REG_DWORD", "0x00000001"), "4:01000000");
  EXPECT_EQ(Encoded("REG_DWORD", "0XfFfFfFfF"), "4:ffffffff");
  EXPECT_EQ(Encoded("REG_DWORD", "4294967295"), "4:ffffffff");
  EXPECT_EQ(Encoded("REG_DWORD", "-1"), "4:ffffffff");
  EXPECT_EQ(Encoded("REG_DWORD", "-2147483648"), "4:00000080");
  EXPECT_EQ(Encoded("REG_QWORD", "0x1122334455667788"), "11:8877665544332211");
  EXPECT_EQ(Encoded("REG_QWORD", "8877665544332211"), "11:8877665544332211");
}

TEST(RegistryValue, RefusesNumbersThatDoNotFit) {
  for (const char* bad : {"", "0x", "0x100000000", "4294967296", "-2147483649", "1x", "0x1g", "--1",
                          "- 1", "99999999999999999999999"}) {
    EXPECT_EQ(Encoded("REG_DWORD", bad), kCorrupt) << bad;
  }
  for (const char* bad : {"", "0x", "12", "0x11223344556677889", "112233445566778g"}) {
    EXPECT_EQ(Encoded("REG_QWORD", bad), kCorrupt) << bad;
  }
}

TEST(RegistryValue, WritesListsFromOneCsvRecord) {
  EXPECT_EQ(Encoded("REG_MULTI_SZ", "\"a\",\"b\""), "7:61000000620000000000");
  EXPECT_EQ(Encoded("REG_MULTI_SZ", "\"a\\b\""), "7:61005c00620000000000");
  EXPECT_EQ(Encoded("REG_MULTI_SZ", "\"a\"\"b\""),
            "7:6100220062000000"
            "0000");
  EXPECT_EQ(Encoded("REG_MULTI_SZ", "\"a,b\""), "7:61002c00620000000000");
  EXPECT_EQ(Encoded("REG_MULTI_SZ", "a,\"b\""), "7:61000000620000000000");
  EXPECT_EQ(Encoded("REG_MULTI_SZ", ""), "7:0000");
  EXPECT_EQ(Encoded("REG_MULTI_SZ", "\"\""), "7:0000");
}

TEST(RegistryValue, RefusesBrokenLists) {
  for (const char* bad : {"\"a", "\"a\"b", "a\"b", "\"a\",", "\"a\",\"\",\"b\"", ","}) {
    EXPECT_EQ(Encoded("REG_MULTI_SZ", bad), kCorrupt) << bad;
  }
}

TEST(RegistryValue, WritesHexadecimalData) {
  EXPECT_EQ(Encoded("REG_BINARY", "00fF"), "3:00ff");
  EXPECT_EQ(Encoded("REG_BINARY", ""), "3:");
  EXPECT_EQ(Encoded("REG_NONE", "01"), "0:01");
  EXPECT_EQ(Encoded("REG_RESOURCE_LIST", "01"), "8:01");
  EXPECT_EQ(Encoded("REG_RESOURCE_REQUIREMENTS_LIST", "01"), "10:01");
  EXPECT_EQ(Encoded("FFFF0012", "aa"), std::to_string(0xFFFF0012u) + ":aa");
  EXPECT_EQ(Encoded("00040007", ""), std::to_string(0x00040007u) + ":");
  EXPECT_EQ(Encoded("REG_BINARY", "0"), kCorrupt);
  EXPECT_EQ(Encoded("REG_BINARY", "0g"), kCorrupt);
  EXPECT_EQ(Encoded("FFFF0012", "xy"), kCorrupt);
}

TEST(RegistryValue, RefusesUnknownTypes) {
  for (const char* type : {"", "REG_LINK", "REG_DWORD_BIG_ENDIAN", "FFFF001G", "FFFF00123"}) {
    EXPECT_EQ(Encoded(type, "00"), kUnsupported) << type;
  }
}

}  // namespace
}  // namespace ww::manifest
