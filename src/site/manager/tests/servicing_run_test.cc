// Whole runs: from the script's calls to the published version.
#include <gmock/gmock.h>

#include <fstream>

#include "managed_site.h"
#include "wimwright/distmgr/versions.h"

namespace ww::manager {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kImage = "win10-1607-x86.wim";

// The update of the lab's first case for this image that is installed whole.
std::string Installable() {
  for (const auto& which : LabCases().cases) {
    if (which.image == kImage && which.exit_code == 0 && which.updates.size() == 1 &&
        which.updates[0].decision == "install") {
      return which.updates[0].update;
    }
  }
  return {};
}
// One that the engine refuses for this image.
std::string Refused() {
  for (const auto& which : LabCases().cases) {
    if (which.image == kImage && which.updates.size() == 1 &&
        which.updates[0].decision == "refused") {
      return which.updates[0].update;
    }
  }
  return {};
}

std::vector<char> BytesOf(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

class Servicing : public ManagedSite {
 protected:
  cim::Instance OnlyRun() {
    const auto runs = Runs();
    EXPECT_EQ(runs.size(), 1u);
    return runs.empty() ? cim::Instance(schema_->Find("WW_ServicingRun")) : runs[0];
  }
  std::vector<cim::Instance> Progress() {
    return Query("SELECT * FROM SMS_ImageServicingProgress");
  }
  std::vector<cim::Instance> History() { return Query("SELECT * FROM SMS_ImageUpdateHistory"); }
};

TEST_P(Servicing, TheScriptsCallsLeadToANewVersionOfTheImage) {
  const auto image = AddImage(kImage);
  const auto update = AddContent(Installable());
  const auto before = BytesOf(SourceOf(image));
  const auto schedule = Schedule({image}, {update});
  EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(0), 1);
  RunAll();
  EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(0), 3) << Log();
  EXPECT_FALSE(ScheduleRow(schedule)["LastRunDateTime"].is_null());
  const auto package = Package(image);
  EXPECT_EQ(package["SourceVersion"].UintOr(0), 2u);
  EXPECT_EQ(package["StoredPkgVersion"].UintOr(0), 2u);
  EXPECT_EQ(package["ActionInProgress"].UintOr(9), 0u);
  const auto run = OnlyRun();
  EXPECT_EQ(run["State"].TextOr(""), "Succeeded") << Log();
  EXPECT_NE(run["BuildBefore"].TextOr(""), run["BuildAfter"].TextOr(""));
  EXPECT_EQ(package["ImageOSVersion"].TextOr(""), run["BuildAfter"].TextOr(""));
  EXPECT_EQ(run["NewVersion"].UintOr(0), 2u);
  // The package's source is the new image, byte for byte what the library has.
  EXPECT_FALSE(BytesOf(SourceOf(image)) == before);
  const auto id = content::ContentId::FromText(run["NewContentID"].TextOr(""));
  ASSERT_TRUE(id);
  EXPECT_TRUE(BytesOf(SourceOf(image)) == BytesOf(*library_->PathOf(*id)));
  ASSERT_EQ(Progress().size(), 1u);
  EXPECT_EQ(Progress()[0]["Status"].IntOr(0), 2);
  ASSERT_EQ(History().size(), 1u);
  EXPECT_EQ(History()[0]["Status"].IntOr(0), 2);
  const auto states = Query("SELECT * FROM SMS_ImageUpdateStatus");
  ASSERT_FALSE(states.empty());
  EXPECT_EQ(states[0]["UpdateStatus"].IntOr(0), 2);
  EXPECT_EQ(states[0]["UpdateInstallationStatus"].IntOr(9), 0);
  EXPECT_THAT(Messages(), testing::IsSupersetOf({7900, 7903, 7905, 7906, 7907, 7904, 7908, 7901}));
}

