#include "wimwright/cim/evaluate.h"

#include <gtest/gtest.h>

#include "wimwright/cim/odata_filter.h"
#include "wimwright/cim/status.h"
#include "wimwright/cim/wql.h"

namespace ww::cim {
namespace {

class EvaluateTest : public testing::Test {
 protected:
  void SetUp() override {
    auto schema = LoadBuiltInSchema();
    ASSERT_TRUE(schema);
    schema_ = *std::move(schema);
    image_.emplace(Instance::Spawn(schema_.Find("SMS_ImagePackage")));
    Put("PackageID", Value::String("XYZ00001"));
    Put("Name", Value::String("Windows 11"));
    Put("SourceVersion", Value::Int(16));
    Put("SourceDate", Value::String("2026-01-31 02:30:00"));
    Put("IgnoreAddressSchedule", Value::Bool(true));
    Put("SecuredScopeNames", Value::Strings({"Default", "Lab"}));
    Put("LocalizedCategoryInstanceNames", Value::Of({}));
  }
  void Put(std::string_view name, const Value& value) { ASSERT_TRUE(image_->Set(name, value)); }

  Result<BoundQuery> BindText(std::string_view text) const {
    auto query = ParseWql(text);
    if (!query) return Fail(query.error());
    return Bind(*query, schema_, {*DateTime::ParseAny("2026-02-01 00:00:00")});
  }
  // '1', '0', '?' or the error.
  std::string Where(std::string_view condition) const {
    const auto bound = BindText("select * from SMS_ImagePackage where " + std::string(condition));
    if (!bound) return bound.error().message;
    const auto truth = Evaluate(*bound->where, *image_);
    return truth == Truth::kTrue ? "1" : truth == Truth::kFalse ? "0" : "?";
  }

