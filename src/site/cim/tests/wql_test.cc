#include "wimwright/cim/wql.h"

#include <gtest/gtest.h>

#include "wimwright/cim/odata_filter.h"
#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

// The query as the parser understood it, in one spelling.
std::string Wql(std::string_view text) {
  const auto query = ParseWql(text);
  return query ? ToWql(*query) : query.error().message;
}

TEST(Wql, ReadsTheQueriesThatScriptsSend) {
  EXPECT_EQ(Wql("select * from SMS_ImagePackage"), "SELECT * FROM SMS_ImagePackage");
  EXPECT_EQ(Wql("SELECT PackageID,Name FROM SMS_ImagePackage WHERE Name = \"Windows 11\""),
            "SELECT PackageID, Name FROM SMS_ImagePackage WHERE Name = 'Windows 11'");
  EXPECT_EQ(Wql("select * from SMS_ImageServicingSchedule where ScheduleID like '16777217'"),
            "SELECT * FROM SMS_ImageServicingSchedule WHERE ScheduleID LIKE '16777217'");
  EXPECT_EQ(Wql("SELECT COUNT(*) FROM SMS_SoftwareUpdate WHERE IsExpired=0 AND IsSuperseded=FALSE"),
            "SELECT COUNT(*) FROM SMS_SoftwareUpdate WHERE IsExpired = 0 AND IsSuperseded = FALSE");
  EXPECT_EQ(Wql("select distinct Name from X where not (A=1 or B<>2) and C is not null order by "
                "Name desc, ID asc"),
            "SELECT DISTINCT Name FROM X WHERE NOT (A = 1 OR B <> 2) AND C IS NOT NULL ORDER BY "
            "Name DESC, ID");
  EXPECT_EQ(
      Wql("select * from X where CI_ID in (1,2,'3') and Name not in ('a') and T not like 'x%'"),
      "SELECT * FROM X WHERE CI_ID IN (1, 2, '3') AND Name NOT IN ('a') AND T NOT LIKE 'x%'");
  EXPECT_EQ(Wql("select * from X where CI_ID in (select y.CI_ID from Y as y where y.Z != 1)"),
            "SELECT * FROM X WHERE CI_ID IN (SELECT y.CI_ID FROM Y AS y WHERE y.Z <> 1)");
  EXPECT_EQ(Wql("select * from X where __CLASS = 'Y' or __this isa Z"),
            "SELECT * FROM X WHERE __CLASS = 'Y' OR __this ISA 'Z'");
  EXPECT_EQ(Wql("select * from X where DateDiff(dd, LastRunDateTime, GetDate()) >= -7"),
            "SELECT * FROM X WHERE DATEDIFF(day, LastRunDateTime, GETDATE()) >= -7");
  EXPECT_EQ(Wql("select * from X where substring(upper(Name),1,3)='ABC' and datepart('yy',D)=2026 "
                "and D<dateadd(hh,-1,getdate())"),
            "SELECT * FROM X WHERE SUBSTRING(UPPER(Name), 1, 3) = 'ABC' AND DATEPART(year, D) = "
            "2026 AND D < DATEADD(hour, -1, GETDATE())");
  EXPECT_EQ(Wql("select * from X where 5 < A and (B) = 'x'"),
            "SELECT * FROM X WHERE 5 < A AND B = 'x'");
}

TEST(Wql, ReadsEveryKindOfJoin) {
  EXPECT_EQ(
      Wql("select stat.*, att.AttributeValue from SMS_StatusMessage as stat inner join "
          "SMS_StatMsgAttributes att on att.RecordID = stat.RecordID where att.AttributeID=400"),
      "SELECT stat.*, att.AttributeValue FROM SMS_StatusMessage AS stat JOIN "
      "SMS_StatMsgAttributes AS att ON att.RecordID = stat.RecordID WHERE att.AttributeID = "
      "400");
  EXPECT_EQ(Wql("select * from A left outer join B on A.x=B.x, C where C.y=A.y"),
            "SELECT * FROM A LEFT JOIN B ON A.x = B.x, C WHERE C.y = A.y");
}

