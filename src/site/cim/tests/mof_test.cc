#include "wimwright/cim/mof.h"

#include <gtest/gtest.h>

#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

Result<Schema> Parse(std::string_view text) {
  const MofSource source{"test.mof", text};
  return ParseMof({&source, 1});
}
std::string ErrorOf(std::string_view text) {
  const auto schema = Parse(text);
  return schema ? "" : schema.error().message;
}

TEST(Mof, ReadsClassesWithEverything) {
  const auto schema = Parse(R"(
    // comment
    #pragma namespace("root\\sms")
    [Abstract, Description("one " /* between */ "text"): ToSubclass amended]
    class Base { [key, SizeLimit("3-8")] string Id; uint32 Count = 0x10; };
    class Derived : Base
    {
      [read, ValueMap{"1","2"}, Values{"A","B"}] uint32 Count = 2;
      [BitMap{"0","4"}, BitValues{"LOW","HIGH"}] uint32 Flags;
      uint8 Data[] = {1, 2, 3};
      real64 Ratio = 1.5;
      Base Part;
      Base ref Link;
      [static] uint32 Go([in, id(1)] string Second, [in, id(0), optional] Base First[],
                         [out] string Result);
      void Stop();
    };)");
  ASSERT_TRUE(schema) << schema.error().message;
  const auto base = schema->Find("BASE");
  const auto derived = schema->Find("derived");
  ASSERT_NE(derived, nullptr);
  EXPECT_TRUE(base->abstract());
  EXPECT_FALSE(derived->abstract());
  EXPECT_EQ(base->name_space(), "root\\sms");
  EXPECT_EQ(base->qualifiers().Text("description"), "one text");
  EXPECT_EQ(derived->Derivation(), std::vector<std::string>{"Base"});
  EXPECT_EQ(derived->Dynasty(), "Base");
  EXPECT_TRUE(derived->IsA("base"));
  EXPECT_FALSE(base->IsA("derived"));

  // Inherited ones keep their place, overrides what they do not replace.
  EXPECT_EQ(derived->FindProperty("id"), 0U);
  EXPECT_EQ(derived->FindProperty("COUNT"), 1U);
  const auto* count = derived->Property("Count");
  EXPECT_EQ(count->origin, "Base");
  EXPECT_TRUE(count->read_only);
  EXPECT_EQ(count->default_value, Value::Uint(2));
  ASSERT_EQ(count->values.size(), 2U);
  EXPECT_EQ(count->values[1].name, "B");
  EXPECT_FALSE(base->Property("Count")->read_only);
  EXPECT_EQ(base->Property("Count")->default_value, Value::Uint(16));
  const auto* flags = derived->Property("Flags");
  EXPECT_TRUE(flags->bits);
  EXPECT_EQ(flags->values[1].value, 16);
  EXPECT_EQ(derived->Property("Id")->min_size, 3U);
  EXPECT_EQ(derived->Property("Id")->max_size, 8U);
  EXPECT_EQ(ToString(derived->Property("Link")->type), "Base ref");
  EXPECT_EQ(derived->Property("Data")->default_value.AsArray()->size(), 3U);

  const auto* go = derived->FindMethod("GO");
  ASSERT_NE(go, nullptr);
  EXPECT_TRUE(go->is_static);
  EXPECT_EQ(go->parameters[0].name, "First");
  EXPECT_TRUE(go->parameters[0].optional);
  EXPECT_EQ(go->in_class->name(), "__PARAMETERS");
  EXPECT_EQ(go->in_class->properties()[1].name, "Second");
  EXPECT_EQ(go->out_class->properties()[0].name, "ReturnValue");
  EXPECT_TRUE(derived->FindMethod("Stop")->returns_void);
  EXPECT_TRUE(derived->FindMethod("Stop")->out_class->properties().empty());
}

TEST(Mof, FindsSubclassesAndWhatCanHaveInstances) {
  const auto schema = LoadBuiltInSchema();
  ASSERT_TRUE(schema) << schema.error().message;
  EXPECT_EQ(schema->Subclasses("SMS_PackageBaseclass", false).size(), 4U);
  EXPECT_GT(schema->Subclasses("SMS_BaseClass", true).size(),
            schema->Subclasses("SMS_BaseClass", false).size());
  EXPECT_EQ(schema->ConcreteClasses("SMS_PackageBaseclass").size(), 4U);
  EXPECT_TRUE(schema->ConcreteClasses("SMS_ScheduleToken").empty());
  EXPECT_EQ(schema->Find("SMS_ProviderLocation")->name_space(), "root\\sms");
  EXPECT_EQ(schema->Find("SMS_Site")->name_space(), "");
  const auto missing = schema->Get("SMS_Nothing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().hresult, static_cast<std::uint32_t>(WbemStatus::kInvalidClass));
}

TEST(Mof, DoesNotMindTheOrderOfClasses) {
  EXPECT_TRUE(Parse("class B : A { }; class A { B Part; };"));
}

TEST(Mof, NamesThePlaceOfADefect) {
  EXPECT_EQ(ErrorOf("class A\n{\n  string Name\n};"), "test.mof:4:1: expected ';'");
  EXPECT_EQ(ErrorOf("class A { string B = \"x\n\"; };"),
            "test.mof:1:22: text without closing quote");
}

TEST(Mof, RefusesWhatContradictsItself) {
  for (const auto* text : {
           "class A : A { };",
           "class A : B { }; class B : A { };",
           "class A : Missing { };",
           "class A { Missing X; };",
           "class A { }; class a { };",
           "class A { string X; uint32 x; };",
           "class A { string X; }; class B : A { uint32 X; };",
           "class A { uint8 X = 256; };",
           "class A { uint8 X = \"text\"; };",
           "class A { [key] string X[]; };",
           "class A { [SizeLimit(\"a\")] string X; };",
           "class A { [Range(\"9-1\")] uint32 X; };",
           "class A { [ValueMap{\"1\"}, Values{\"a\",\"b\"}] uint32 X; };",
           "class A { [BitMap{\"64\"}, BitValues{\"a\"}] uint32 X; };",
           "class A { uint32 M(); uint32 m(); };",
           "class A { uint32 M([in] string x, [in] uint32 X); };",
           "class A { void X; };",
           "class 1 { };",
           "class A { string X; }",
           "/* no end",
           "#include \"x\"",
           "class A { string X = \"\\q\"; };",
           "class A { sint32 X = 99999999999999999999; };",
           "\x01",
       }) {
    const auto schema = Parse(text);
    ASSERT_FALSE(schema) << text;
    EXPECT_EQ(schema.error().hresult, static_cast<std::uint32_t>(WbemStatus::kInvalidClass));
  }
  EXPECT_TRUE(Parse(""));
}

TEST(Mof, CapsWhatAFileMayAskFor) {
  std::string deep;
  for (int i = 0; i < 100; ++i) {
    deep +=
        "class C" + std::to_string(i) + (i == 0 ? "" : " : C" + std::to_string(i - 1)) + " { };";
  }
  EXPECT_FALSE(Parse(deep));
  std::string wide = "class A {";
  for (int i = 0; i < 1100; ++i) wide += "string P" + std::to_string(i) + ";";
  EXPECT_FALSE(Parse(wide + "};"));
  EXPECT_FALSE(Parse("class " + std::string(300, 'A') + " { };"));
}

}  // namespace
}  // namespace ww::cim
