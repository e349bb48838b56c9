// Distribution points: who they are, what they are told, what comes of what they say.
#include <thread>

#include "distribution_fixture.h"

namespace ww::distmgr {
namespace {

namespace stdfs = std::filesystem;
using Kind = PointReport::Kind;

class PointsTest : public DistributionTest {
 protected:
  static std::string Nal(const std::string& server) {
    return "[\"Display=\\\\" + server + "\\\"]MSWNET:[\"SMS_SITE=LAB\"]\\\\" + server + "\\";
  }
  std::string AddPoint(const std::string& server) {
    Put("SMS_SCI_SysResUse", {{"RoleName", S("SMS Distribution Point")},
                              {"NALPath", S(Nal(server))},
                              {"NALType", S("Windows NT Server")},
                              {"NetworkOSPath", S("\\\\" + server)},
                              {"SiteCode", S("LAB")}});
    return Nal(server);
  }
  PointCertificate Certificate(const std::string& fingerprint) {
    return {fingerprint, "01", clock_.Now() + std::chrono::hours(24 * 365)};
  }
  // A point with a server.
  std::string Enrolled(const std::string& server) {
    const auto nal = AddPoint(server);
    auto token = points().CreateToken(server, std::chrono::minutes(60));
    EXPECT_TRUE(token) << token.error().message;
    auto point = points().Enroll(*token, Certificate("fp-" + server));
    EXPECT_TRUE(point) << point.error().message;
    return nal;
  }
  void Assign(const std::string& id, const std::string& nal) {
    Put("SMS_DistributionPoint",
        {{"PackageID", S(id)}, {"ServerNALPath", S(nal)}, {"SiteCode", S("LAB")}});
  }
  // What it is to have of the one package of the test.
  Assignment One(const std::string& nal) {
    const auto all = Of(nal);
    EXPECT_EQ(all.packages.size(), 1u);
    return all.packages.empty() ? Assignment() : all.packages[0];
  }
  Assignments Of(const std::string& nal) {
    auto all = points().AssignmentsOf(nal);
    EXPECT_TRUE(all) << all.error().message;
    return all ? *all : Assignments();
  }
  PointReport ReportOf(const std::string& nal, Kind kind) {
    const auto all = Of(nal);
    PointReport report;
    if (all.packages.empty()) return report;
    const auto& one = all.packages[0];
    report.package_id = one.package_id;
    report.version = one.version;
    report.request = one.request;
    report.kind = kind;
    for (const auto& file : one.files) report.bytes_total += file.bytes;
    report.bytes_done = kind == Kind::kInstalled ? report.bytes_total : 0;
    return report;
  }
  void Say(const std::string& nal, Kind kind) {
    auto done = points().Report(nal, {ReportOf(nal, kind)});
    EXPECT_TRUE(done) << done.error().message;
  }
  cim::Instance StateAt(const std::string& id, const std::string& nal) {
    const auto all =
        Query("SELECT * FROM SMS_PackageStatusDistPointsSummarizer WHERE PackageID = '" + id + "'");
    for (const auto& one : all) {
      if (one["ServerNALPath"].TextOr("") == nal) return one;
    }
    ADD_FAILURE() << "no state";
    return cim::Instance(schema_->Find("SMS_PackageStatusDistPointsSummarizer"));
  }
  std::uint64_t State(const std::string& id, const std::string& nal) {
    return StateAt(id, nal)["State"].UintOr(99);
  }
};
WW_BOTH_BACKENDS(PointsTest);

TEST_P(PointsTest, ATokenIsGoodOnce) {
  const auto nal = AddPoint("dp1");
  auto answer = Call("WW_DistributionPointEnrolment", "CreateToken", {{"Point", S("dp1")}});
  ASSERT_TRUE(answer) << answer.error().message;
  const auto token = (*answer)["Token"].TextOr("");
  EXPECT_EQ(token.size(), 48u);
  auto checked = points().CheckToken(token);
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->nal_path, nal);
  EXPECT_EQ(checked->server_name, "dp1");
  ASSERT_TRUE(points().Enroll(token, Certificate("aa")));
  EXPECT_FALSE(points().Enroll(token, Certificate("bb")));
  EXPECT_FALSE(points().CheckToken(token));
  EXPECT_EQ(points().Identify("aa")->nal_path, nal);
  EXPECT_FALSE(points().Identify("bb"));
  EXPECT_FALSE(points().Identify(""));
}

TEST_P(PointsTest, TokensEnd) {
  AddPoint("dp1");
  auto first = points().CreateToken("dp1", std::chrono::minutes(10));
  auto second = points().CreateToken("dp1", std::chrono::minutes(10));
  EXPECT_FALSE(points().CheckToken(*first));  // the later one counts
  EXPECT_TRUE(points().CheckToken(*second));
  Pass(std::chrono::minutes(11));
  EXPECT_FALSE(points().CheckToken(*second));
  EXPECT_FALSE(points().CheckToken(""));
  EXPECT_FALSE(points().CheckToken(std::string(100000, 'x')));
  EXPECT_FALSE(points().CreateToken("dp9", std::chrono::minutes(10)));
}

TEST_P(PointsTest, ACertificateEndsWhenItIsRevokedReplacedOrOld) {
  const auto nal = Enrolled("dp1");
  ASSERT_TRUE(points().Replace(nal, Certificate("new")));
  EXPECT_FALSE(points().Identify("fp-dp1"));
  EXPECT_TRUE(points().Identify("new"));
  ASSERT_TRUE(Call("WW_DistributionPointEnrolment", "Revoke", {{"Point", S("dp1")}}));
  EXPECT_FALSE(points().Identify("new"));
  EXPECT_FALSE(points().Replace(nal, Certificate("newer")));
  const auto token = points().CreateToken(nal, std::chrono::minutes(1));
  ASSERT_TRUE(token);
  ASSERT_TRUE(points().Enroll(*token, Certificate("fp-dp1")));
  EXPECT_TRUE(points().Identify("fp-dp1"));
  Pass(std::chrono::hours(24 * 366));
  EXPECT_FALSE(points().Identify("fp-dp1"));
}

TEST_P(PointsTest, WhoMayNotChangeTheSiteMakesNoTokens) {
  AddPoint("dp1");
  cim::Context nobody;
  nobody.user = "LAB\\nobody";
  EXPECT_FALSE(
      CallAs(nobody, "WW_DistributionPointEnrolment", "CreateToken", {{"Point", S("dp1")}}));
}

TEST_P(PointsTest, ContentGoesToAPointAndItsClassesFollow) {
  const auto nal = Enrolled("dp1");
  const auto id = AddImage();
  Assign(id, nal);
  EXPECT_EQ(State(id, nal), 1u);  // INSTALL_PENDING
  EXPECT_TRUE(Of(nal).packages.empty());
  Run();
  EXPECT_EQ(State(id, nal), 7u);  // CONTENT_UPDATING
  const auto assigned = Of(nal);
  ASSERT_EQ(assigned.packages.size(), 1u);
  EXPECT_EQ(assigned.packages[0].version, 1u);
  EXPECT_EQ(assigned.packages[0].name, "Windows");
  ASSERT_EQ(assigned.packages[0].files.size(), 1u);
  const auto content = assigned.packages[0].files[0].id;
  EXPECT_TRUE(*points().MayRead(nal, content));
  EXPECT_FALSE(*points().MayRead(Enrolled("dp2"), content));
  EXPECT_EQ(Messages(2342), 1u);
  EXPECT_EQ(Messages(2301), 0u);

  auto report = ReportOf(nal, Kind::kTransferring);
  report.bytes_done = 1000;
  report.bytes_sent = 500;
  ASSERT_TRUE(points().Report(nal, {report}));
  auto progress = Query("SELECT * FROM WW_DistributionProgress");
  ASSERT_EQ(progress.size(), 1u);
  EXPECT_EQ(progress[0]["State"].UintOr(0), 2u);
  EXPECT_EQ(progress[0]["BytesSent"].UintOr(0), 500u);
  Say(nal, Kind::kInstalled);
  EXPECT_EQ(State(id, nal), 0u);
  EXPECT_EQ(StateAt(id, nal)["SourceVersion"].UintOr(0), 1u);
  EXPECT_EQ(Messages(2330), 1u);
  EXPECT_EQ(Messages(2301), 1u);
  Say(nal, Kind::kInstalled);  // once more is no news
  EXPECT_EQ(Messages(2330), 1u);

  const auto status = Query("SELECT * FROM SMS_DistributionDPStatus");
  ASSERT_EQ(status.size(), 1u);
  EXPECT_EQ(status[0]["MessageID"].UintOr(0), 2330u);
  EXPECT_EQ(status[0]["MessageState"].UintOr(0), 1u);
  EXPECT_EQ(status[0]["InsString1"].TextOr(""), "Windows");
  EXPECT_EQ(Query("SELECT * FROM SMS_DistributionStatus")[0]["Assets"].UintOr(0), 1u);
  const auto copies = Query("SELECT * FROM SMS_PackageStatus WHERE Type = 2");
  ASSERT_EQ(copies.size(), 1u);
  EXPECT_EQ(copies[0]["Status"].IntOr(0), 3);
  EXPECT_EQ(Query("SELECT * FROM SMS_DPContentInfo").size(), 1u);
  EXPECT_EQ(Query("SELECT * FROM SMS_PackageContentServerInfo").size(), 1u);
  EXPECT_EQ(Query("SELECT * FROM SMS_ObjectContentInfo")[0]["NumberSuccess"].UintOr(0), 1u);
}

TEST_P(PointsTest, ANewVersionGoesOnlyWhenItIsToldTo) {
  const auto nal = Enrolled("dp1");
  const auto id = AddImage();
  Assign(id, nal);
  Run();
  Say(nal, Kind::kInstalled);
  const auto generation = Of(nal).generation;
  NewVersion version;
  version.package_id = id;
  version.files = {Serviced()};
  version.update_points = false;
  ASSERT_TRUE(InTransaction([&](provider::Call& call) {
    return manager().PublishVersion(call, version).map([](std::uint32_t) {});
  }));
  Run();
  EXPECT_EQ(One(nal).version, 1u);
  EXPECT_EQ(Of(nal).generation, generation);
  EXPECT_EQ(State(id, nal), 0u);
  ASSERT_TRUE(Publish(id, Serviced("win10-1607-x86.wim")));
  Run();
  EXPECT_EQ(One(nal).version, 3u);
  EXPECT_NE(Of(nal).generation, generation);
  EXPECT_EQ(StateAt(id, nal)["SourceVersion"].UintOr(0), 1u);  // what is there now
  Say(nal, Kind::kInstalled);
  EXPECT_EQ(StateAt(id, nal)["SourceVersion"].UintOr(0), 3u);
}

TEST_P(PointsTest, AReportAboutYesterdayChangesNothing) {
  const auto nal = Enrolled("dp1");
  const auto id = AddImage();
  Assign(id, nal);
  Run();
  const auto old = ReportOf(nal, Kind::kInstalled);
  ASSERT_TRUE(Publish(id, Serviced()));
  Run();
  ASSERT_TRUE(points().Report(nal, {old}));
  EXPECT_EQ(State(id, nal), 7u);
  PointReport foreign = old;
  foreign.package_id = "LAB99999";
  EXPECT_TRUE(points().Report(nal, {foreign}));
}

TEST_P(PointsTest, FailuresAreToldAndOver) {
  const auto nal = Enrolled("dp1");
  const auto id = AddImage();
  Assign(id, nal);
  Run();
  auto failed = ReportOf(nal, Kind::kRetrying);
  failed.problem = "no answer";
  failed.win32_error = 121;
  ASSERT_TRUE(points().Report(nal, {failed}));
  EXPECT_EQ(State(id, nal), 2u);  // INSTALL_RETRYING
  EXPECT_EQ(Messages(2323), 1u);
  ASSERT_TRUE(points().Report(nal, {failed}));
  EXPECT_EQ(Messages(2323), 1u);
  EXPECT_EQ(Query("SELECT * FROM SMS_DistributionDPStatus")[0]["MessageState"].UintOr(0), 3u);
  failed.kind = Kind::kFailed;
  failed.problem = "disk full";
  ASSERT_TRUE(points().Report(nal, {failed}));
  EXPECT_EQ(State(id, nal), 3u);
  Say(nal, Kind::kInstalled);
  EXPECT_EQ(State(id, nal), 0u);
  EXPECT_EQ(Query("SELECT * FROM SMS_DistributionDPStatus")[0]["MessageState"].UintOr(0), 1u);
}

TEST_P(PointsTest, RemovalIsDoneWhenThePointSaysSo) {
  const auto nal = Enrolled("dp1");
  const auto id = AddImage();
  Assign(id, nal);
  Run();
  Say(nal, Kind::kInstalled);
  auto rows = Query("SELECT * FROM SMS_DistributionPoint");
  ASSERT_EQ(rows.size(), 1u);
  ASSERT_TRUE(site().Delete(*cim::PathOf(rows[0]), admin_));
  Run();
  EXPECT_EQ(State(id, nal), 4u);  // REMOVAL_PENDING
  ASSERT_EQ(Of(nal).packages.size(), 1u);
  EXPECT_TRUE(One(nal).remove);
  EXPECT_EQ(Query("SELECT * FROM SMS_DistributionPoint")[0]["Status"].UintOr(0), 3u);
  Say(nal, Kind::kRemoved);
  EXPECT_TRUE(Query("SELECT * FROM SMS_DistributionPoint").empty());
  EXPECT_TRUE(Query("SELECT * FROM SMS_PackageStatusDistPointsSummarizer").empty());
  EXPECT_TRUE(Of(nal).packages.empty());
}

TEST_P(PointsTest, WhatNobodyEverFetchedIsRemovedAtOnce) {
  const auto nal = AddPoint("dp1");
  const auto id = AddImage();
  Assign(id, nal);
  Run();
  auto rows = Query("SELECT * FROM SMS_DistributionPoint");
  ASSERT_TRUE(site().Delete(*cim::PathOf(rows[0]), admin_));
  Run();
  EXPECT_TRUE(Query("SELECT * FROM SMS_DistributionPoint").empty());
}

TEST_P(PointsTest, ADeletedPackageIsNoLongerAssigned) {
  const auto nal = Enrolled("dp1");
  const auto id = AddImage();
  Assign(id, nal);
  Run();
  const auto generation = Of(nal).generation;
  ASSERT_TRUE(
      site().Delete(*cim::ParseObjectPath("SMS_ImagePackage.PackageID=\"" + id + "\""), admin_));
  Run();
  EXPECT_TRUE(Of(nal).packages.empty());
  EXPECT_NE(Of(nal).generation, generation);
}

TEST_P(PointsTest, ValidationAsksThePointToReadAgain) {
  const auto nal = Enrolled("dp1");
  const auto id = AddImage();
  Assign(id, nal);
  Run();
  Say(nal, Kind::kInstalled);
  const auto before = One(nal).request;
  auto asked =
      Call("SMS_DistributionPoint", "VerifyPackage", {{"PackageId", S(id)}, {"NALPath", S(nal)}});
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(State(id, nal), 8u);  // CONTENT_MONITORING
  EXPECT_TRUE(One(nal).verify);
  EXPECT_NE(One(nal).request, before);
  Say(nal, Kind::kInstalled);
  EXPECT_EQ(State(id, nal), 0u);
  EXPECT_FALSE(One(nal).verify);
}

TEST_P(PointsTest, CancellingLeavesWhatThePointHas) {
  const auto nal = Enrolled("dp1");
  const auto id = AddImage();
  const auto cancel = [&] {
    return Call("SMS_DistributionPoint", "CancelDistribution",
                {{"PackageId", S(id)}, {"NALPath", S(nal)}});
  };
  Assign(id, nal);
  Run();
  ASSERT_TRUE(cancel());
  EXPECT_EQ(State(id, nal), 3u);
  EXPECT_TRUE(Of(nal).packages.empty());
  EXPECT_FALSE(cancel());
  Put("SMS_DistributionPoint", {{"PackageID", S(id)},
                                {"ServerNALPath", S(nal)},
                                {"SiteCode", S("LAB")},
                                {"RefreshNow", B(true)}});  // once more
  Run();
  Say(nal, Kind::kInstalled);
  ASSERT_TRUE(Publish(id, Serviced()));
  Run();
  EXPECT_EQ(One(nal).version, 2u);
  ASSERT_TRUE(cancel());
  EXPECT_EQ(One(nal).version, 1u);
  EXPECT_EQ(State(id, nal), 0u);
  EXPECT_EQ(Messages(40409), 2u);
}

TEST_P(PointsTest, RetentionKeepsWhatAPointIsToHave) {
  const auto nal = Enrolled("dp1");
  const auto id = AddImage();
  Assign(id, nal);
  Run();
  Say(nal, Kind::kInstalled);
  for (int i = 0; i < 5; ++i) {
    NewVersion version;
    version.package_id = id;
    version.files = {Serviced(i % 2 == 0 ? "win10-1607-x64.wim" : "win10-1607-x86.wim")};
    version.update_points = false;
    version.write_back = false;
    ASSERT_TRUE(InTransaction([&](provider::Call& call) {
      return manager().PublishVersion(call, version).map([](std::uint32_t) {});
    }));
  }
  ASSERT_TRUE(manager().CollectGarbage(NeverCancelled()));
  const auto versions = AllVersions(id);
  ASSERT_EQ(versions.size(), 4u);
  EXPECT_EQ(versions[0].source_version, 1u);
}

TEST_P(PointsTest, TheFirstGroupGoesFirst) {
  const auto first = Enrolled("dp1"), second = Enrolled("dp2");
  const auto id = AddImage();
  const auto group = IdOf(Put("SMS_DistributionPointGroup", {{"Name", S("Pilot")}}));
  const auto path = "SMS_DistributionPointGroup.GroupID=\"" + group + "\"";
  ASSERT_TRUE(Call(path, "AddDistributionPoints", {{"DPNALPath", cim::Value::Of({S(first)})}}));
  Put("WW_StagedRollout",
      {{"PackageID", S(id)}, {"FirstGroupID", S(group)}, {"DelayMinutes", N(30)}});
  Assign(id, first);
  Assign(id, second);
  Run();
  EXPECT_EQ(Of(first).packages.size(), 1u);
  EXPECT_TRUE(Of(second).packages.empty());
  EXPECT_EQ(State(id, second), 1u);
  const auto rollout = [&] { return Query("SELECT * FROM WW_StagedRollout")[0]; };
  EXPECT_EQ(rollout()["State"].UintOr(9), 1u);
  Say(first, Kind::kInstalled);
  Run();
  EXPECT_EQ(rollout()["State"].UintOr(9), 2u);
  EXPECT_TRUE(Of(second).packages.empty());
  Pass(std::chrono::minutes(29));
  Run();
  EXPECT_TRUE(Of(second).packages.empty());
  Pass(std::chrono::minutes(2));
  Run();
  EXPECT_EQ(Of(second).packages.size(), 1u);
  EXPECT_EQ(rollout()["State"].UintOr(9), 3u);
  // The next version begins with the first group again, and the second keeps what it has.
  Say(second, Kind::kInstalled);
  ASSERT_TRUE(Publish(id, Serviced()));
  Run();
  EXPECT_EQ(rollout()["State"].UintOr(9), 1u);
  EXPECT_EQ(One(first).version, 2u);
  ASSERT_EQ(Of(second).packages.size(), 1u);
  EXPECT_EQ(One(second).version, 1u);
  // Without the rollout everybody gets it.
  ASSERT_TRUE(
      site().Delete(*cim::ParseObjectPath("WW_StagedRollout.PackageID=\"" + id + "\""), admin_));
  Run();
  EXPECT_EQ(One(second).version, 2u);
}

TEST_P(PointsTest, AGroupIsInSyncWhenAllMembersHaveEverything) {
  const auto nal = Enrolled("dp1");
  const auto id = AddImage();
  const auto group = IdOf(Put("SMS_DistributionPointGroup", {{"Name", S("All")}}));
  const auto path = "SMS_DistributionPointGroup.GroupID=\"" + group + "\"";
  ASSERT_TRUE(Call(path, "AddDistributionPoints", {{"DPNALPath", cim::Value::Of({S(nal)})}}));
  ASSERT_TRUE(Call(path, "AddPackages", {{"PackageIDs", cim::Value::Of({S(id)})}}));
  Run();
  EXPECT_FALSE(Get(path)["ContentInSync"].BoolOr(true));
  EXPECT_EQ(Get(path)["OutOfSyncContentCount"].UintOr(0), 1u);
  Say(nal, Kind::kInstalled);
  EXPECT_TRUE(Get(path)["ContentInSync"].BoolOr(false));
  EXPECT_EQ(Query("SELECT * FROM SMS_DPGroupContentInfo").size(), 1u);
}

TEST_P(PointsTest, PointsWaitForASourceThatIsMissingAndSayWhy) {
  const auto nal = Enrolled("dp1");
  const auto id = AddImage();
  stdfs::remove(source_);
  Assign(id, nal);
  Run();
  EXPECT_EQ(State(id, nal), 1u);
  const auto status = Query("SELECT * FROM SMS_DistributionDPStatus");
  ASSERT_EQ(status.size(), 1u);
  EXPECT_EQ(status[0]["MessageID"].UintOr(0), 2306u);
  EXPECT_EQ(status[0]["MessageState"].UintOr(0), 3u);
  EXPECT_EQ(Query("SELECT * FROM SMS_DistributionStatus")[0]["Type"].UintOr(0), 3u);
}

TEST_P(PointsTest, WhoeverWaitsIsWokenByAChange) {
  const auto nal = Enrolled("dp1");
  const auto id = AddImage();
  Run();
  const auto known = Of(nal).generation;
  EXPECT_EQ(*points().WaitForChange(nal, known, std::chrono::milliseconds(0), NeverCancelled()),
            known);
  std::uint64_t seen = known;
  std::thread waiter([&] {
    const auto now = points().WaitForChange(nal, known, std::chrono::seconds(30), NeverCancelled());
    seen = now ? *now : known;
  });
  Assign(id, nal);
  Run();
  waiter.join();
  EXPECT_NE(seen, known);
}

TEST_P(PointsTest, APointThatIsAliveIsSeen) {
  const auto nal = Enrolled("dp1");
  ASSERT_TRUE(points().Seen(nal, "https://dp1:8444", "1.0",
                            {{"/srv/content", std::uint64_t{100} << 30, std::uint64_t{25} << 30}}));
  const auto row = Query("SELECT * FROM WW_DistributionPointEnrolment");
  ASSERT_EQ(row.size(), 1u);
  EXPECT_EQ(row[0]["Address"].TextOr(""), "https://dp1:8444");
  EXPECT_EQ(row[0]["State"].UintOr(0), 2u);
  const auto drives = Query("SELECT * FROM SMS_DistributionPointDriveInfo");
  ASSERT_EQ(drives.size(), 1u);
  EXPECT_EQ(drives[0]["PercentFree"].IntOr(0), 25);
  EXPECT_EQ(drives[0]["BytesTotal"].IntOr(0), 100 << 20);
}

TEST_P(PointsTest, WhoMayDownloadIsToldToThePoints) {
  const auto nal = Enrolled("dp1");
  EXPECT_FALSE(Of(nal).anonymous);
  const auto before = Of(nal).generation;
  auto made = Call("WW_ContentAccess", "CreateToken", {{"Label", S("deploy")}, {"Days", N(10)}});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ((*made)["Token"].TextOr("").size(), 48u);
  ASSERT_EQ(Of(nal).token_sha256.size(), 1u);
  EXPECT_NE(Of(nal).generation, before);
  ASSERT_TRUE(Call("WW_ContentAccess", "AllowAnonymous", {{"Allowed", B(true)}}));
  EXPECT_TRUE(Of(nal).anonymous);
  EXPECT_EQ(Query("SELECT * FROM WW_ContentAccess").size(), 2u);
  ASSERT_TRUE(Call("WW_ContentAccess", "AllowAnonymous", {{"Allowed", B(false)}}));
  EXPECT_FALSE(Of(nal).anonymous);
  Pass(std::chrono::hours(11 * 24));
  EXPECT_TRUE(Of(nal).token_sha256.empty());
  Run();
  EXPECT_TRUE(Query("SELECT * FROM WW_ContentAccess").empty());
}

TEST_P(PointsTest, ARoleThatComesBackDoesNotBringItsCertificateBack) {
  const auto nal = Enrolled("dp1");
  const auto roles = Query("SELECT * FROM SMS_SCI_SysResUse");
  ASSERT_EQ(roles.size(), 1u);
  const auto gone = site().Delete(*cim::PathOf(roles[0]), admin_);
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_FALSE(points().Identify("fp-dp1"));
  AddPoint("dp1");
  EXPECT_FALSE(points().Identify("fp-dp1"));
  EXPECT_TRUE(Query("SELECT * FROM WW_DistributionPointEnrolment").empty());
}

TEST_P(PointsTest, RateAndPriorityComeFromTheRole) {
  const auto property = [&](std::string_view name, std::uint64_t value) {
    return Object("SMS_EmbeddedProperty", {{"PropertyName", S(name)}, {"Value", N(value)}});
  };
  Put("SMS_SCI_SysResUse",
      {{"RoleName", S("SMS Distribution Point")},
       {"NALPath", S(Nal("dp1"))},
       {"SiteCode", S("LAB")},
       {"Props", cim::Value::Of({property("Priority", 3), property("RateLimitsEnabled", 1),
                                 property("TransferRate", 512)})}});
  const auto all = Of(Nal("dp1"));
  EXPECT_EQ(all.priority, 3u);
  EXPECT_EQ(all.bytes_per_second, 512u << 10);
}

TEST_P(PointsTest, APackageWithoutSourceSaysSoToWhoeverWaits) {
  const auto nal = Enrolled("dp1");
  const auto id = IdOf(Put("SMS_ImagePackage", {{"Name", S("Nothing")}}));
  Assign(id, nal);
  Run();
  EXPECT_EQ(Messages(2305), 2u);  // about the package, and about the point that waits for it
  Run();
  EXPECT_EQ(Messages(2305), 2u);  // said once
  EXPECT_EQ(Query("SELECT * FROM SMS_DistributionDPStatus")[0]["MessageID"].UintOr(0), 2305u);
}

}  // namespace
}  // namespace ww::distmgr
