#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cix_index.h"
#include "cix_members.h"
#include "test_cabinet.h"
#include "wimwright/delta/encode.h"

namespace ww::cab {
namespace {

std::string Hash(std::string_view content) {
  return fmt::format(R"(<Hash alg="SHA1" value="{}"/>)", ToHex(Sha1(AsBytes(content))));
}
std::string Source(std::string_view type, std::string_view member, std::string_view content) {
  return fmt::format(R"(<Source type="{}" name="{}">{}</Source>)", type, member, Hash(content));
}
std::string Basis(int id) { return fmt::format(R"(<Basis file="{}"/>)", id); }
std::string Entry(int id, std::string_view name, std::string_view content, std::string_view delta) {
  return fmt::format(
      R"(<File id="{}" name="{}" length="{}" time="129964420342758555" attr="32">{}<Delta>{}</Delta></File>)",
      id, name, content.size(), Hash(content), delta);
}
std::string Index(std::string_view files, std::string_view type = "CAB") {
  return fmt::format(
      R"(<Container name="x.cab" type="{}" length="1" version="1" xmlns="urn:ContainerIndex"><Description/><Files>{}</Files></Container>)",
      type, files);
}

Code ParseCode(const std::string& xml) {
  const auto parsed = ParseCix(AsBytes(xml));
  return parsed ? Code{0} : parsed.error().code;
}

TEST(CixIndex, ReadsTheFourForms) {
  const auto xml = Index(Entry(9, "a.mum", "A", Source("RAW", "a.mum", "A")) +
                         Entry(3, "b", "B", Source("PA30", "0", "?")) +
                         Entry(4, "c\\d", "D", Source("PA30", "1", "?") + Basis(9)) +
                         Entry(5, "e", "B", Basis(3)));
  const auto parsed = ParseCix(AsBytes(xml));
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->size(), 4U);
  EXPECT_EQ((*parsed)[0].name, "a.mum");
  EXPECT_EQ((*parsed)[0].time, 129964420342758555U);
  EXPECT_EQ((*parsed)[0].attributes, 32U);
  EXPECT_EQ((*parsed)[0].source->kind, CixSourceKind::kRaw);
  EXPECT_FALSE((*parsed)[1].basis);
  EXPECT_EQ((*parsed)[2].basis, 0U);
  EXPECT_EQ((*parsed)[3].basis, 1U);
  EXPECT_FALSE((*parsed)[3].source);
}

TEST(CixIndex, RefusesContradictions) {
  EXPECT_EQ(ParseCode("<nothing"), Code::kCorrupt);
  EXPECT_EQ(ParseCode("<Container/>"), Code::kCorrupt);
  EXPECT_EQ(ParseCode(Index(Entry(1, "a", "A", ""))), Code::kCorrupt) << "neither source nor basis";
  EXPECT_EQ(ParseCode(Index(Entry(1, "a", "A", Basis(2)))), Code::kCorrupt) << "unknown basis";
  EXPECT_EQ(ParseCode(Index(Entry(1, "a", "A", Basis(1)))), Code::kCorrupt) << "own basis";
  EXPECT_EQ(ParseCode(Index(Entry(1, "a", "A", Basis(2)) + Entry(2, "b", "A", Basis(3)) +
                            Entry(3, "c", "A", Basis(1)))),
            Code::kCorrupt);
  EXPECT_EQ(ParseCode(Index(Entry(1, "a", "A", Source("RAW", "a", "A")) +
                            Entry(1, "b", "B", Source("RAW", "b", "B")))),
            Code::kCorrupt)
      << "id twice";
  EXPECT_EQ(ParseCode(Index(Entry(1, "..\\a", "A", Source("RAW", "a", "A")))), Code::kCorrupt);
  EXPECT_EQ(ParseCode(Index(Entry(1, "a", "A", Source("RAW", "C:\\a", "A")))), Code::kCorrupt);
  EXPECT_EQ(ParseCode(Index(R"(<File id="1" name="a" length="-1"/>)")), Code::kCorrupt);
  EXPECT_EQ(ParseCode(Index(R"(<File id="1" name="a" length="99999999999999999999"/>)")),
            Code::kCorrupt);
}

TEST(CixIndex, RefusesShapesThatNeedMoreThanThePackage) {
  const auto good = Entry(1, "a", "A", Source("RAW", "a", "A"));
  EXPECT_EQ(ParseCode(Index(good)), Code{0});
  EXPECT_EQ(ParseCode(Index(good, "PSF")), Code::kUnsupported);
  EXPECT_EQ(ParseCode(Index(good, "PSFX")), Code::kUnsupported);
  EXPECT_EQ(ParseCode(Index(Entry(1, "a", "A", Source("LZX", "a", "A")))), Code::kUnsupported);
  EXPECT_EQ(
      ParseCode(Index(Entry(1, "a", "A", Source("PA30", "0", "A") + Source("PA30", "1", "A")))),
      Code::kUnsupported);
  EXPECT_EQ(ParseCode(Index(Entry(1, "a", "A", R"(<Source type="RAW" offset="1" length="1"/>)"))),
            Code::kUnsupported);
  EXPECT_EQ(ParseCode(Index(
                Entry(1, "a", "A", R"(<Basis length="3"><Hash alg="SHA1" value="00"/></Basis>)"))),
            Code::kUnsupported);
  auto search = Index(good);
  search.insert(search.find("<Files>"), "<DeltaBasisSearch/>");
  EXPECT_EQ(ParseCode(search), Code::kUnsupported);
}

TEST(CixIndex, LongChainsAndDeepXmlAreNoTrouble) {
  std::string files = Entry(0, "f0", "A", Source("RAW", "f0", "A"));
  for (int i = 1; i < 20'000; ++i) files += Entry(i, "f" + std::to_string(i), "A", Basis(i - 1));
  EXPECT_EQ(ParseCode(Index(files)), Code{0});
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<a>";
  for (int i = 0; i < 200'000; ++i) deep += "</a>";
  EXPECT_NE(ParseCode(deep), Code{0});
}

std::string Delta(std::string_view from, std::string_view to) {
  const auto delta = delta::Encode(AsBytes(from), AsBytes(to), {});
  EXPECT_TRUE(delta);
  return delta ? std::string(AsText(*delta)) : "";
}

Result<std::unique_ptr<Members>> Open(std::vector<test::TestFile> stored, const std::string& xml) {
  stored.push_back({"_manifest_.cix.xml", xml});
  auto cabinet = test::OpenBytes(test::StoredCabinet(stored));
  if (!cabinet) return Fail(cabinet.error());
  return OpenIntraPackageDelta(*std::move(cabinet));
}

// A package in which every base stands behind its users, in the index and in the cabinet.
struct Backwards {
  std::string a = "the base of everything: " + std::string(500, 'a');
  std::string b = "the base of everything: " + std::string(400, 'a') + "b";
  std::string c = "the base of everything: " + std::string(300, 'a') + "c";
  std::string delta_ab = Delta(a, b);
  std::string delta_bc = Delta(b, c);
  std::vector<test::TestFile> stored = {{"0", delta_bc}, {"1", delta_ab}, {"a.txt", a}};
  std::string xml = Index(Entry(1, "copy of c", c, Basis(2)) +
                          Entry(2, "x\\c", c, Source("PA30", "0", delta_bc) + Basis(3)) +
                          Entry(3, "x\\b", b, Source("PA30", "1", delta_ab) + Basis(4)) +
                          Entry(4, "a.txt", a, Source("RAW", "a.txt", a)));
};

TEST(CixMembers, RebuildsInAnyOrder) {
  const Backwards p;
  auto opened = Open(p.stored, p.xml);
  ASSERT_TRUE(opened) << opened.error().message;
  const std::map<std::string, std::string> expected = {
      {"copy of c", p.c}, {"x\\c", p.c}, {"x\\b", p.b}, {"a.txt", p.a}};
  EXPECT_EQ(test::Contents(**opened), expected);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto one = (*opened)->Read(i, 10'000);
    ASSERT_TRUE(one) << one.error().message;
    EXPECT_EQ(AsText(*one), expected.at((*opened)->list()[i].name));
  }
}

TEST(CixMembers, VerifiesSources) {
  Backwards p;
  p.stored[1].content.back() ^= 1;  // the delta of b
  auto opened = Open(p.stored, p.xml);
  ASSERT_TRUE(opened);
  EXPECT_TRUE((*opened)->Read(3, 10'000)) << "a does not need it";
  for (const std::size_t i : {0U, 1U, 2U}) {
    EXPECT_EQ((*opened)->Read(i, 10'000).error().code, Code::kCorrupt) << i;
  }
  Backwards q;
  q.stored[2].content[3] ^= 1;  // streamed through, not held
  auto second = Open(q.stored, q.xml);
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->Read(3, 10'000).error().code, Code::kCorrupt);
}

TEST(CixMembers, RefusesPackagesThatDoNotAddUp) {
  const Backwards p;
  auto missing = p.stored;
  missing.erase(missing.begin());
  EXPECT_EQ(Open(missing, p.xml).error().code, Code::kCorrupt);
  auto extra = p.stored;
  extra.push_back({"extra.dll", "x"});
  EXPECT_EQ(Open(extra, p.xml).error().code, Code::kUnsupported);
  auto longer = p.stored;
  longer[2].content += "more";
  EXPECT_EQ(Open(longer, p.xml).error().code, Code::kCorrupt);
  EXPECT_EQ(Open({{"a", "A"}},
                 Index(Entry(1, "a", "A", Source("RAW", "a", "A")) + Entry(2, "A", "A", Basis(1))))
                .error()
                .code,
            Code::kCorrupt)
      << "names that differ in case only";
  EXPECT_EQ(Open({{"a", "A"}},
                 Index(Entry(1, "a", "A", Source("RAW", "a", "A")) + Entry(2, "b", "AA", Basis(1))))
                .error()
                .code,
            Code::kCorrupt)
      << "a copy of another length";
}

TEST(CixMembers, WrongCopyIsNoticed) {
  auto opened = Open({{"a", "A"}}, Index(Entry(1, "a", "A", Source("RAW", "a", "A")) +
                                         Entry(2, "b", "B", Basis(1))));
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->Read(1, 10).error().code, Code::kVerificationFailed);
}

TEST(CixMembers, DeclaredLengthBoundsTheDelta) {
  const auto delta = Delta("", std::string(100'000, 'x'));
  auto xml = Index(Entry(1, "a", "short", Source("PA30", "0", delta)));
  auto opened = Open({{"0", delta}}, xml);
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->Read(0, 1000).error().code, Code::kLimit);
}

TEST(CixMembers, AbsurdLengthsAreRefusedBeforeMemoryIs) {
  const auto delta = Delta("", "x");
  auto xml = Index(Entry(1, "a", "x", Source("PA30", "0", delta)));
  const std::string length = "length=\"1\" time";
  xml.replace(xml.find(length), length.size(), "length=\"18446744073709551615\" time");
  auto opened = Open({{"0", delta}}, xml);
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->Read(0, ~0ULL).error().code, Code::kLimit);
}

}  // namespace
}  // namespace ww::cab
