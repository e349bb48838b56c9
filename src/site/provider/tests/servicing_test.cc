// The sequence of the classic automation script (sms-provider-behaviour.md 4.1), and its quirks.
#include "site_fixture.h"
#include "wimwright/cim/status.h"

namespace ww::provider {
namespace {

class Servicing : public SiteTest {
 protected:
  void SetUp() override {
    SiteTest::SetUp();
    if (IsSkipped()) return;
    image_ = Put("SMS_ImagePackage", {{"Name", S("Windows 10")},
                                      {"PkgSourceFlag", N(2)},
                                      {"PkgSourcePath", S("\\\\srv\\src\\install.wim")}});
  }
  std::string image_;
};

TEST_P(Servicing, TheClassicScriptRuns) {
  EXPECT_EQ(image_, "SMS_ImagePackage.PackageID=\"LAB00001\"");
  const auto first = AddUpdate("KB9000402");
  const auto second = AddUpdate("KB9000403");
  EXPECT_EQ(first, "SMS_SoftwareUpdate.CI_ID=16777217");
  Put("SMS_AuthorizationList",
      {{"LocalizedInformation",
        cim::Value::Of({Object("SMS_CI_LocalizedProperties",
                               {{"DisplayName", S("Monthly")}, {"LocaleID", N(1033)}})})},
       {"Updates", cim::Value::Of({N(16777217), N(16777218)})}});

  // One token, not an array; the bare word FALSE.
  const auto written =
      Call("SMS_ScheduleMethods", "WriteToString",
           {{"TokenData",
             Object("SMS_ST_NonRecurring", {{"DayDuration", S("0")},
                                            {"IsGMT", S("FALSE")},
                                            {"StartTime", S("20261120010000.000000+***")}})}});
  ASSERT_TRUE(written) << written.error().message;
  const auto token = (*written)["StringData"].TextOr("");
  EXPECT_EQ(token.size(), 16u);

  const auto schedule = Put("SMS_ImageServicingSchedule",
                            {{"Action", N(1)}, {"Schedule", S(token)}, {"UpdateDP", S("True")}});
  EXPECT_EQ(schedule, "SMS_ImageServicingSchedule.ScheduleID=16777217");
  const auto id = schedule.substr(schedule.find('=') + 1);
  Put("SMS_ImageServicingScheduledImage",
      {{"ImagePackageID", S("LAB00001")}, {"ScheduleID", S(id)}});

  const auto groups = Query("SELECT * FROM SMS_AuthorizationList");
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0]["LocalizedDisplayName"].TextOr(""), "Monthly");
  EXPECT_TRUE(groups[0]["Updates"].is_null()) << "lazy";
  const auto group = Get(cim::PathOf(groups[0])->Relative());
  ASSERT_EQ(group["Updates"].AsArray()->size(), 2u);
  for (const auto& update : *group["Updates"].AsArray()) {
    Put("SMS_ImageServicingScheduledUpdate", {{"ScheduleID", S(id)}, {"UpdateID", update}});
  }
  const auto run =
      Call("SMS_ImagePackage", "RunOfflineServicingManager",
           {{"SiteCode", S("lab")}, {"ServerName", S("SRV")}, {"PackageID", S("LAB00001")}});
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ((*run)["ReturnValue"].UintOr(9), 0u);
  EXPECT_EQ(events_.serviced, std::vector<std::string>{"LAB00001"});

  EXPECT_EQ(
      Query("SELECT * FROM SMS_ImageServicingSchedule WHERE ScheduleID LIKE '16777217'").size(),
      1u);
  EXPECT_EQ(
      Query("SELECT * FROM SMS_ImageServicingScheduledUpdate WHERE ScheduleID = '16777217'").size(),
      2u);
  EXPECT_EQ(Get("sms_imageservicingschedule.scheduleid=16777217")["State"].IntOr(0), 1);
}

TEST_P(Servicing, RowsOfThingsThatDoNotExistAreRefused) {
  const auto error = PutFails("SMS_ImageServicingScheduledImage",
                              {{"ImagePackageID", S("LAB00001")}, {"ScheduleID", N(5)}});
  EXPECT_EQ(error.hresult, static_cast<std::uint32_t>(cim::ProviderCode::kObjectMissing));
  Put("SMS_ImageServicingSchedule", {{"Action", N(1)}});
  const auto missing = static_cast<std::uint32_t>(cim::ProviderCode::kObjectMissing);
  EXPECT_EQ(PutFails("SMS_ImageServicingScheduledImage",
                     {{"ImagePackageID", S("LAB00009")}, {"ScheduleID", N(16777217)}})
                .hresult,
            missing);
  EXPECT_EQ(PutFails("SMS_ImageServicingScheduledUpdate",
                     {{"UpdateID", N(7)}, {"ScheduleID", N(16777217)}})
                .hresult,
            missing);
}

TEST_P(Servicing, SeveralIdsInOneTextAreNamedForWhatTheyAre) {
  const auto run = Call("SMS_ImagePackage", "RunOfflineServicingManager",
                        {{"SiteCode", S("LAB")},
                         {"ServerName", S("SRV")},
                         {"PackageID", S("LAB00001 LAB00002")},
                         {"PackageType", N(257)}});
  ASSERT_FALSE(run);
  EXPECT_NE(run.error().message.find("blank"), std::string::npos) << run.error().message;
}

TEST_P(Servicing, ADeletedScheduleTakesItsRowsWithIt) {
  const auto path = Put("SMS_ImageServicingSchedule", {{"Action", N(1)}});
  Put("SMS_ImageServicingScheduledImage",
      {{"ImagePackageID", S("LAB00001")}, {"ScheduleID", N(16777217)}});
  ASSERT_TRUE(provider_->Delete(*cim::ParseObjectPath(path), admin_));
  EXPECT_TRUE(Query("SELECT * FROM SMS_ImageServicingScheduledImage").empty());
}

TEST_P(Servicing, AScheduleTextThatIsNoTokenIsRefused) {
  const auto error =
      PutFails("SMS_ImageServicingSchedule", {{"Action", N(1)}, {"Schedule", S("XYZ")}});
  EXPECT_EQ(error.hresult, static_cast<std::uint32_t>(cim::ProviderCode::kBadValue));
}

WW_BOTH_BACKENDS(Servicing);

}  // namespace
}  // namespace ww::provider