  Schema schema_;
  std::optional<Instance> image_;
};

TEST_F(EvaluateTest, ComparesAsTheProviderDoes) {
  for (const auto* condition : {"Name = 'WINDOWS 11'",
                                "Name LIKE 'win%'",
                                "SourceVersion = '16'",
                                "SourceVersion LIKE '1%'",
                                "SourceVersion LIKE 16",
                                "SourceVersion LIKE '16'",
                                "16 = SourceVersion",
                                "10 < SourceVersion",
                                "SourceVersion >= 16",
                                "SourceVersion <> 17",
                                "SourceVersion = 0x10",
                                "SourceVersion > 15.5",
                                "SourceVersion > -1",
                                "IgnoreAddressSchedule = 1",
                                "IgnoreAddressSchedule = TRUE",
                                "IgnoreAddressSchedule = 'True'",
                                "IgnoreAddressSchedule <> 0",
                                "SourceDate = '20260131023000.000000+***'",
                                "SourceDate > '2026-01-31'",
                                "SourceDate < '02/01/2026 00:00:00'",
                                "SourceVersion IN (1, '16')",
                                "Name NOT IN ('x')",
                                "Description IS NULL",
                                "Name IS NOT NULL",
                                "Description = NULL",
                                "NULL = Description",
                                "Name <> NULL",
                                "NOT Name = 'x'",
                                "__CLASS = 'sms_imagepackage'",
                                "__CLASS LIKE 'SMS_Image%'",
                                "__THIS ISA 'SMS_PackageBaseclass'",
                                "UPPER(Name) = 'windows 11'",
                                "SUBSTRING(Name, 1, 3) = 'WIN'",
                                "DATEPART(yy, SourceDate) = 2026",
                                "DATEDIFF(dd, SourceDate, GETDATE()) = 1",
                                "SourceDate > DATEADD(dd, -1, GETDATE())",
                                "GETDATE() > SourceDate",
                                "PkgSourceFlag = PkgSourceFlag",
                                "1 = 1"}) {
    EXPECT_EQ(Where(condition), "1") << condition;
  }
  for (const auto* condition :
       {"Name = 'Windows'", "Name LIKE 'Win'", "SourceVersion = 17", "SourceVersion LIKE '016'",
        "SourceVersion = 4294967297", "SourceVersion = -16", "Name IS NULL", "__CLASS = 'SMS_Site'",
        "__CLASS <> 'SMS_ImagePackage'", "__THIS ISA 'SMS_Site'", "1 = 2", "NULL = 1",
        "Name NOT LIKE 'win%'", "SourceVersion IN (NULL)"}) {
    EXPECT_EQ(Where(condition), "0") << condition;
  }
}

TEST_F(EvaluateTest, ComparisonsWithNullAreUnknown) {
  EXPECT_EQ(Where("Description = 'x'"), "?");
  EXPECT_EQ(Where("NOT Description = 'x'"), "?");
  EXPECT_EQ(Where("Description <> 'x'"), "?");
  EXPECT_EQ(Where("Description LIKE '%'"), "?");
  EXPECT_EQ(Where("Description IN ('x')"), "?");
  EXPECT_EQ(Where("Description = 'x' AND Name = 'x'"), "0");
  EXPECT_EQ(Where("Description = 'x' OR Name LIKE 'W%'"), "1");
  EXPECT_EQ(Where("Description = 'x' OR Name = 'x'"), "?");
  EXPECT_EQ(Where("DATEPART(yy, LastRefreshTime) = 2026"), "?");
}

TEST_F(EvaluateTest, AnyElementOfAnArrayCounts) {
  EXPECT_EQ(Where("SecuredScopeNames = 'default'"), "1");
  EXPECT_EQ(Where("'LAB' = SecuredScopeNames"), "1");
  EXPECT_EQ(Where("SecuredScopeNames IN ('x', 'Lab')"), "1");
  EXPECT_EQ(Where("SecuredScopeNames LIKE 'D%'"), "1");
  EXPECT_EQ(Where("SecuredScopeNames <> 'Default'"), "1");
  EXPECT_EQ(Where("NOT SecuredScopeNames = 'Default'"), "0");
  EXPECT_EQ(Where("SecuredScopeNames = 'x'"), "0");
  EXPECT_EQ(Where("LocalizedCategoryInstanceNames = 'x'"), "0");
  EXPECT_EQ(Where("NOT LocalizedCategoryInstanceNames = 'x'"), "1");
  EXPECT_EQ(Where("LocalizedCategoryInstanceNames IS NULL"), "1");
  EXPECT_EQ(Where("RefreshSchedule IS NULL"), "1");
}

TEST_F(EvaluateTest, ErrorsSayWhere) {
  EXPECT_EQ(Where("Nmae = 1"), "character 38: SMS_ImagePackage has no property 'Nmae'");
  for (const auto* condition : {"SourceVersion = 'abc'",
                                "IgnoreAddressSchedule = 'maybe'",
                                "SourceDate = 'yesterday'",
                                "SourceDate LIKE '2026%'",
                                "Name LIKE Manufacturer",
                                "Name < NULL",
                                "__PATH = 'x'",
                                "__CLASS > 'a'",
                                "RefreshSchedule = 'x'",
                                "Name = SourceVersion",
                                "SecuredScopeNames = LocalizedCategoryInstanceNames",
                                "x.Name = 'y'",
                                "UPPER(SecuredScopeNames) = 'X'",
                                "DATEPART(yy, Name) = 1",
                                "DATEPART(yy, 'x') = 1",
                                "SUBSTRING(Name, SourceVersion, 1) = 'x'",
                                "SourceVersion IN ('a')",
                                "Name IN (select * from SMS_Site)",
                                "Name IN (select count(*) from SMS_Site)",
                                "SourceVersion IN (select SiteCode from SMS_Site)"}) {
    const auto bound = BindText("select * from SMS_ImagePackage where " + std::string(condition));
    ASSERT_FALSE(bound) << condition;
    EXPECT_EQ(bound.error().hresult, static_cast<std::uint32_t>(WbemStatus::kInvalidQuery));
  }
  EXPECT_EQ(BindText("select * from SMS_None").error().hresult,
            static_cast<std::uint32_t>(WbemStatus::kInvalidClass));
  for (const auto* text :
       {"select * from SMS_ScheduleToken", "select Nmae from SMS_ImagePackage",
        "select * from SMS_ImagePackage order by SecuredScopeNames",
        "select * from SMS_ImagePackage order by __PATH",
        "select distinct SecuredScopeNames from SMS_ImagePackage",
        "select * from SMS_Site a, SMS_Site a", "select SiteCode from SMS_Site a, SMS_Site b",
        "select * from SMS_Site a, SMS_Site b where SiteCode = 'x'"}) {
    EXPECT_FALSE(BindText(text)) << text;
  }
}

TEST_F(EvaluateTest, BindsWhatIsSelected) {
  auto all = BindText("select * from SMS_ImagePackage");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->all_columns);
  EXPECT_EQ(all->columns.size(), 55U);
  EXPECT_EQ(all->where, nullptr);

  auto some = BindText("select Name, __PATH, Name from SMS_ImagePackage order by Name desc");
  ASSERT_TRUE(some) << some.error().message;
  ASSERT_EQ(some->columns.size(), 2U);
  EXPECT_EQ(some->result_class->name(), "SMS_ImagePackage");
  const auto projected = Project(*some, *image_);
  EXPECT_TRUE(projected.IsSet("Name"));
  EXPECT_TRUE(projected.IsSet("PackageID"));
  EXPECT_FALSE(projected.IsSet("SourceVersion"));

  const auto count = BindText("select count(Name) from SMS_ImagePackage");
  ASSERT_TRUE(count);
  EXPECT_TRUE(count->count_column.has_value());
  EXPECT_EQ(count->result_class->name(), "__Generic");