TEST_P(Servicing, TheSameScheduleOnceMoreHasNothingToDo) {
  const auto image = AddImage(kImage);
  const auto schedule = Schedule({image}, {AddContent(Installable())});
  RunAll();
  const auto after = BytesOf(SourceOf(image));
  clock_.Set(clock_.Now() + std::chrono::hours(1));
  Put("SMS_ImageServicingSchedule",
      {{"ScheduleID", cim::Value::Int(schedule)}, {"Action", cim::Value::Int(1)}});
  RunOfflineServicingManager(image);
  RunAll();
  EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(0), 3) << Log();
  EXPECT_EQ(Package(image)["SourceVersion"].UintOr(0), 2u);
  EXPECT_TRUE(BytesOf(SourceOf(image)) == after);
  EXPECT_EQ(Runs().size(), 2u);
  EXPECT_THAT(Messages(), Contains(7909));
}

TEST_P(Servicing, AnUpdateThatIsRefusedFailsTheImageAndChangesNothing) {
  const auto image = AddImage(kImage);
  const auto update = AddContent(Refused());
  const auto before = BytesOf(SourceOf(image));
  const auto schedule = Schedule({image}, {update});
  RunAll();
  EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(0), 4) << Log();
  EXPECT_EQ(Package(image)["SourceVersion"].UintOr(0), 1u);
  EXPECT_TRUE(BytesOf(SourceOf(image)) == before);
  ASSERT_EQ(Progress().size(), 1u);
  EXPECT_EQ(Progress()[0]["Status"].IntOr(0), 3);
  EXPECT_EQ(Progress()[0]["FailedUpdateID"].UintOr(0), update);
  EXPECT_NE(Progress()[0]["Win32ErrorCode"].IntOr(0), 0);
  ASSERT_EQ(History().size(), 1u);
  EXPECT_EQ(History()[0]["Status"].IntOr(0), 3);
  const auto run = OnlyRun();
  EXPECT_NE(run["Reason"].TextOr(""), "");
  EXPECT_NE(run["NextStep"].TextOr(""), "");
  EXPECT_THAT(Messages(), testing::IsSupersetOf({7911, 7910}));
  EXPECT_THAT(Messages(), Not(Contains(7901)));
  const auto failed = Query("SELECT * FROM SMS_FailedImageUpdateView");
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0]["UpdateID"].UintOr(0), update);
}

// Nothing but the file's own signature sees it: what the catalogues list is unchanged.
TEST_P(Servicing, ASignedFileThatWasChangedIsRefusedWhereThereIsATrustStore) {
  constexpr const char* kSigned = "windows10.0-kb9000118-x86.msu";
  auto bytes = BytesOf(LabUpdate(kSigned));
  ASSERT_GT(bytes.size(), 36u);
  bytes[32] = static_cast<char>(bytes[32] ^ 1);  // the number of the cabinet's set
  std::ofstream(LabUpdate("changed.msu"), std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  options_.trust_store = LabUpdate("..") / "lab-ca.pem";
  Restart();
  const auto refused = AddImage(kImage);
  const auto schedule = Schedule({refused}, {AddContent("changed.msu")});
  RunAll();
  EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(0), 4) << Log();
  EXPECT_EQ(Package(refused)["SourceVersion"].UintOr(0), 1u);
  EXPECT_THAT(OnlyRun()["Reason"].TextOr(""), HasSubstr("the signature of changed.msu"));

  const auto serviced = AddImage(kImage);
  const auto good = Schedule({serviced}, {AddContent(kSigned)});
  RunAll();
  EXPECT_EQ(ScheduleRow(good)["State"].IntOr(0), 3) << Log();
  EXPECT_EQ(Package(serviced)["SourceVersion"].UintOr(0), 2u);
}

TEST_P(Servicing, ContinueOnErrorKeepsWhatWorked) {
  const auto image = AddImage(kImage);
  const auto good = AddContent(Installable());
  const auto bad = AddContent(Refused());
  const auto schedule = Schedule({image}, {bad, good}, {{"ContinueOnError", B(true)}});
  RunAll();
  EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(0), 3) << Log();
  EXPECT_EQ(Package(image)["SourceVersion"].UintOr(0), 2u);
  EXPECT_EQ(OnlyRun()["FailedUpdateID"].UintOr(0), bad);
  EXPECT_THAT(Messages(), testing::IsSupersetOf({7908, 7911, 7919, 7901}));
}

