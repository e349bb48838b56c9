#include "wimwright/cim/value.h"

#include <gtest/gtest.h>

#include "wimwright/cim/coerce.h"
#include "wimwright/cim/instance.h"
#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

TypeSpec Scalar(CimType type) { return {type, false, {}}; }
Result<Value> FromText(std::string_view text, CimType type) {
  return Coerce(Value::String(std::string(text)), Scalar(type));
}
std::uint32_t StatusOf(const Result<Value>& result) { return result ? 0 : result.error().hresult; }

TEST(Coerce, TakesIntegersFromWhatScriptsSend) {
  EXPECT_EQ(*FromText("16777217", CimType::kSint32), Value::Int(16777217));
  EXPECT_EQ(*FromText(" 42 ", CimType::kUint32), Value::Uint(42));
  EXPECT_EQ(*FromText("-5", CimType::kSint8), Value::Int(-5));
  EXPECT_EQ(*FromText("+5", CimType::kSint8), Value::Int(5));
  EXPECT_EQ(*FromText("0x1F", CimType::kUint8), Value::Uint(31));
  EXPECT_EQ(*Coerce(Value::Bool(true), Scalar(CimType::kSint32)), Value::Int(1));
  EXPECT_EQ(*Coerce(Value::Real(3), Scalar(CimType::kSint32)), Value::Int(3));
  for (const auto* text : {"", "abc", "1.5", "1 2", "0x", "--1", "1e3"}) {
    EXPECT_EQ(StatusOf(FromText(text, CimType::kSint32)),
              static_cast<std::uint32_t>(WbemStatus::kTypeMismatch))
        << text;
  }
  EXPECT_FALSE(Coerce(Value::Real(1.5), Scalar(CimType::kSint32)));
  EXPECT_FALSE(Coerce(Value::Real(1e300), Scalar(CimType::kUint64)));
}

TEST(Coerce, ChecksTheRangeOfEveryWidth) {
  for (const auto type :
       {CimType::kSint8, CimType::kUint8, CimType::kSint16, CimType::kUint16, CimType::kSint32,
        CimType::kUint32, CimType::kSint64, CimType::kUint64, CimType::kChar16}) {
    const auto range = RangeOf(type);
    SCOPED_TRACE(CimTypeName(type));
    EXPECT_TRUE(Coerce(Value::Int(range.min), Scalar(type)));
    EXPECT_TRUE(Coerce(Value::Uint(range.max), Scalar(type)));
    EXPECT_TRUE(FromText(std::to_string(range.min), type));
    EXPECT_TRUE(FromText(std::to_string(range.max), type));
    if (range.min != INT64_MIN) {
      EXPECT_FALSE(Coerce(Value::Int(range.min - 1), Scalar(type)));
    }
    if (range.max != UINT64_MAX) {
      EXPECT_EQ(StatusOf(Coerce(Value::Uint(range.max + 1), Scalar(type))),
                static_cast<std::uint32_t>(WbemStatus::kInvalidParameter));
    }
  }
  EXPECT_FALSE(FromText("18446744073709551616", CimType::kUint64));
  EXPECT_FALSE(FromText("-9223372036854775809", CimType::kSint64));
}

TEST(Coerce, LetsHexadecimalTextSetTheSignBit) {
  EXPECT_EQ(*FromText("0x80070005", CimType::kSint32), Value::Int(-2147024891));
  EXPECT_EQ(*FromText("0xFFFFFFFFFFFFFFFF", CimType::kSint64), Value::Int(-1));
  EXPECT_FALSE(FromText("0x180070005", CimType::kSint32));
  EXPECT_FALSE(FromText("2147942405", CimType::kSint32));
}

TEST(Coerce, TakesBooleansInEverySpelling) {
  for (const auto* text : {"true", "TRUE", "True", "1", "-1", "yes", " true "}) {
    EXPECT_EQ(*FromText(text, CimType::kBoolean), Value::Bool(true)) << text;
  }
  for (const auto* text : {"false", "FALSE", "0", "no", "", " "}) {
    EXPECT_EQ(*FromText(text, CimType::kBoolean), Value::Bool(false)) << text;
  }
  EXPECT_FALSE(FromText("maybe", CimType::kBoolean));
  EXPECT_EQ(*Coerce(Value::Int(-1), Scalar(CimType::kBoolean)), Value::Bool(true));
}

TEST(Coerce, MakesAnArrayOfOneAndKeepsNull) {
  const TypeSpec strings{CimType::kString, true, {}};
  EXPECT_EQ(*Coerce(Value::String("x"), strings), Value::Strings({"x"}));
  EXPECT_TRUE(Coerce(Value(), strings)->is_null());
  EXPECT_EQ(*Coerce(Value::Of({Value::Int(1), Value::Bool(true)}), strings),
            Value::Strings({"1", "TRUE"}));
  EXPECT_FALSE(Coerce(Value::Strings({"x"}), Scalar(CimType::kString)));
  EXPECT_FALSE(Coerce(Value::Strings({"x"}), {CimType::kUint8, true, {}}));
}

