#include "wimwright/cim/object_path.h"

#include <gtest/gtest.h>

#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

class ObjectPathTest : public testing::Test {
 protected:
  void SetUp() override {
    auto schema = LoadBuiltInSchema();
    ASSERT_TRUE(schema);
    schema_ = *std::move(schema);
  }
  std::string Canonically(std::string_view text) const {
    const auto parsed = ParseObjectPath(text);
    if (!parsed) return parsed.error().message;
    const auto made = Canonical(*parsed, schema_);
    return made ? made->Full() : "error: " + made.error().message;
  }
  Schema schema_;
};

TEST_F(ObjectPathTest, WritesExactlyWhatTheProviderWrites) {
  // sms-provider-behaviour.md 2.3: no quotes around numbers, no blanks, keys by name.
  for (const auto* path :
       {"SMS_ImagePackage.PackageID=\"XYZ00001\"", "SMS_ImageServicingSchedule.ScheduleID=16777217",
        "SMS_ImageServicingScheduledImage.ImagePackageID=\"XYZ00001\",ScheduleID=16777217",
        "SMS_ImageServicingScheduledUpdate.ScheduleID=16777217,UpdateID=16778240",
        "SMS_PackageStatus.PackageID=\"ABC00003\",Personality=0,PkgServer=\"SRV.DOM\",SiteCode="
        "\"ABC\",Status=3,Type=1"}) {
    EXPECT_EQ(Canonically(path), path);
  }
}

TEST_F(ObjectPathTest, AcceptsWhatClientsWrite) {
  const std::string schedule = "SMS_ImageServicingSchedule.ScheduleID=5";
  for (const auto* path :
       {"SMS_ImageServicingSchedule.ScheduleID='5'", "sms_imageservicingschedule.SCHEDULEID=\"5\"",
        " SMS_ImageServicingSchedule . ScheduleID = 5 ", "SMS_ImageServicingSchedule=5",
        "SMS_ImageServicingSchedule = '5'"}) {
    EXPECT_EQ(Canonically(path), schedule) << path;
  }
  EXPECT_EQ(Canonically("SMS_ImageServicingScheduledImage.scheduleid='7' , imagepackageid='a b'"),
            "SMS_ImageServicingScheduledImage.ImagePackageID=\"a b\",ScheduleID=7");
  EXPECT_EQ(Canonically("\\\\SRV\\root\\sms\\site_XYZ:" + schedule),
            "\\\\SRV\\root\\sms\\site_XYZ:" + schedule);
  EXPECT_EQ(Canonically("//SRV/ROOT/SMS/Site_XYZ:" + schedule),
            "\\\\SRV\\ROOT\\SMS\\Site_XYZ:" + schedule);
  EXPECT_EQ(Canonically("\\\\.\\root\\sms\\site_XYZ:SMS_ImagePackage"),
            "\\\\.\\root\\sms\\site_XYZ:SMS_ImagePackage");
  EXPECT_EQ(Canonically("ROOT\\sms\\site_XYZ:SMS_ImagePackage"),
            "ROOT\\sms\\site_XYZ:SMS_ImagePackage");
}

TEST_F(ObjectPathTest, EscapesAndUnescapesNetworkPaths) {
  const std::string path =
      R"(SMS_DistributionPoint.PackageID="XYZ00001",ServerNALPath="[\"Display=\\\\SRV\\\"]MSWNET:[\"SMS_SITE=XYZ\"]\\\\SRV\\",SiteCode="XYZ")";
  const auto parsed = ParseObjectPath(path);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed->FindKey("servernalpath"),
            Value::String(R"(["Display=\\SRV\"]MSWNET:["SMS_SITE=XYZ"]\\SRV\)"));
  EXPECT_EQ(parsed->Relative(), path);
  EXPECT_EQ(ParseObjectPath(R"(A.B='C:\dir')")->keys[0].value, Value::String(R"(C:\dir)"));
}

TEST_F(ObjectPathTest, ReadsSingletonsAndClasses) {
  EXPECT_EQ(ParseObjectPath("A=@")->kind, ObjectPath::Kind::kSingleton);
  EXPECT_EQ(ParseObjectPath("A=@")->Relative(), "A=@");
  EXPECT_EQ(ParseObjectPath("A")->kind, ObjectPath::Kind::kClass);
}

TEST_F(ObjectPathTest, RefusesWithAPosition) {
  for (const auto* path : {"",
                           ".",
                           "A.",
                           "A.B",
                           "A.B=",
                           "A.B=\"x",
                           "A.B=x",
                           "A.B=1,",
                           "A.B=1;C=2",
                           "A=@x",
                           "1A",
                           "A.B=1.5",
                           "\\\\SRV:A",
                           "\\\\:A",
                           ":A",
                           "\\\\SRV\\\\root:A",
                           "root\\:A",
                           "ro ot:A",
                           "A.B=99999999999999999999",
                           "A.B=\"x\"y"}) {
    const auto parsed = ParseObjectPath(path);
    ASSERT_FALSE(parsed) << path;
    EXPECT_EQ(parsed.error().hresult, static_cast<std::uint32_t>(WbemStatus::kInvalidObjectPath));
  }
  EXPECT_FALSE(ParseObjectPath(std::string("A.B=\"x\0y\"", 9)));
  EXPECT_FALSE(ParseObjectPath("A.B=\"" + std::string(40'000, 'x') + "\""));
}

TEST_F(ObjectPathTest, RefusesKeysThatAreNotTheClasss) {
  for (const auto* path : {"SMS_ImagePackage.Name='x'", "SMS_ImageServicingSchedule.ScheduleID='x'",
                           "SMS_ImageServicingScheduledImage.ScheduleID=1",
                           "SMS_ImageServicingScheduledImage.ScheduleID=1,ScheduleID=2",
                           "SMS_ImageServicingSchedule.ScheduleID=4294967296", "SMS_ImagePackage=@",
                           "SMS_None.A=1", "SMS_ImagePackage.PackageID='a',Name='b'"}) {
    EXPECT_TRUE(Canonically(path).starts_with("error")) << path;
  }
}

TEST_F(ObjectPathTest, IsMadeFromAnInstance) {
  Instance row(schema_.Find("SMS_ImageServicingScheduledImage"));
  EXPECT_FALSE(PathOf(row));
  ASSERT_TRUE(row.Set("ScheduleID", Value::String("16777217")));
  ASSERT_TRUE(row.Set("ImagePackageID", Value::String("XYZ00001")));
  EXPECT_EQ(PathOf(row)->Relative(),
            "SMS_ImageServicingScheduledImage.ImagePackageID=\"XYZ00001\",ScheduleID=16777217");
  EXPECT_EQ(At(*PathOf(row), "SRV", "root\\sms\\site_XYZ").Full().substr(0, 26),
            "\\\\SRV\\root\\sms\\site_XYZ:SM");
  Instance history(schema_.Find("SMS_ImageUpdateHistory"));
  ASSERT_TRUE(history.Set("ScheduleID", Value::Int(1)));
  ASSERT_TRUE(history.Set("ImagePackageID", Value::String("X")));
  ASSERT_TRUE(history.Set("RunDateTime", Value::String("2026-11-20")));
  EXPECT_EQ(PathOf(history)->Relative(),
            "SMS_ImageUpdateHistory.ImagePackageID=\"X\",RunDateTime=\"20261120000000.000000+***\","
            "ScheduleID=1");
  EXPECT_FALSE(PathOf(Instance(schema_.Find("SMS_ScheduleToken"))));
}

}  // namespace
}  // namespace ww::cim