TEST(Wql, UnescapesTexts) {
  const auto query =
      ParseWql(R"(select * from X where P = "\\\\srv\\a\"b" and Q='it''s' and R='a\b')");
  ASSERT_TRUE(query);
  const auto value = [&](std::size_t i) {
    return *query->where->children[i]->children[1]->value.AsString();
  };
  EXPECT_EQ(value(0), R"(\\srv\a"b)");
  EXPECT_EQ(value(1), "it's");
  EXPECT_EQ(value(2), R"(a\b)");
}

TEST(Wql, KeepsManyTermsFlat) {
  std::string text = "select * from X where A=0";
  for (int i = 1; i < 3000; ++i) text += " or A=" + std::to_string(i);
  const auto query = ParseWql(text);
  ASSERT_TRUE(query) << query.error().message;
  EXPECT_EQ(query->where->children.size(), 3000U);
}

TEST(Wql, RefusesWithAPosition) {
  EXPECT_EQ(Wql("select * from X where A ="), "WQL, character 26: expected the name of a property");
  for (const auto* text : {"",
                           "select",
                           "select * from",
                           "select from X",
                           "select * X",
                           "select * from X where",
                           "select * from X where A",
                           "select * from X where (A=1",
                           "select * from X where A=1)",
                           "select * from X where A like",
                           "select * from X where A in ()",
                           "select * from X where A in (B)",
                           "select * from X where 'x",
                           "select * from X order Name",
                           "select count(*), A from X",
                           "select distinct count(*) from X",
                           "select * from X group by A",
                           "select * from X where A not = 1",
                           "select * from X where NOT A",
                           "select * from X where A = 1 = 2",
                           "select * from X;",
                           "select * from X where F(A) = 1",
                           "select * from X left join Y",
                           "select * from X where A is 1",
                           "select * from X where A=1.2.3",
                           "select * from X where DatePart(eon, A) = 1",
                           "delete from X"}) {
    const auto query = ParseWql(text);
    ASSERT_FALSE(query) << text;
    EXPECT_EQ(query.error().hresult, static_cast<std::uint32_t>(WbemStatus::kInvalidQuery)) << text;
  }
  EXPECT_EQ(ParseWql("ASSOCIATORS OF {X}").error().hresult,
            static_cast<std::uint32_t>(WbemStatus::kInvalidQueryType));
}

