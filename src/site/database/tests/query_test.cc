// What queries mean, on both back-ends.
#include <gmock/gmock.h>

#include "backends.h"
#include "samples.h"

namespace ww::database {
namespace {

using E = Expression;
using testing::ElementsAre;
using testing::IsEmpty;

class QueryContract : public ContractTest {
 protected:
  void SetUp() override {
    ContractTest::SetUp();
    if (IsSkipped()) return;
    Make(SampleSchema());
    const auto filled = database_->Transact(FillSample);
    ASSERT_TRUE(filled) << filled.error().message;
  }
  Result<std::vector<Row>> Fetch(const Select& select) {
    std::vector<Row> rows;
    WW_RETURN_IF_ERROR(database_->Read([&](Transaction& tx) -> Status {
      WW_TRY(rows, tx.Fetch(select), "test");
      WW_TRY(const auto count, tx.Count(select), "test");
      if (!select.limit && select.offset == 0) {
        EXPECT_EQ(count, rows.size());
      }
      return {};
    }));
    return rows;
  }
  // The last digits of the packages' keys, in order; "error: ..." when it fails.
  std::vector<std::string> Keys(Select select) {
    select.columns = {E::Column("PackageID")};
    if (select.order.empty()) select.order = {{E::Column("PackageID")}};
    const auto rows = Fetch(select);
    if (!rows) return {"error: " + rows.error().message};
    std::vector<std::string> out;
    for (const auto& row : *rows) out.emplace_back(row[0].text().substr(7));
    return out;
  }
  std::vector<std::string> Where(E condition) {
    return Keys({.table = "SMS_ImagePackage", .where = std::move(condition)});
  }
  Code FailureOf(E condition) {
    const auto rows = Fetch({.table = "SMS_ImagePackage", .where = std::move(condition)});
    return rows ? Code{} : rows.error().code;
  }
  static E Col(std::string name) { return E::Column(std::move(name)); }
  static E Lit(Value value) { return E::Literal(std::move(value)); }
  static E Cmp(std::string column, Comparison how, Value value) {
    return E::Compare(how, Col(std::move(column)), Lit(std::move(value)));
  }
};

TEST_P(QueryContract, AnswersAllColumnsInOrderOfDefinition) {
  const auto rows =
      Fetch({.table = "sms_imagepackage", .where = E::Equal("packageid", "abc00001")});
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_THAT(*rows, ElementsAre(Row{"ABC00001", "Windows 10", 3, 1.5, "/a",
                                     "20260101000000.000000+000", Null{}}));
}

TEST_P(QueryContract, ComparesTextWithoutCaseWhereTheColumnSaysSo) {
  EXPECT_THAT(Where(E::Equal("Name", "WINDOWS 10")), ElementsAre("1"));
  EXPECT_THAT(Where(E::Equal("Path", "/a")), ElementsAre("1"));
  EXPECT_THAT(Where(E::Equal("Path", "/A")), ElementsAre("2"));
  EXPECT_THAT(Where(Cmp("Name", Comparison::kNotEqual, "WINDOWS 10")), ElementsAre("2", "4", "5"));
  EXPECT_THAT(Where(Cmp("Name", Comparison::kGreater, "WINDOWS 10")), ElementsAre("2"));
  EXPECT_THAT(Where(Cmp("Name", Comparison::kLess, "SERVES")), ElementsAre("4", "5"));
  // ASCII only.
  EXPECT_THAT(Where(E::Equal("Name", "GRÖSSE ß")), IsEmpty());
  EXPECT_THAT(Where(E::Equal("Name", "GRößE ß")), ElementsAre("5"));
}

TEST_P(QueryContract, ComparesNumbers) {
  EXPECT_THAT(Where(Cmp("SourceVersion", Comparison::kGreaterOrEqual, 7)),
              ElementsAre("2", "4", "5"));
  EXPECT_THAT(Where(Cmp("SourceVersion", Comparison::kLess, 7.5)), ElementsAre("1", "2"));
  EXPECT_THAT(Where(Cmp("Size", Comparison::kLessOrEqual, 0)), ElementsAre("4", "5"));
  // Numbers in quotes, as public scripts write them.
  EXPECT_THAT(Where(E::Equal("SourceVersion", "7")), ElementsAre("2"));
  EXPECT_THAT(Where(E::In(Col("SourceVersion"), {"7", 10, 10.5})), ElementsAre("2", "4"));
  EXPECT_THAT(Where(E::Compare(Comparison::kEqual, Lit(7), Col("SourceVersion"))),
              ElementsAre("2"));
  EXPECT_EQ(FailureOf(E::Equal("SourceVersion", "seven")), Code::kUsage);
  EXPECT_EQ(FailureOf(E::Equal("SourceVersion", "7 OR 1=1")), Code::kUsage);
  EXPECT_EQ(FailureOf(E::Equal("SourceVersion", std::numeric_limits<double>::quiet_NaN())),
            Code::kUsage);
}

TEST_P(QueryContract, TreatsNullsAsSqlDoes) {
  EXPECT_THAT(Where(E::IsNull(Col("Name"))), ElementsAre("3"));
  EXPECT_THAT(Where(E::Equal("Name", Null{})), ElementsAre("3"));
  EXPECT_THAT(Where(Cmp("Name", Comparison::kNotEqual, Null{})), ElementsAre("1", "2", "4", "5"));
  EXPECT_THAT(Where(Cmp("Name", Comparison::kLess, Null{})), IsEmpty());
  EXPECT_THAT(Where(E::Not(E::Equal("Name", "x"))), ElementsAre("1", "2", "4", "5"));
  EXPECT_THAT(Where(E::In(Col("Name"), {Null{}, "windows 11"})), ElementsAre("2", "3"));
}

TEST_P(QueryContract, CombinesConditions) {
  EXPECT_THAT(Where(E::And({})), ElementsAre("1", "2", "3", "4", "5"));
  EXPECT_THAT(Where(E::Or({})), IsEmpty());
  EXPECT_THAT(Where(E::Or({E::Equal("Path", "/a"), E::And({E::Equal("SourceVersion", 10),
                                                           E::Not(E::Equal("Path", "/a"))})})),
              ElementsAre("1", "4"));
  std::vector<E> many;
  for (int i = 0; i < 5000; ++i) many.push_back(E::Equal("SourceVersion", i + 7));
  EXPECT_THAT(Where(E::Or(many)), ElementsAre("2", "4", "5"));
  std::vector<Value> list;
  for (int i = 0; i < 9999; ++i) list.emplace_back(i + 7);
  EXPECT_THAT(Where(E::In(Col("SourceVersion"), list)), ElementsAre("2", "4", "5"));
  EXPECT_THAT(Where(E::In(Col("Name"), {"WINDOWS 10", "windows 11", "x"})), ElementsAre("1", "2"));
  EXPECT_THAT(Where(E::In(Col("Name"), std::vector<Value>{})), IsEmpty());
}

TEST_P(QueryContract, RefusesWhatIsTooDeepOrTooLarge) {
  E deep = E::Equal("SourceVersion", 1);
  for (int i = 0; i < 100'000; ++i) deep = E::Not(deep);
  EXPECT_EQ(FailureOf(deep), Code::kLimit);
  E shared = E::Equal("SourceVersion", 1);
  for (int i = 0; i < 100; ++i) shared = E::And({shared, shared});
  EXPECT_EQ(FailureOf(shared), Code::kLimit);
  EXPECT_EQ(FailureOf(E::In(Col("SourceVersion"), std::vector<Value>(20'000, Value(1)))),
            Code::kLimit);
  // Chains as parsers build them, and double negations, are no depth.
  E chain = E::Equal("SourceVersion", 7);
  for (int i = 0; i < 150; ++i) chain = E::Or({chain, E::Not(E::Not(E::Equal("Name", "x")))});
  EXPECT_THAT(Where(chain), ElementsAre("2"));
  // Up to the cap everything passes on both, in its widest and its deepest form.
  for (int depth = 1; depth < 60; ++depth) {
    E tree = E::Equal("SourceVersion", 7);
    for (int i = 0; i < depth; ++i) {
      tree = i % 2 == 0 ? E::And({E::IsNull(Col("Icon")), E::Not(tree)})
                        : E::Or({E::Equal("SourceVersion", -1), E::Not(tree)});
    }
    const auto code = FailureOf(tree);
    EXPECT_TRUE(code == Code{} || code == Code::kLimit) << depth;
    if (depth <= 14) {
      EXPECT_EQ(code, Code{}) << depth;
    }
    E text = Col("Name");
    for (int i = 0; i < depth; ++i) text = E::Lower(text);
    const auto text_code = FailureOf(E::Compare(Comparison::kEqual, text, Lit("x")));
    EXPECT_TRUE(text_code == Code{} || text_code == Code::kLimit) << depth;
    E nested = E::Equal("Tag", "x");
    for (int i = 0; i < depth; ++i) nested = E::Exists({.table = "Tags", .where = nested});
    const auto nested_code = FailureOf(nested);
    EXPECT_TRUE(nested_code == Code{} || nested_code == Code::kLimit) << depth;
  }
}

TEST_P(QueryContract, MatchesPatterns) {
  using T = LikeToken;
  const auto like = [&](std::string column, LikePattern pattern) {
    return Where(E::Like(Col(std::move(column)), std::move(pattern)));
  };
  EXPECT_THAT(like("Name", {T::Text("WINDOWS"), T::AnyRun()}), ElementsAre("1", "2"));
  EXPECT_THAT(like("Name", {T::AnyRun(), T::Text("OWS 1"), T::AnyChar()}), ElementsAre("1", "2"));
  EXPECT_THAT(like("Name", {T::Text("windows 1"), T::Class({{'0', '0'}, {'5', '9'}})}),
              ElementsAre("1"));
  EXPECT_THAT(like("Name", {T::Text("windows 1"), T::Class({{'0', '0'}}, true)}), ElementsAre("2"));
  EXPECT_THAT(like("Name", {T::Class({{'V', 'X'}}), T::AnyRun()}), ElementsAre("1", "2"));
  EXPECT_THAT(like("Name", {T::Class({{'V', 'X'}}, true), T::AnyRun()}), ElementsAre("4", "5"));
  // Characters that mean something to LIKE, GLOB or regular expressions mean themselves.
  EXPECT_THAT(like("Name", {T::AnyRun(), T::Text("[2022] 100%")}), ElementsAre("4"));
  EXPECT_THAT(like("Name", {T::AnyRun(), T::Text("100_")}), IsEmpty());
  EXPECT_THAT(like("Name", {T::AnyRun(), T::Text(".*")}), IsEmpty());
  EXPECT_THAT(like("Path", {T::Text("/b_"), T::AnyRun()}), ElementsAre("4"));
  EXPECT_THAT(like("Path", {T::Text("/A"), T::AnyRun()}), ElementsAre("2"));
  EXPECT_THAT(like("Path", {T::Text("/"), T::AnyChar()}), ElementsAre("1", "2", "5"));
  EXPECT_THAT(like("Name", {T::Text("Gr"), T::AnyChar(), T::Text("ß"), T::AnyRun()}),
              ElementsAre("5"));
  EXPECT_THAT(like("Name", {T::Text("windows 10")}), ElementsAre("1"));
  EXPECT_THAT(like("Name", {}), IsEmpty());
  EXPECT_THAT(like("Name", {T::AnyRun()}), ElementsAre("1", "2", "4", "5"));
  EXPECT_THAT(like("Name", {T::Class({}), T::AnyRun()}), IsEmpty());
  EXPECT_THAT(like("Name", {T::Class({{0xD800, 0xDFFF}}), T::AnyRun()}), IsEmpty());
  EXPECT_THAT(like("Name", {T::Class({{0, 0x10FFFF}}), T::AnyRun()}),
              ElementsAre("1", "2", "4", "5"));
  for (char c = ' '; c < 127; ++c) {
    const auto u = static_cast<char32_t>(c);
    EXPECT_THAT(like("PackageID", {T::Text(std::string(1, c)), T::AnyRun(), T::Text("~")}),
                IsEmpty())
        << c;
    EXPECT_THAT(like("PackageID", {T::Class({{u, u}}), T::AnyRun(), T::Text("~")}), IsEmpty()) << c;
  }
}

TEST_P(QueryContract, MatchesIntegersByTheirDecimalText) {
  using T = LikeToken;
  EXPECT_THAT(Where(E::Like(Col("SourceVersion"), {T::AnyRun(), T::Text("1"), T::AnyRun()})),
              ElementsAre("4", "5"));
  EXPECT_THAT(Where(E::Like(Col("SourceVersion"), {T::Text("10")})), ElementsAre("4"));
  EXPECT_THAT(Where(E::Like(Col("SourceVersion"), {T::Class({{'1', '9'}})})),
              ElementsAre("1", "2"));
}

TEST_P(QueryContract, AppliesFunctions) {
  EXPECT_THAT(Where(E::Compare(Comparison::kEqual, E::Upper(Col("Path")), Lit("/A"))),
              ElementsAre("1", "2"));
  EXPECT_THAT(Where(E::Compare(Comparison::kEqual, E::Lower(Col("Path")), Lit("/a"))),
              ElementsAre("1", "2"));
  EXPECT_THAT(Where(E::Compare(Comparison::kEqual, E::Substring(Col("Name"), 1, 3), Lit("WIN"))),
              ElementsAre("1", "2"));
  EXPECT_THAT(Where(E::Compare(Comparison::kEqual, E::Substring(Col("Name"), -1, 4), Lit("GR"))),
              ElementsAre("5"));
  EXPECT_THAT(Where(E::Compare(Comparison::kEqual, E::Length(Col("Name")), Lit(7))),
              ElementsAre("5"));
  EXPECT_THAT(Where(E::Compare(Comparison::kEqual, E::Text(Col("SourceVersion")), Lit("21"))),
              ElementsAre("5"));
  // The year of a date.
  EXPECT_THAT(Where(E::Compare(Comparison::kEqual,
                               E::Integer(E::Substring(Col("LastRefreshTime"), 1, 4)), Lit(2026))),
              ElementsAre("1", "2"));
  EXPECT_THAT(Where(E::Compare(Comparison::kEqual, E::Integer(Col("Path")), Lit(0))),
              ElementsAre("1", "2", "4", "5"));
  EXPECT_THAT(Where(E::Compare(Comparison::kEqual, E::Add(Col("SourceVersion"), Lit(3)), Lit(10))),
              ElementsAre("2"));
  const auto rows =
      Fetch({.table = "SMS_ImagePackage",
             .columns = {E::Length(Col("Name")), E::Lower(Col("Name")), E::Literal("x"),
                         E::Add(Col("SourceVersion"), Lit(1)), Lit(Null{})},
             .where = E::Equal("PackageID", "ABC00001")});
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_THAT(*rows, ElementsAre(Row{10, "windows 10", "x", 4, Null{}}));
  EXPECT_EQ(FailureOf(E::Compare(Comparison::kEqual, E::Lower(Col("SourceVersion")), Lit("x"))),
            Code::kUsage);
  EXPECT_EQ(FailureOf(Col("Name")), Code::kUsage);
  EXPECT_EQ(FailureOf(E::Equal("Icon", "x")), Code::kUsage);
}

TEST_P(QueryContract, AsksChildTables) {
  const auto tagged = [&](Value tag) {
    return E::Exists({.table = "Tags",
                      .where = E::And({E::Compare(Comparison::kEqual, Col("PackageID"),
                                                  E::Column("SMS_ImagePackage", "PackageID")),
                                       E::Equal("Tag", std::move(tag))})});
  };
  EXPECT_THAT(Where(tagged("CLIENT")), ElementsAre("1", "2"));
  EXPECT_THAT(Where(E::Not(tagged("CLIENT"))), ElementsAre("3", "4", "5"));
  EXPECT_THAT(Where(tagged("server")), ElementsAre("4"));
  EXPECT_THAT(Where(E::InSelect(Col("PackageID"), {.table = "Tags",
                                                   .columns = {Col("PackageID")},
                                                   .where = E::Equal("Tag", "x64")})),
              ElementsAre("1"));
  EXPECT_THAT(Where(E::InSelect(Col("Path"), {.table = "Tags", .columns = {Col("PackageID")}})),
              IsEmpty());
}

TEST_P(QueryContract, JoinsTables) {
  const E on =
      E::Compare(Comparison::kEqual, E::Column("t", "PackageID"), E::Column("p", "PackageID"));
  Select select{.table = "SMS_ImagePackage",
                .alias = "p",
                .joins = {{.table = "Tags", .alias = "t", .on = on}},
                .columns = {E::Column("p", "Name"), E::Column("t", "Tag")},
                .order = {{E::Column("t", "Tag")}, {E::Column("p", "PackageID"), true}}};
  auto rows = Fetch(select);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_THAT(*rows, ElementsAre(Row{"windows 11", "client"}, Row{"Windows 10", "Client"},
                                 Row{"Server [2022] 100%", "Server"}, Row{"Windows 10", "x64"}));
  select.joins[0].kind = Join::Kind::kLeft;
  select.where = E::IsNull(E::Column("t", "Tag"));
  rows = Fetch(select);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->size(), 2u);
  // The same table twice.
  select.joins = {{.table = "SMS_ImagePackage",
                   .alias = "q",
                   .on = E::Compare(Comparison::kLess, E::Column("p", "SourceVersion"),
                                    E::Column("q", "SourceVersion"))}};
  select.where = {};
  select.columns = {E::Column("p", "PackageID"), E::Column("q", "PackageID")};
  select.order = {};
  rows = Fetch(select);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->size(), 6u);
  select.joins[0].alias = "P";
  EXPECT_FALSE(Fetch(select));
}

TEST_P(QueryContract, OrdersNullsLowest) {
  const auto by = [&](std::string column, bool descending) {
    return Keys({.table = "SMS_ImagePackage", .order = {{Col(std::move(column)), descending}}});
  };
  EXPECT_THAT(by("Name", false), ElementsAre("3", "5", "4", "1", "2"));
  EXPECT_THAT(by("Name", true), ElementsAre("2", "1", "4", "5", "3"));
  EXPECT_THAT(by("SourceVersion", false), ElementsAre("3", "1", "2", "4", "5"));
  EXPECT_THAT(by("SourceVersion", true), ElementsAre("5", "4", "2", "1", "3"));
  EXPECT_THAT(by("Path", false), ElementsAre("3", "2", "1", "4", "5"));
  EXPECT_THAT(by("Size", false), ElementsAre("3", "4", "5", "1", "2"));
}

TEST_P(QueryContract, Pages) {
  Select select{.table = "SMS_ImagePackage", .limit = 2, .offset = 1};
  EXPECT_THAT(Keys(select), ElementsAre("2", "3"));
  select.limit = {};
  select.offset = 3;
  EXPECT_THAT(Keys(select), ElementsAre("4", "5"));
  select.limit = 0;
  EXPECT_THAT(Keys(select), IsEmpty());
  select.limit = ~0ULL;
  select.offset = ~0ULL;
  EXPECT_THAT(Keys(select), IsEmpty());
}

TEST_P(QueryContract, GivesDistinctRowsWithoutCase) {
  Select select{
      .table = "Tags", .columns = {Col("Tag")}, .order = {{Col("Tag")}}, .distinct = true};
  const auto rows = Fetch(select);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_THAT(*rows, ElementsAre(Row{"Client"}, Row{"Server"}, Row{"x64"}));
  select.order = {{Col("Position")}};
  EXPECT_EQ(Fetch(select).error().code, Code::kUsage);
}

TEST_P(QueryContract, TakesNothingFromCallersIntoTheText) {
  const std::vector<std::string> attempts = {"'; DROP TABLE \"Tags\"; --",
                                             "\"; DROP TABLE \"Tags\"; --",
                                             "x' OR '1'='1",
                                             "x\" OR \"1\"=\"1",
                                             "\\'; --",
                                             "$1",
                                             ":p",
                                             "?",
                                             "/*",
                                             "*/",
                                             "x\" AS t0, \"Tags",
                                             "\xC2\xA0'",
                                             "Name\" --",
                                             "$$",
                                             "E'\\''"};
  for (const auto& text : attempts) {
    EXPECT_THAT(Where(E::Equal("Name", text)), IsEmpty()) << text;
    EXPECT_THAT(Where(E::Equal("Path", text)), IsEmpty()) << text;
    EXPECT_THAT(Where(E::In(Col("Name"), {text, text})), IsEmpty()) << text;
    EXPECT_THAT(Where(E::Like(Col("Name"), {LikeToken::Text(text), LikeToken::AnyRun()})),
                IsEmpty())
        << text;
    EXPECT_THAT(Where(E::Compare(Comparison::kEqual, E::Lower(Lit(text)), Col("Name"))), IsEmpty())
        << text;
    // Names.
    EXPECT_EQ(Fetch({.table = text}).error().code, Code::kUsage) << text;
    EXPECT_EQ(FailureOf(E::Equal(text, 1)), Code::kUsage) << text;
    EXPECT_EQ(FailureOf(E::Compare(Comparison::kEqual, E::Column(text, "Name"), Lit("x"))),
              Code::kUsage)
        << text;
    EXPECT_EQ(Fetch({.table = "Tags", .columns = {Col(text)}}).error().code, Code::kUsage) << text;
    EXPECT_EQ(Fetch({.table = "Tags", .order = {{Col(text)}}}).error().code, Code::kUsage) << text;
    // An alias is only ever compared.
    EXPECT_TRUE(Fetch({.table = "Tags", .alias = text})) << text;
    const auto changes = database_->Transact([&](Transaction& tx) -> Status {
      EXPECT_FALSE(tx.InsertOne(text, {"Tag"}, {1}));
      EXPECT_FALSE(tx.InsertOne("Tags", {text}, {1}));
      EXPECT_FALSE(tx.Update("Tags", {{text, Lit(1)}}, {}));
      EXPECT_FALSE(tx.Update(text, {{"Tag", Lit("x")}}, {}));
      EXPECT_FALSE(tx.Delete(text, {}));
      EXPECT_TRUE(tx.NextValue(text));
      WW_TRY_STATUS(tx.InsertOne("Tags", {"PackageID", "Tag"}, {text, text}), "insert");
      WW_TRY(const auto row,
             tx.FetchOne(
                 {.table = "Tags", .columns = {Col("Tag")}, .where = E::Equal("PackageID", text)}),
             "read");
      EXPECT_EQ(row, (Row{text}));
      WW_TRY(const auto gone, tx.Delete("Tags", E::Equal("Tag", text)), "delete");
      EXPECT_EQ(gone, 1u);
      return {};
    });
    EXPECT_TRUE(changes) << text << ": " << changes.error().message;
    Schema schema{.name = text, .tables = {{.name = text, .columns = {{.name = "a"}}}}};
    EXPECT_EQ(database_->Define(schema).error().code, Code::kUsage) << text;
    schema.tables = {{.name = "T", .columns = {{.name = text}}}};
    EXPECT_EQ(database_->Define(schema).error().code, Code::kUsage) << text;
    EXPECT_FALSE(database_->ClaimRows({.table = text, .assignments = {{"Tag", Lit("x")}}}));
  }
  EXPECT_EQ(Fetch({.table = "Tags"})->size(), 4u);
  EXPECT_EQ(FailureOf(E::Equal("Name", std::string("a\0b", 3))), Code::kUsage);
  EXPECT_EQ(FailureOf(E::Equal("Name", "\xFF")), Code::kUsage);
}

WW_BOTH_BACKENDS(QueryContract);

class DistinctText : public ContractTest {};
WW_BOTH_BACKENDS(DistinctText);

TEST_P(DistinctText, KeepsCaseWhereTheColumnHasIt) {
  auto& database = Make(
      {.tables = {{"Plain",
                   {{.name = "Id", .type = ColumnType::kInteger, .key = true},
                    {.name = "Exact", .type = ColumnType::kText},
                    {.name = "Loose", .type = ColumnType::kText, .case_insensitive = true}}}}});
  std::vector<Row> found;
  const auto done = database.Transact([&](Transaction& tx) -> Status {
    const Row rows[] = {{1, "a", "x"}, {2, "a", "X"}, {3, "A", "x"}};
    WW_TRY_STATUS(tx.Insert("Plain", {"Id", "Exact", "Loose"}, rows).map([](std::uint64_t) {}),
                  "test");
    Select select{.table = "Plain",
                  .columns = {Expression::Column("Exact"), Expression::Column("Loose")},
                  .order = {{Expression::Column("Exact")}},
                  .distinct = true};
    WW_TRY(found, tx.Fetch(select), "test");
    return {};
  });
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0][0].text(), "A");
  EXPECT_EQ(found[1][0].text(), "a");
}

}  // namespace
}  // namespace ww::database