TEST(Coerce, ChecksTheClassOfEmbeddedObjects) {
  const auto schema = LoadBuiltInSchema();
  ASSERT_TRUE(schema) << schema.error().message;
  const TypeSpec tokens{CimType::kObject, true, "SMS_ScheduleToken"};
  const auto once =
      std::make_shared<const Instance>(Instance::Spawn(schema->Find("SMS_ST_NonRecurring")));
  const auto other = std::make_shared<const Instance>(schema->Find("SMS_EmbeddedProperty"));
  const auto made = Coerce(Value::Object(once), tokens);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->AsArray()->size(), 1U);
  EXPECT_FALSE(Coerce(Value::Object(other), tokens));
  EXPECT_FALSE(Coerce(Value::String("x"), tokens));
  EXPECT_FALSE(Coerce(Value::Object(once), Scalar(CimType::kString)));
}

TEST(Value, ComparesNumbersAcrossKindsAndTextWithoutCase) {
  EXPECT_EQ(Value::Int(5), Value::Uint(5));
  EXPECT_FALSE(Value::Int(-1) == Value::Uint(UINT64_MAX));
  EXPECT_TRUE(*Compare(Value::Int(-1), Value::Uint(UINT64_MAX)) < 0);
  EXPECT_TRUE(*Compare(Value::Uint(UINT64_MAX), Value::Uint(UINT64_MAX - 1)) > 0);
  EXPECT_TRUE(*Compare(Value::String("Windows"), Value::String("WINDOWS")) == 0);
  EXPECT_TRUE(*Compare(Value::String("\xC3\xA4"), Value::String("\xC3\x84")) == 0);  // a umlaut
  EXPECT_TRUE(*Compare(Value(), Value::Int(0)) < 0);
  EXPECT_FALSE(Compare(Value::String("1"), Value::Int(1)));
  EXPECT_EQ(ToText(Value::Of({Value::Int(1), Value::String("a")})), "{1,a}");
}

TEST(Instance, FindsPropertiesWithoutCaseAndKnowsWhatWasSet) {
  const auto schema = LoadBuiltInSchema();
  auto image = Instance::Spawn(schema->Find("sms_imagepackage"));
  EXPECT_EQ(image["packagetype"].IntOr(0), 257);
  EXPECT_FALSE(image.IsSet("PackageType"));
  EXPECT_TRUE(image.Set("NAME", Value::String("x")));
  EXPECT_TRUE(image.IsSet("name"));
  EXPECT_TRUE(image.Set("ForcedDisconnectEnabled", Value::String("TRUE")));
  EXPECT_EQ(image["ForcedDisconnectEnabled"], Value::Bool(true));
  const auto wrong = image.Set("Nmae", Value());
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().hresult, static_cast<std::uint32_t>(WbemStatus::kInvalidProperty));
  EXPECT_TRUE(image["nothing"].is_null());
}

TEST(Instance, EnforcesWhatQualifiersDemand) {
  const auto schema = LoadBuiltInSchema();
  Instance token(schema->Find("SMS_ST_RecurInterval"));
  EXPECT_TRUE(token.Set("HourSpan", Value::Int(23)));
  EXPECT_TRUE(CheckConstraints(token));
  EXPECT_TRUE(token.Set("HourSpan", Value::Int(24)));
  const auto bad = CheckConstraints(token);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().hresult, static_cast<std::uint32_t>(ProviderCode::kBadValue));

  Instance item(schema->Find("SMS_SCI_Component"));
  EXPECT_TRUE(item.Set("SiteCode", Value::String("ABCD")));
  EXPECT_FALSE(CheckConstraints(item));
}

TEST(Instance, TokenElementsOfAnArrayKeepTheirLimits) {
  const auto schema = LoadBuiltInSchema();
  Instance image(schema->Find("SMS_ImagePackage"));
  Value::Array tokens(16, Value::Object(std::make_shared<const Instance>(
                              Instance::Spawn(schema->Find("SMS_ST_NonRecurring")))));
  EXPECT_TRUE(image.Set("RefreshSchedule", Value::Of(tokens)));
  EXPECT_FALSE(CheckConstraints(image));
  tokens.pop_back();
  EXPECT_TRUE(image.Set("RefreshSchedule", Value::Of(tokens)));
  EXPECT_TRUE(CheckConstraints(image));
}

TEST(ExtendedStatus, FollowsFromTheError) {
  const auto plain =
      ToExtendedStatus(WbemError(WbemStatus::kNotFound, "no such"), "GetObject", "X");
  EXPECT_EQ(plain.status, WbemStatus::kNotFound);
  EXPECT_EQ(plain.error_code, static_cast<std::uint32_t>(ProviderCode::kObjectMissing));
  const auto locked =
      ToExtendedStatus(ProviderError(ProviderCode::kLocked, "locked"), "PutInstance", "X");
  EXPECT_EQ(locked.status, WbemStatus::kFailed);
  EXPECT_EQ(locked.error_code, 1078462258U);
  EXPECT_EQ(locked.object_info, "CObjectLock");
  EXPECT_EQ(locked.provider_name, "WinMgmt");
  const auto below =
      ToExtendedStatus(Error{Code::kIo, "disk", "Look at it", 112}, "ExecMethod", "");
  EXPECT_EQ(below.error_code, 112U);
  EXPECT_EQ(below.description, "disk. Look at it");
  EXPECT_EQ(ToExtendedStatus(Error{Code::kBusy, "b", {}, 0}, "", "").error_code,
            static_cast<std::uint32_t>(ProviderCode::kBusy));
}

}  // namespace
}  // namespace ww::cim
