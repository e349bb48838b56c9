#include "address.h"

#include <gtest/gtest.h>

#include "json_text.h"
#include "wimwright/http/target.h"

namespace ww::adminservice {
namespace {

using Kind = Address::Kind;

Result<Address> Parse(std::string_view target) {
  const auto parsed = http::ParseTarget(target);
  if (!parsed) return Fail(parsed.error());
  return ParseAddress(parsed->segments);
}

TEST(Address, KindsAreToldFromTheSyntax) {
  const std::pair<const char*, Kind> kCases[] = {
      {"/AdminService", Kind::kRoot},
      {"/adminservice/OpenAPI.json", Kind::kOpenApi},
      {"/AdminService/wmi", Kind::kServiceDocument},
      {"/AdminService/v1.0/$metadata", Kind::kMetadata},
      {"/AdminService/wmi/C", Kind::kSet},
      {"/AdminService/wmi/C()", Kind::kSet},
      {"/AdminService/wmi/C/", Kind::kSet},
      {"/AdminService/wmi/C/$count", Kind::kCount},
      {"/AdminService/wmi/C(5)", Kind::kInstance},
      {"/AdminService/wmi/C/5", Kind::kInstance},
      {"/AdminService/wmi/C.M", Kind::kStaticMethod},
      {"/AdminService/wmi/C/AdminService.M", Kind::kStaticMethod},
      {"/AdminService/wmi/C(5)/AdminService.M", Kind::kInstanceMethod},
      {"/AdminService/wmi/C/5/adminservice.M()", Kind::kInstanceMethod},
  };
  for (const auto& [target, kind] : kCases) {
    const auto address = Parse(target);
    ASSERT_TRUE(address) << target << address.error().message;
    EXPECT_EQ(address->kind, kind) << target;
  }
}

TEST(Address, KeysKeepTheirText) {
  const auto text = [](std::string_view target) {
    const auto address = Parse(target);
    EXPECT_TRUE(address) << target;
    return address ? address->Path().Relative() : "";
  };
  EXPECT_EQ(text("/AdminService/wmi/C(A='it''s, (x)',B=-5,D=true)"),
            "C.A=\"it's, (x)\",B=-5,D=TRUE");
  EXPECT_EQ(text("/AdminService/wmi/C('a/b')"), "C=\"a/b\"");
  EXPECT_EQ(text("/AdminService/wmi/C('a%2Fb')"), "C=\"a/b\"");
  EXPECT_EQ(text("/AdminService/wmi/C/6b3f-11"), "C=\"6b3f-11\"");
  EXPECT_EQ(text("/AdminService/wmi/C(6b3f9d4e-0000-4000-8000-1234567890ab)"),
            "C=\"6b3f9d4e-0000-4000-8000-1234567890ab\"");
  EXPECT_EQ(text("/AdminService/wmi/C('')"), "C=\"\"");
  EXPECT_EQ(text("/AdminService/wmi/C(18446744073709551615)"), "C=18446744073709551615");
  EXPECT_EQ(text("/AdminService/wmi/C('AdminService.X')"), "C=\"AdminService.X\"");
}

TEST(Address, RefusesWhatIsMalformed) {
  for (const char* target :
       {"/AdminService/wmi/C(", "/AdminService/wmi/C('a", "/AdminService/wmi/C('a''",
        "/AdminService/wmi/C('a'b)", "/AdminService/wmi/C('a','b')",
        "/AdminService/wmi/C(A='a','b')", "/AdminService/wmi/C(=1)", "/AdminService/wmi/C(,)",
        "/AdminService/wmi/C(A=1,)", "/AdminService/wmi/C.", "/AdminService/wmi/C(5)x",
        "/AdminService/wmi/C/5/6", "/AdminService/wmi/C.M/x", "/AdminService/wmi/1C",
        "/AdminService/wmi/$batch", "/Other/wmi/C", "/AdminService/wmi/C/$count/x",
        "/AdminService/wmi/C/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f"}) {
    const auto address = Parse(target);
    EXPECT_FALSE(address) << target;
    if (!address) {
      EXPECT_NE(address.error().hresult, 0U);
    }
  }
}

TEST(Address, WhatIsWrittenIsReadAgain) {
  cim::ObjectPath path;
  path.class_name = "C";
  path.kind = cim::ObjectPath::Kind::kInstance;
  path.keys = {{"A", cim::Value::String("it's a/b (100%)")}, {"B", cim::Value::Int(-5)}};
  const auto again = Parse("/AdminService/wmi/" + AddressOf(path));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->Path(), path);
}

TEST(JsonText, EscapesWhatJsonDemandsAndRepairsUtf8) {
  EXPECT_EQ(JsonText("a\"b\\c\n\r\t\x01\x7f"), R"("a\"b\\c\n\r\t\u0001\u007f")");
  EXPECT_EQ(JsonText("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"),
            "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"");
  EXPECT_EQ(JsonText("a\xFF\xC3"), "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(JsonText("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // a surrogate
  EXPECT_EQ(JsonText(""), "\"\"");
}

}  // namespace
}  // namespace ww::adminservice