TEST(Wql, CapsDepthAndSize) {
  const std::string deep(5000, '(');
  EXPECT_FALSE(ParseWql("select * from X where " + deep + "A=1" + std::string(5000, ')')));
  std::string nots = "select * from X where ";
  for (int i = 0; i < 5000; ++i) nots += "not ";
  EXPECT_FALSE(ParseWql(nots + "A=1"));
  EXPECT_FALSE(ParseWql("select * from X where A='" + std::string(300'000, 'x') + "'"));
}

// ---------------------------------------------------------------------------------------------

std::string OData(std::string_view text) {
  const auto filter = ParseODataFilter(text);
  return filter ? ToWql(**filter) : filter.error().message;
}

TEST(ODataFilter, BecomesTheSameTree) {
  EXPECT_EQ(OData("Name eq 'Windows 11' and SourceVersion ge 2"),
            "Name = 'Windows 11' AND SourceVersion >= 2");
  EXPECT_EQ(OData("not (A ne 1 or B lt 2) and C le -5"), "NOT (A <> 1 OR B < 2) AND C <= -5");
  EXPECT_EQ(OData("contains(Name,'50%') and startswith(Name,'a') eq true and endswith(Name,'z')"),
            "Name LIKE '%50[%]%' AND Name LIKE 'a%' AND Name LIKE '%z'");
  EXPECT_EQ(OData("contains(Name,'a') eq false"), "NOT Name LIKE '%a%'");
  EXPECT_EQ(OData("Description eq null or null ne Name"),
            "Description IS NULL OR Name IS NOT NULL");
  EXPECT_EQ(OData("Name eq 'it''s'"), "Name = 'it\\'s'");
  EXPECT_EQ(OData("IsExpired eq false and IsDeployed"), "IsExpired = FALSE AND IsDeployed = TRUE");
  EXPECT_EQ(OData("SecuredScopeNames/any(x: x eq 'Default' or startswith(x,'a'))"),
            "SecuredScopeNames = 'Default' OR SecuredScopeNames LIKE 'a%'");
  EXPECT_EQ(OData("SecuredScopeNames/any()"), "SecuredScopeNames IS NOT NULL");
  EXPECT_EQ(OData("SourceDate gt 2026-01-01T00:00:00Z"),
            "SourceDate > '20260101000000.000000+***'");
  EXPECT_EQ(OData("SourceDate gt datetime'2026-01-01T00:00:00'"),
            "SourceDate > '20260101000000.000000+***'");
  EXPECT_EQ(OData("CI_ID in (1,2)"), "CI_ID IN (1, 2)");
  EXPECT_EQ(OData("ID eq a1b2c3d4-0000-1111-2222-333344445555"),
            "ID = 'a1b2c3d4-0000-1111-2222-333344445555'");
  EXPECT_EQ(OData("tolower(Name) eq 'x'"), "LOWER(Name) = 'x'");
  EXPECT_EQ(OData("(Name) eq 'x'"), "Name = 'x'");
}

TEST(ODataFilter, RefusesWithAPosition) {
  EXPECT_EQ(OData("Name eq"), "$filter, character 8: expected a property or value");
  for (const auto* text :
       {"", "'x'", "Name = 'x'", "Name eq 'x", "P/all(x: x eq 1)", "P/any(x: x eq 1 and x eq 2)",
        "P/any(x: not x eq 1)", "P/any(x: y eq 1)", "P/any(x: P/any(y: y eq 1))", "P/Q eq 1",
        "length(Name) eq 1", "contains(Name, Other)", "contains(Name,'x') gt true",
        "Name eq 'x' and", "(Name eq 'x'", "Date gt 2026-13-01T00:00:00Z", "A in ()", "A eq 1x"}) {
    const auto filter = ParseODataFilter(text);
    ASSERT_FALSE(filter) << text;
    EXPECT_EQ(filter.error().hresult, static_cast<std::uint32_t>(WbemStatus::kInvalidQuery));
  }
  EXPECT_FALSE(ParseODataFilter(std::string(5000, '(') + "A"));
  std::string nots;
  for (int i = 0; i < 5000; ++i) nots += "not ";
  EXPECT_FALSE(ParseODataFilter(nots + "A"));
}

TEST(ODataQuery, ReadsAllOptions) {
  const auto query = ParseODataQuery(
      "SMS_ImagePackage", {"Priority eq 1", "Name, PackageID", "Name desc,PackageID", "10", "5"});
  ASSERT_TRUE(query) << query.error().message;
  EXPECT_EQ(ToWql(*query),
            "SELECT Name, PackageID FROM SMS_ImagePackage WHERE Priority = 1 ORDER BY Name DESC, "
            "PackageID");
  EXPECT_EQ(query->top, 10U);
  EXPECT_EQ(query->skip, 5U);
  EXPECT_TRUE(ParseODataQuery("X", {})->selects_all());
  ODataOptions bad;
  bad.top = "-1";
  EXPECT_FALSE(ParseODataQuery("X", bad));
  bad = {};
  bad.orderby = "Name sideways";
  EXPECT_FALSE(ParseODataQuery("X", bad));
  bad = {};
  bad.select = "Name,,X";
  EXPECT_FALSE(ParseODataQuery("X", bad));
}

}  // namespace
}  // namespace ww::cim