  const auto options = ParseODataQuery("SMS_ImagePackage", {"Name eq 'x'", {}, {}, "3", "1"});
  const auto odata = Bind(*options, schema_, {});
  ASSERT_TRUE(odata);
  EXPECT_EQ(odata->top, 3U);
  EXPECT_EQ(odata->skip, 1U);
}

TEST_F(EvaluateTest, BindsJoins) {
  const auto one = BindText(
      "select stat.* from SMS_StatusMessage as stat left join SMS_StatMsgAttributes as att on "
      "att.RecordID = stat.RecordID where att.AttributeValue = 'XYZ00001'");
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(one->result_source, 0U);
  EXPECT_TRUE(one->sources[1].left_join);
  const auto both = BindText(
      "select a.Name, s.* from SMS_ImagePackage a, SMS_ImageServicingScheduledImage s where "
      "a.PackageID = s.ImagePackageID and s.ScheduleID = '5'");
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_FALSE(both->result_source.has_value());
  EXPECT_EQ(both->result_class->properties().size(), 2U);

  Instance row(schema_.Find("SMS_ImageServicingScheduledImage"));
  ASSERT_TRUE(row.Set("ScheduleID", Value::Int(5)));
  ASSERT_TRUE(row.Set("ImagePackageID", Value::String("xyz00001")));
  const Instance* const rows[] = {&*image_, &row};
  EXPECT_EQ(Evaluate(*both->where, rows), Truth::kTrue);
  const Instance* const empty_side[] = {&*image_, nullptr};
  EXPECT_EQ(Evaluate(*both->where, empty_side), Truth::kUnknown);
}

TEST_F(EvaluateTest, AsksBaseClassesByIndexesThatHoldForAll) {
  const auto bound = BindText(
      "select * from SMS_PackageBaseclass where Name = 'windows 11' and __CLASS <> "
      "'SMS_ContentPackage'");
  ASSERT_TRUE(bound) << bound.error().message;
  EXPECT_EQ(Evaluate(*bound->where, *image_), Truth::kTrue);
  for (const auto& cls : schema_.Subclasses("SMS_PackageBaseclass", true)) {
    EXPECT_EQ(cls->FindProperty("Name"),
              schema_.Find("SMS_PackageBaseclass")->FindProperty("Name"));
  }
}

TEST_F(EvaluateTest, ResolvesSubqueriesFromInsideOut) {
  auto bound = BindText(
      "select * from SMS_ImagePackage where PackageID in (select ImagePackageID from "
      "SMS_ImageServicingScheduledImage where ScheduleID in (select ScheduleID from "
      "SMS_ImageServicingSchedule where State = 1))");
  ASSERT_TRUE(bound) << bound.error().message;
  EXPECT_EQ(Evaluate(*bound->where, *image_), Truth::kUnknown);
  std::vector<std::string> order;
  ASSERT_TRUE(ResolveSubqueries(*bound, [&](const BoundQuery& q) -> Result<std::vector<Value>> {
    order.push_back(q.sources[0].cls->name());
    if (order.size() == 1) return std::vector<Value>{Value::Int(5), Value()};
    EXPECT_EQ(q.where->values.size(), 1U);
    return std::vector<Value>{Value::String("ABC"), Value::String("xyz00001")};
  }));
  EXPECT_EQ(order, (std::vector<std::string>{"SMS_ImageServicingSchedule",
                                             "SMS_ImageServicingScheduledImage"}));
  EXPECT_EQ(Evaluate(*bound->where, *image_), Truth::kTrue);
}

TEST_F(EvaluateTest, OrdersNullFirstAndTextWithoutCase) {
  const auto bound = BindText("select * from SMS_ImagePackage order by Description, Name desc");
  ASSERT_TRUE(bound);
  Instance other = *image_;
  const Instance* const a[] = {&*image_};
  const Instance* const b[] = {&other};
  EXPECT_FALSE(OrderLess(bound->order_by, a, b));
  ASSERT_TRUE(other.Set("Name", Value::String("windows 12")));
  EXPECT_TRUE(OrderLess(bound->order_by, b, a));
  ASSERT_TRUE(other.Set("Description", Value::String("x")));
  EXPECT_TRUE(OrderLess(bound->order_by, a, b));
}

TEST_F(EvaluateTest, DecidesWhatCanBeDecidedWhenBinding) {
  const auto bound = BindText("select * from SMS_ImagePackage where 1 = 1 and Name = 'x'");
  ASSERT_TRUE(bound);
  EXPECT_EQ(bound->where->kind, BoundExpr::Kind::kCompare);
  const auto never = BindText("select * from SMS_ImagePackage where __CLASS = 'X' and Name = 'x'");
  EXPECT_EQ(never->where->kind, BoundExpr::Kind::kConstant);
  EXPECT_FALSE(never->where->constant);
  const auto list = BindText("select * from SMS_ImagePackage where SourceVersion in (3, '1', 3)");
  EXPECT_EQ(list->where->values, (std::vector<Value>{Value::Int(1), Value::Int(3)}));
}

}  // namespace
}  // namespace ww::cim