TEST_P(Servicing, AnUpdateWithoutContentIsSaidByName) {
  const auto image = AddImage(kImage);
  const auto update = AddUpdateRow("no content");
  const auto schedule = Schedule({image}, {update});
  RunAll();
  EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(0), 4);
  const auto run = OnlyRun();
  EXPECT_THAT(run["Reason"].TextOr(""), HasSubstr(std::to_string(update)));
  EXPECT_THAT(run["NextStep"].TextOr(""), HasSubstr("import"));
  EXPECT_EQ(run["FailedUpdateID"].UintOr(0), update);
}

TEST_P(Servicing, AReadOnlySourceIsFoundBeforeAnyWork) {
  const auto image = AddImage(kImage);
  std::filesystem::permissions(SourceOf(image), std::filesystem::perms::owner_read);
  const auto schedule = Schedule({image}, {AddContent(Installable())});
  RunAll();
  EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(0), 4) << Log();
  EXPECT_THAT(Messages(), Contains(7915));
  EXPECT_THAT(OnlyRun()["NextStep"].TextOr(""), HasSubstr("writable"));
}

TEST_P(Servicing, AnImageThatAnotherToolHasLockedIsTriedAgainWithGrowingPatience) {
  const auto image = AddImage(kImage);
  const auto update = AddContent(Installable());
  {
    const auto locked = RealFileSystem().Open(SourceOf(image), OpenMode::kRead);
    ASSERT_TRUE(locked);
    ASSERT_TRUE((*locked)->LockExclusive());
    const auto schedule = Schedule({image}, {update});
    RunAll();
    EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(0), 2);
    EXPECT_EQ(OnlyRun()["State"].TextOr(""), "Queued");
    EXPECT_EQ(OnlyRun()["ErrorCode"].TextOr(""), "WW_E_BUSY");
    EXPECT_NE(OnlyRun()["NextStep"].TextOr(""), "");
    clock_.Set(clock_.Now() + std::chrono::seconds(59));
    RunAll();
    EXPECT_EQ(OnlyRun()["Attempt"].UintOr(0), 1u);
    clock_.Set(clock_.Now() + std::chrono::seconds(2));
    RunAll();
    EXPECT_EQ(OnlyRun()["Attempt"].UintOr(0), 2u);
    EXPECT_EQ(OnlyRun()["State"].TextOr(""), "Queued");
  }
  clock_.Set(clock_.Now() + std::chrono::seconds(119));
  RunAll();
  EXPECT_EQ(OnlyRun()["Attempt"].UintOr(0), 2u);
  clock_.Set(clock_.Now() + std::chrono::seconds(2));
  RunAll();
  EXPECT_EQ(OnlyRun()["State"].TextOr(""), "Succeeded") << Log();
  EXPECT_EQ(OnlyRun()["Reason"].TextOr("x"), "");
}

TEST_P(Servicing, ADelayEndsAlsoWhenTheClockIsSetBack) {
  const auto image = AddImage(kImage);
  {
    const auto locked = RealFileSystem().Open(SourceOf(image), OpenMode::kRead);
    ASSERT_TRUE((*locked)->LockExclusive());
    Schedule({image}, {AddContent(Installable())});
    RunAll();
    ASSERT_EQ(OnlyRun()["State"].TextOr(""), "Queued");
  }
  clock_.Set(clock_.Now() - std::chrono::hours(24 * 365));
  RunAll();
  EXPECT_EQ(OnlyRun()["State"].TextOr(""), "Succeeded") << Log();
}

TEST_P(Servicing, RemovingSupersededUpdatesIsRefusedWithItsReason) {
  const auto image = AddImage(kImage);
  const auto schedule =
      Schedule({image}, {AddContent(Installable())}, {{"RemoveSupersededUpdates", B(true)}});
  RunAll();
  EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(0), 4);
  EXPECT_EQ(OnlyRun()["ErrorCode"].TextOr(""), "WW_E_UNSUPPORTED");
  EXPECT_EQ(Package(image)["SourceVersion"].UintOr(0), 1u);
}

