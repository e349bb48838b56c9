#include "xml.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "canonical.h"
#include "hresults.h"
#include "wimwright/base/text.h"
#include "wimwright/manifest/component.h"
#include "wimwright/manifest/package.h"

namespace ww::manifest {
namespace {

constexpr std::string_view kPackage =
    "<assembly><assemblyIdentity name='A' version='1.0.0.0'/><package/></assembly>";
constexpr std::string_view kComponent =
    "<assembly><assemblyIdentity name='A' version='1.0.0.0'/></assembly>";

// Both parsers refuse `xml` with `code` and 0x800F0900.
void ExpectRefused(std::string_view xml, Code code = Code::kCorrupt) {
  const auto package = ParsePackage(AsBytes(xml));
  const auto component = ParseComponent(AsBytes(xml));
  ASSERT_FALSE(package) << xml.substr(0, 200);
  ASSERT_FALSE(component) << xml.substr(0, 200);
  for (const auto& error : {package.error(), component.error()}) {
    EXPECT_EQ(error.code, code) << xml.substr(0, 200) << ": " << error.message;
    EXPECT_EQ(error.hresult, kCbsXmlParserFailure) << xml.substr(0, 200) << ": " << error.message;
  }
}

std::string With(std::string_view text) {
  return fmt::format(
      "<assembly><assemblyIdentity name='A' version='1.0.0.0'/>{}<package/></assembly>", text);
}

TEST(Xml, TheSmallestDocumentsParse) {
  EXPECT_TRUE(ParsePackage(AsBytes(kPackage)));
  EXPECT_TRUE(ParseComponent(AsBytes(kComponent)));
}

TEST(Xml, RefusesWhatIsNotWellFormed) {
  ExpectRefused("");
  ExpectRefused("   ");
  ExpectRefused("<");
  ExpectRefused("<assembly");
  ExpectRefused("<assembly>");
  ExpectRefused("</assembly>");
  ExpectRefused("<assembly></wrong>");
  ExpectRefused("<assembly/><assembly/>");
  ExpectRefused("x<assembly/>");
  ExpectRefused("<assembly/>x");
  ExpectRefused("<assembly a=b/>");
  ExpectRefused("<assembly a='b/>");
  ExpectRefused("<assembly a='<'/>");
  ExpectRefused("<assembly <b/>/>");
  ExpectRefused("<assembly>&undefined;</assembly>");
  ExpectRefused("<assembly>a & b</assembly>");
  ExpectRefused("<assembly>\x01</assembly>");
  ExpectRefused("<assembly a='\x02'/>");
  ExpectRefused("<!-- no end");
  ExpectRefused("<?xml no end");
  ExpectRefused("<assembly><![CDATA[ no end </assembly>");
  ExpectRefused("<![CDATA[x]]><assembly/>");
  ExpectRefused("<!--only a comment-->");
  ExpectRefused(std::string_view("<assembly>\0</assembly>", 22));
}

TEST(Xml, RefusesEveryPrefixOfADocument) {
  for (std::size_t size = 0; size < kPackage.size(); ++size) {
    EXPECT_FALSE(ParsePackage(AsBytes(kPackage.substr(0, size)))) << size;
  }
}

TEST(Xml, RefusesDoctypesAndEntities) {
  ExpectRefused("<!DOCTYPE assembly><assembly/>");
  ExpectRefused("<!doctype assembly []><assembly/>");
  ExpectRefused(
      "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
      "<assembly>&x;</assembly>");
  std::string laughs = "<!DOCTYPE lolz [<!ENTITY l0 'lol'>";
  for (int i = 1; i < 10; ++i) {
    laughs +=
        fmt::format("<!ENTITY l{0} '&l{1};&l{1};&l{1};&l{1};&l{1};&l{1};&l{1};&l{1};'>", i, i - 1);
  }
  ExpectRefused(laughs + "]><assembly>&l9;</assembly>");
  ExpectRefused("<assembly><!ELEMENT a></assembly>");
}

TEST(Xml, RefusesCharacterReferencesThatXmlForbids) {
  // pugixml would make NUL of the first, and cut the value there.
  for (const char* bad : {"&#0;", "&#x0;", "&#xD800;", "&#x110000;", "&#xFFFF;", "&#;", "&#x;",
                          "&#1;", "&#99999999999999999999;", "&#-1;"}) {
    ExpectRefused(fmt::format("<assembly a='{}'/>", bad));
    ExpectRefused(fmt::format("<assembly>{}</assembly>", bad));
  }
  const auto good = ParsePackage(
      AsBytes("<assembly description='&#65;&#x42;&amp;&lt;&gt;&quot;&apos;&#10;'><assemblyIdentity "
              "name='A' "
              "version='1.0.0.0'/><package/></assembly>"));
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->description, "AB&<>\"'\n");
}

TEST(Xml, CapsTheDepth) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  for (int i = 0; i < 100'000; ++i) deep += "</a>";
  ExpectRefused(With(deep), Code::kLimit);
  std::string parents;
  for (int i = 0; i < 100'000; ++i) parents += "<parent>";
  ExpectRefused("<assembly><package>" + parents, Code::kLimit);
}

TEST(Xml, CapsCounts) {
  std::string elements;
  for (int i = 0; i < 1'000'001; ++i) elements += "<a/>";
  ExpectRefused(With(elements), Code::kLimit);
  std::string comments;
  for (int i = 0; i < 1'000'001; ++i) comments += "<!---->";
  ExpectRefused(With(comments), Code::kLimit);
  std::string attributes;
  for (int i = 0; i < 513; ++i) attributes += fmt::format(" a{}=''", i);
  ExpectRefused("<assembly" + attributes + "/>", Code::kLimit);
}

TEST(Xml, CapsTheSize) {
  const XmlLimits small{.bytes = 100};
  EXPECT_EQ(XmlDocument::Load(AsBytes(std::string(101, ' ')), small).error().code, Code::kLimit);
  EXPECT_TRUE(XmlDocument::Load(AsBytes("<a/>"), small));
}

TEST(Xml, RefusesDuplicateAttributes) {
  const auto xml = "<assembly a='1' b='2' a='1'/>";
  for (const auto& error :
       {ParsePackage(AsBytes(xml)).error(), ParseComponent(AsBytes(xml)).error()}) {
    EXPECT_EQ(error.code, Code::kCorrupt);
    EXPECT_EQ(error.hresult, kCbsDuplicateAttributes);
  }
}

TEST(Xml, ErrorsNameElementLineAndByte) {
  const auto error =
      ParsePackage(AsBytes("<assembly>\n <assemblyIdentity name='A' version='1.0.0.0'/>"
                           "\n <package>\n  <parent><x/></parent></package></assembly>"))
          .error();
  EXPECT_EQ(error.hresult, kCbsManifestInvalidItem);
  EXPECT_NE(error.message.find("assembly/package/parent/x"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("at line 4, byte 81"), std::string::npos) << error.message;
}

TEST(Xml, ReadsUtf16AndByteOrderMarks) {
  const std::string text =
      "<?xml version='1.0' encoding='utf-16'?><assembly description='\xC3\x84'>"
      "<assemblyIdentity name='A' version='1.0.0.0'/><package/></assembly>";
  const auto little = *Utf8ToUtf16Le(text);
  Bytes big = little;
  for (std::size_t i = 0; i < big.size(); i += 2) std::swap(big[i], big[i + 1]);
  Bytes little_mark = *FromHex("fffe"), big_mark = *FromHex("feff");
  Append(little_mark, little);
  Append(big_mark, big);
  for (const auto& bytes : {little, big, little_mark, big_mark}) {
    const auto package = ParsePackage(bytes);
    ASSERT_TRUE(package) << package.error().message;
    EXPECT_EQ(package->description, "\xC3\x84");
  }
  EXPECT_TRUE(ParsePackage(AsBytes("\xEF\xBB\xBF" + std::string(kPackage))));
  little_mark.pop_back();
  EXPECT_EQ(ParsePackage(little_mark).error().hresult, kCbsXmlParserFailure);
}

TEST(Xml, RefusesOtherEncodings) {
  const std::string latin = "<?xml version='1.0' encoding='iso-8859-1'?>";
  EXPECT_TRUE(ParsePackage(AsBytes(latin + std::string(kPackage))));  // ASCII means the same
  ExpectRefused(latin + "<assembly description='\xC3\x84'/>", Code::kUnsupported);
  ExpectRefused("<assembly description='\xE4'/>");
  ExpectRefused("<assembly description='\xC0\x80'/>");
  ExpectRefused("<assembly description='\xED\xA0\x80'/>");
  ExpectRefused("<assembly description='\xC3");
}

std::string Canonical(std::string_view xml, std::string_view version = "1.2.3.4") {
  const auto document = XmlDocument::Load(AsBytes(xml));
  return document ? CanonicalText((*document)->root(), version) : document.error().message;
}

TEST(CanonicalText, DoesNotDependOnSpelling) {
  EXPECT_EQ(Canonical("<a xmlns='n' y='2' x='1'> t <b/><!-- c --></a>"),
            Canonical("<p:a x=\"1\" y=\"2\" xmlns:p='n'>t\n<p:b></p:b></p:a>"));
  EXPECT_EQ(Canonical("<a y='2' x='1'><b>t</b></a>"), "<{}a x=\"1\" y=\"2\"><b>\"t\"</></>");
}

TEST(CanonicalText, DependsOnMeaning) {
  const auto base = Canonical("<a x='1'><b/>t</a>");
  for (const char* other : {"<a x='2'><b/>t</a>", "<a y='1'><b/>t</a>", "<a x='1'><c/>t</a>",
                            "<a x='1'><b/>u</a>", "<a x='1'>t<b/></a>", "<a x='1'><b>t</b></a>",
                            "<a xmlns='n' x='1'><b/>t</a>", "<a x='1'><b xmlns='n'/>t</a>"}) {
    EXPECT_NE(Canonical(other), base) << other;
  }
  EXPECT_NE(Canonical("<a x='1\" y=\"2'/>"), Canonical("<a x='1' y='2'/>"));
}

TEST(CanonicalText, ReplacesOnlyTheOwnWholeVersion) {
  EXPECT_EQ(Canonical("<a v='1.2.3.4'>x_1.2.3.4_y</a>", "1.2.3.4"),
            Canonical("<a v='1.2.3.5'>x_1.2.3.5_y</a>", "1.2.3.5"));
  EXPECT_EQ(WithoutVersion("11.2.3.4 1.2.3.40 1.2.3.4.5 1.2.3.4", "1.2.3.4"),
            "11.2.3.4 1.2.3.40 1.2.3.4.5 {version}");
  EXPECT_EQ(WithoutVersion("1.2.3.4", ""), "1.2.3.4");
}

}  // namespace
}  // namespace ww::manifest