TEST_P(Servicing, AScheduleIsLeftAloneUntilItIsComplete) {
  const auto image = AddImage(kImage);
  const auto path = Put("SMS_ImageServicingSchedule", {{"Action", cim::Value::Int(1)}});
  const auto id = static_cast<std::int32_t>(std::stol(path.substr(path.find('=') + 1)));
  RunAll();  // between the script's first Put and its second
  EXPECT_EQ(ScheduleRow(id)["State"].IntOr(0), 1);
  EXPECT_TRUE(Runs().empty());
  Put("SMS_ImageServicingScheduledImage",
      {{"ImagePackageID", S(image)}, {"ScheduleID", cim::Value::Int(id)}});
  RunAll();
  EXPECT_TRUE(Runs().empty());
  // A script that never says so is served, too.
  clock_.Set(clock_.Now() + std::chrono::seconds(11));
  RunAll();
  EXPECT_EQ(Runs().size(), 1u);
}

TEST_P(Servicing, OneImageThatFailsDoesNotKeepTheOthersFromBeingServiced) {
  const auto gone = AddImage(kImage);
  const auto image = AddImage(kImage);
  const auto update = AddContent(Installable());
  const auto schedule = Schedule({gone, image}, {update});
  ASSERT_TRUE(manager_->Evaluate());
  std::filesystem::remove(SourceOf(gone));
  RunAll();
  EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(0), 4) << Log();
  EXPECT_EQ(Package(gone)["SourceVersion"].UintOr(0), 1u);
  EXPECT_EQ(Package(image)["SourceVersion"].UintOr(0), 2u);
}

TEST_P(Servicing, ACancelledScheduleThatWaitsNeverBegins) {
  const auto image = AddImage(kImage);
  const auto schedule = Schedule({image}, {AddContent(Installable())});
  ASSERT_TRUE(manager_->Evaluate());
  EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(0), 2);
  Put("SMS_ImageServicingSchedule",
      {{"ScheduleID", cim::Value::Int(schedule)}, {"Action", cim::Value::Int(2)}});
  RunAll();
  EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(9), 0) << Log();
  EXPECT_EQ(OnlyRun()["State"].TextOr(""), "Cancelled");
  EXPECT_EQ(Package(image)["SourceVersion"].UintOr(0), 1u);
  EXPECT_THAT(Messages(), Contains(7902));
}

TEST_P(Servicing, WhatAKilledServerWasDoingIsTakenUpAgain) {
  const auto image = AddImage(kImage);
  const auto schedule = Schedule({image}, {AddContent(Installable())});
  ASSERT_TRUE(manager_->Evaluate());
  // As after kill -9 in the middle of the engine's work.
  const auto run = OnlyRun();
  ASSERT_TRUE(provider_->Transact(provider::SystemContext(), [&](provider::Call& call) -> Status {
    auto row = *call.store.FindOne("WW_ServicingRun", {{"RunID", run["RunID"]}});
    row->SetRaw("State", S("Applying"));
    row->SetRaw("Server", S("SRV1"));
    row->SetRaw("Attempt", N(1));
    return call.store.Save(*row);
  }));
  Restart();
  RunAll();
  EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(0), 3) << Log();
  EXPECT_EQ(Package(image)["SourceVersion"].UintOr(0), 2u);
  EXPECT_EQ(OnlyRun()["Attempt"].UintOr(0), 2u);
}

TEST_P(Servicing, ARunThatIsInterruptedEveryTimeIsGivenUp) {
  const auto image = AddImage(kImage);
  const auto schedule = Schedule({image}, {AddContent(Installable())});
  ASSERT_TRUE(manager_->Evaluate());
  const auto run = OnlyRun();
  ASSERT_TRUE(provider_->Transact(provider::SystemContext(), [&](provider::Call& call) -> Status {
    auto row = *call.store.FindOne("WW_ServicingRun", {{"RunID", run["RunID"]}});
    row->SetRaw("State", S("Applying"));
    row->SetRaw("Server", S("SRV1"));
    row->SetRaw("Attempt", N(3));
    return call.store.Save(*row);
  }));
  Restart();
  EXPECT_EQ(OnlyRun()["State"].TextOr(""), "Failed");
  EXPECT_THAT(OnlyRun()["Reason"].TextOr(""), HasSubstr("interrupted"));
  EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(0), 4);
}

TEST_P(Servicing, ARecurringScheduleRunsAgainAtItsNextTime) {
  const auto image = AddImage(kImage);
  // Every day from a start in the past, in UTC.
  const auto token =
      Call("SMS_ScheduleMethods", "WriteToString",
           {{"TokenData", cim::Value::Of({Object("SMS_ST_RecurInterval",
                                                 {{"DaySpan", N(1)}, {"IsGMT", B(true)}})})}});
  ASSERT_TRUE(token) << token.error().message;
  const auto schedule =
      Schedule({image}, {AddContent(Installable())},
               {{"Action", cim::Value::Int(0)}, {"Schedule", (*token)["StringData"]}});
  RunAll();
  EXPECT_TRUE(Runs().empty()) << "not due before its first time after it was made";
  clock_.Set(clock_.Now() + std::chrono::hours(25));
  RunAll();
  EXPECT_EQ(Runs().size(), 1u) << Log();
  RunAll();
  EXPECT_EQ(Runs().size(), 1u) << "once for each time";
  clock_.Set(clock_.Now() + std::chrono::hours(24));
  RunAll();
  EXPECT_EQ(Runs().size(), 2u);
  EXPECT_EQ(ScheduleRow(schedule)["State"].IntOr(0), 3);
}

TEST_P(Servicing, ARuleMakesAScheduleOfWhatFits) {
  const auto image = AddImage(kImage);
  const auto update = AddContent(Installable());
  ASSERT_TRUE(provider_->Transact(provider::SystemContext(), [&](provider::Call& call) -> Status {
    auto row = *call.store.FindOne("SMS_SoftwareUpdate", {{"CI_ID", N(update)}});
    row->SetRaw("IsContentProvisioned", B(true));
    return call.store.Save(*row);
  }));
  const auto rule = Put("WW_ServicingRule", {{"Name", S("monthly")},
                                             {"ImagePackageIDs", cim::Value::Of({S(image)})},
                                             {"ExcludedWords", cim::Value::Of({S("preview")})}});
  const auto id = std::stol(rule.substr(rule.find('=') + 1));
  const auto made = Call("WW_ServicingRule", "EvaluateNow", {{"RuleID", cim::Value::Int(id)}});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_NE((*made)["ScheduleID"].IntOr(0), 0);
  RunAll();
  EXPECT_EQ(Package(image)["SourceVersion"].UintOr(0), 2u) << Log();
  EXPECT_EQ(Get(rule)["LastResult"].TextOr(""), "1 updates for 1 images");
}

TEST_P(Servicing, AScanTellsWhatAnImageHasWithoutChangingIt) {
  const auto image = AddImage(kImage);
  const auto update = AddContent(Installable());
  ASSERT_TRUE(provider_->Transact(provider::SystemContext(), [&](provider::Call& call) -> Status {
    auto row = *call.store.FindOne("SMS_SoftwareUpdate", {{"CI_ID", N(update)}});
    row->SetRaw("IsContentProvisioned", B(true));
    return call.store.Save(*row);
  }));
  const auto before = BytesOf(SourceOf(image));
  Put("SMS_ImageServicingScanRequest", {{"ImagePackageID", S(image)}});
  RunAll();
  EXPECT_TRUE(BytesOf(SourceOf(image)) == before);
  const auto request = Query("SELECT * FROM SMS_ImageServicingScanRequest");
  ASSERT_EQ(request.size(), 1u);
  EXPECT_EQ(request[0]["Status"].IntOr(0), 1) << Log();
  const auto states = Query("SELECT * FROM SMS_ImageUpdateStatus");
  ASSERT_FALSE(states.empty());
  EXPECT_EQ(states[0]["UpdateStatus"].IntOr(0), 3);
}

WW_BOTH_BACKENDS(Servicing);

}  // namespace
}  // namespace ww::manager
