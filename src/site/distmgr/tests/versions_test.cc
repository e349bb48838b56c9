// Versions of packages: taken from sources, published, rolled back, kept and forgotten.
#include <sys/stat.h>

#include "distribution_fixture.h"

namespace ww::distmgr {
namespace {

namespace stdfs = std::filesystem;

class Versions : public DistributionTest {};
WW_BOTH_BACKENDS(Versions);

TEST_P(Versions, ANewImageIsTakenIntoTheLibrary) {
  const auto id = AddImage();
  EXPECT_EQ(Image(id)["SourceVersion"].UintOr(0), 1u);
  EXPECT_EQ(Image(id)["StoredPkgVersion"].UintOr(0), 0u);
  Run();
  const auto image = Image(id);
  EXPECT_EQ(image["SourceVersion"].UintOr(0), 1u);
  EXPECT_EQ(image["StoredPkgVersion"].UintOr(0), 1u);
  EXPECT_EQ(image["PackageSize"].UintOr(0), stdfs::file_size(source_) / 1024);
  EXPECT_EQ(image["ImageOSVersion"].TextOr(""), "10.0.14393.2312");
  EXPECT_EQ(IdOfFile(image["StoredPkgPath"].TextOr("")), IdOfFile(source_));
  const auto current = Current(id);
  ASSERT_TRUE(current);
  ASSERT_EQ(current->files.size(), 1u);
  EXPECT_EQ(current->files[0].path, "a.wim");
  EXPECT_EQ(current->files[0].id, IdOfFile(source_));
  EXPECT_TRUE(library_->Has(current->files[0].id));
  EXPECT_EQ(current->origin, VersionOrigin::kSource);
  const auto shown = Get("WW_ImageVersion.PackageID=\"" + id + "\",SourceVersion=1");
  EXPECT_TRUE(shown["Current"].BoolOr(false));
  EXPECT_EQ(shown["OSVersion"].TextOr(""), "10.0.14393.2312");
  EXPECT_EQ(shown["ContentID"].TextOr(""), IdOfFile(source_).ToText());
}

TEST_P(Versions, TakingASourceRaisesTheKnownStatusMessages) {
  const auto id = AddImage();
  Run();
  const auto told = Query(
      "SELECT s.MessageID, s.Component FROM SMS_StatusMessage s JOIN SMS_StatMsgAttributes a ON "
      "s.RecordID = a.RecordID WHERE a.AttributeID = 400 AND a.AttributeValue = '" +
      id + "' AND s.Component = 'SMS_DISTRIBUTION_MANAGER'");
  EXPECT_EQ(told.size(), 3u);
  for (const auto number : {2300u, 2311u, 2301u}) EXPECT_EQ(Messages(number), 1u) << number;
  const auto strings =
      Query("SELECT InsString1, InsString2 FROM SMS_StatMsgWithInsStrings WHERE MessageID = 2300");
  ASSERT_EQ(strings.size(), 1u);
  EXPECT_EQ(strings[0]["InsString1"].TextOr(""), "Windows");
  EXPECT_EQ(strings[0]["InsString2"].TextOr(""), id);
}

TEST_P(Versions, RefreshingMakesANewVersionOfWhatTheSourceHasNow) {
  const auto id = AddImage();
  Run();
  stdfs::copy_file(LabImage("win10-1607-x64.wim"), source_,
                   stdfs::copy_options::overwrite_existing);
  ASSERT_TRUE(Call("SMS_ImagePackage.PackageID=\"" + id + "\"", "RefreshPkgSource"));
  Run();
  const auto versions = AllVersions(id);
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[1].source_version, 2u);
  EXPECT_EQ(versions[1].files[0].id, IdOfFile(source_));
  EXPECT_NE(versions[0].files[0].id, versions[1].files[0].id);
  EXPECT_EQ(Image(id)["StoredPkgVersion"].UintOr(0), 2u);
}

TEST_P(Versions, AnUnchangedSourceIsNotReadAgain) {
  const auto id = AddImage();
  Run();
  stdfs::last_write_time(source_, stdfs::last_write_time(source_) - std::chrono::hours(1));
  auto first = manager().EnsureSource(id);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->source_version, 1u);
  // Nothing but the stamp can tell now: the file is unreadable for anybody who would look.
  const auto before = library_->List()->size();
  auto again = manager().EnsureSource(id);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->source_version, 1u);
  EXPECT_EQ(library_->List()->size(), before);
}

TEST_P(Versions, ASourceThatSomebodyReplacedBecomesAVersionWhenServicingStages) {
  const auto id = AddImage();
  Run();
  stdfs::copy_file(LabImage("win10-1607-x64.wim"), source_,
                   stdfs::copy_options::overwrite_existing);
  auto version = manager().EnsureSource(id);
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_EQ(version->source_version, 2u);
  EXPECT_EQ(version->origin, VersionOrigin::kSource);
  EXPECT_EQ(Image(id)["SourceVersion"].UintOr(0), 2u);
  EXPECT_EQ(Image(id)["StoredPkgVersion"].UintOr(0), 2u);
}

TEST_P(Versions, AFolderIsTakenWithAllItsFiles) {
  const auto folder = folder_.path() / "setup";
  stdfs::create_directories(folder / "sources");
  stdfs::copy_file(LabImage("win10-1607-x86.wim"), folder / "sources/install.wim");
  Write(folder / "setup.exe", "MZ");
  Write(folder / "support/empty", "");
  const auto id = IdOf(Put(
      "SMS_OperatingSystemInstallPackage",
      {{"Name", S("Upgrade")}, {"PkgSourceFlag", N(2)}, {"PkgSourcePath", S(folder.string())}}));
  Run();
  const auto current = Current(id);
  ASSERT_TRUE(current);
  ASSERT_EQ(current->files.size(), 3u);
  EXPECT_EQ(current->files[0].path, "setup.exe");
  EXPECT_EQ(current->files[1].path, "sources/install.wim");
  EXPECT_EQ(current->files[2].path, "support/empty");
  EXPECT_EQ(current->os_version, "10.0.14393.2312");
}

TEST_P(Versions, ALinkInASourceIsRefusedAndSaidSo) {
  const auto folder = folder_.path() / "updates";
  Write(folder / "kb.msu", "x");
  stdfs::create_symlink("/etc/passwd", folder / "passwd");
  const auto id = IdOf(Put(
      "SMS_SoftwareUpdatesPackage",
      {{"Name", S("Updates")}, {"PkgSourceFlag", N(2)}, {"PkgSourcePath", S(folder.string())}}));
  Run();
  EXPECT_FALSE(Current(id));
  EXPECT_TRUE(log_.Has("neither a file nor a folder"));
  EXPECT_EQ(Messages(2306), 1u);
}

TEST_P(Versions, AMissingSourceIsReadableInTheClassesAndRetriedWithPatience) {
  const auto id = AddImage();
  Run();
  const auto elsewhere = source_.parent_path() / "kept";
  ASSERT_TRUE(Call("SMS_ImagePackage.PackageID=\"" + id + "\"", "RefreshPkgSource"));
  stdfs::rename(source_, elsewhere);
  EXPECT_EQ(Run(), 1u);
  EXPECT_EQ(Messages(2306), 1u);
  EXPECT_EQ(Run(), 0u);  // not again at once
  const auto status = Query("SELECT * FROM SMS_PackageStatus WHERE PackageID = '" + id + "'");
  ASSERT_EQ(status.size(), 1u);
  EXPECT_EQ(status[0]["Status"].IntOr(0), 4);  // RETRY
  Pass(std::chrono::seconds(61));
  EXPECT_EQ(Run(), 1u);
  EXPECT_EQ(Messages(2306), 1u);  // the same problem is told once
  Pass(std::chrono::seconds(61));
  EXPECT_EQ(Run(), 0u);  // twice as long now
  stdfs::rename(elsewhere, source_);
  Pass(std::chrono::seconds(60));
  EXPECT_GE(Run(), 1u);
  EXPECT_EQ(Image(id)["StoredPkgVersion"].UintOr(0), 2u);
  EXPECT_EQ(Query("SELECT * FROM SMS_PackageStatus")[0]["Status"].IntOr(0), 3);  // INSTALLED
}

TEST_P(Versions, PublishingMovesThePackageAndWritesTheSource) {
  const auto id = AddImage();
  Run();
  const auto file = Serviced();
  auto number = Publish(id, file);
  ASSERT_TRUE(number) << number.error().message;
  EXPECT_EQ(*number, 2u);
  auto image = Image(id);
  EXPECT_EQ(image["SourceVersion"].UintOr(0), 2u);
  EXPECT_EQ(image["StoredPkgVersion"].UintOr(0), 2u);
  EXPECT_EQ(Current(id)->run_id, "run1");
  EXPECT_EQ(Current(id)->based_on, 1u);
  EXPECT_NE(IdOfFile(source_), file.id);
  auto done = manager().FinishWriteBack(id);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(IdOfFile(source_), file.id);
  EXPECT_FALSE(
      Get("WW_ImageVersion.PackageID=\"" + id + "\",SourceVersion=2")["WriteBackPending"].BoolOr(
          true));
  // The next staging finds nothing new.
  auto again = manager().EnsureSource(id);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->source_version, 2u);
}

TEST_P(Versions, ADraftThatHoldsTheContentTakesItsPlace) {
  const auto id = AddImage();
  Run();
  const auto file = Serviced();
  auto draft = manager().DraftWriteBack(id, "a.wim", file.bytes);
  if (!draft && draft.error().code == Code::kUnsupported) GTEST_SKIP() << draft.error().message;
  ASSERT_TRUE(draft) << draft.error().message;
  Bytes bytes(file.bytes);
  ASSERT_TRUE((*library_->Open(file.id))->ReadAt(0, bytes));
  ASSERT_TRUE((*draft)->file().WriteAt(0, bytes));
  (*draft)->Holds({file.id, file.bytes});
  EXPECT_EQ(FileCount(source_.parent_path()), 2u);
  ASSERT_TRUE(Publish(id, file));
  const auto done = manager().FinishWriteBack(id, NullProgress(), NeverCancelled(), draft->get());
  ASSERT_TRUE(done) << done.error().message;
  draft->reset();
  EXPECT_EQ(IdOfFile(source_), file.id);
  EXPECT_EQ(FileCount(source_.parent_path()), 1u);
  EXPECT_EQ(manager().EnsureSource(id)->source_version, 2u);
}

TEST_P(Versions, ADraftOfSomethingElseOrOfNothingIsNotUsedAndLeavesNothing) {
  const auto id = AddImage();
  Run();
  const auto file = Serviced();
  auto draft = manager().DraftWriteBack(id, "a.wim", file.bytes);
  if (!draft && draft.error().code == Code::kUnsupported) GTEST_SKIP() << draft.error().message;
  ASSERT_TRUE(draft) << draft.error().message;
  ASSERT_TRUE((*draft)->file().WriteAt(0, Bytes(10)));
  ASSERT_TRUE(Publish(id, file));
  const auto done = manager().FinishWriteBack(id, NullProgress(), NeverCancelled(), draft->get());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(IdOfFile(source_), file.id);
  draft->reset();
  EXPECT_EQ(FileCount(source_.parent_path()), 1u);
  const auto huge = manager().DraftWriteBack(id, "a.wim", std::uint64_t{1} << 60);
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.error().code, Code::kNoSpace);
  EXPECT_EQ(FileCount(source_.parent_path()), 1u);
}

TEST_P(Versions, TheWorkerFinishesAWriteBackThatNobodyCameBackTo) {
  const auto id = AddImage();
  Run();
  const auto file = Serviced();
  ASSERT_TRUE(Publish(id, file));
  Run();
  EXPECT_EQ(IdOfFile(source_), file.id);
}

TEST_P(Versions, WhatSomebodyElsePutThereIsNotOverwritten) {
  const auto id = AddImage();
  Run();
  const auto file = Serviced();
  ASSERT_TRUE(Publish(id, file));
  stdfs::copy_file(LabImage("plain.wim"), source_, stdfs::copy_options::overwrite_existing);
  const auto theirs = IdOfFile(source_);
  auto done = manager().FinishWriteBack(id);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kConflict);
  EXPECT_EQ(IdOfFile(source_), theirs);
  // Refreshing takes theirs.
  ASSERT_TRUE(Call("SMS_ImagePackage.PackageID=\"" + id + "\"", "RefreshPkgSource"));
  Run();
  EXPECT_EQ(Current(id)->source_version, 3u);
  EXPECT_EQ(Current(id)->files[0].id, theirs);
}

TEST_P(Versions, ALockedImageIsNotReplacedUnderThoseWhoWorkOnIt) {
  const auto id = AddImage();
  Run();
  ASSERT_TRUE(Publish(id, Serviced()));
  auto tool = RealFileSystem().Open(source_, OpenMode::kRead);
  ASSERT_TRUE((*tool)->LockExclusive());
  auto done = manager().FinishWriteBack(id);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kBusy);
}

TEST_P(Versions, AReadOnlySourceIsFoundBeforeServicingBegins) {
  const auto id = AddImage();
  Run();
  EXPECT_TRUE(manager().CheckSourceWritable(id));
  ::chmod(source_.c_str(), 0444);
  auto checked = manager().CheckSourceWritable(id);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Code::kIo);
  EXPECT_EQ(checked.error().hresult, 0x80070005u);
}

TEST_P(Versions, RollBackMakesANewVersionOfTheOldContent) {
  const auto id = AddImage();
  Run();
  const auto original = IdOfFile(source_);
  ASSERT_TRUE(Publish(id, Serviced()));
  Run();
  auto rolled =
      Call("WW_ImageVersion", "RollBack", {{"PackageID", S(id)}, {"SourceVersion", N(1)}});
  ASSERT_TRUE(rolled) << rolled.error().message;
  EXPECT_EQ((*rolled)["NewVersion"].UintOr(0), 3u);
  Run();
  EXPECT_EQ(IdOfFile(source_), original);
  const auto current = Current(id);
  EXPECT_EQ(current->source_version, 3u);
  EXPECT_EQ(current->origin, VersionOrigin::kRollback);
  EXPECT_EQ(current->based_on, 1u);
  EXPECT_EQ(current->files[0].id, original);
  EXPECT_EQ(Image(id)["ImageOSVersion"].TextOr(""), "10.0.14393.2312");
}

// The time of a file that was written a moment ago cannot tell it from what comes next, so it is
// not remembered: nor must that of the content before it be.
TEST_P(Versions, AnImageThatWasReplacedAMomentAgoIsRolledBackToo) {
  const auto id = AddImage();
  const auto first = IdOfFile(source_);
  Run();
  ASSERT_TRUE(manager().EnsureSource(id));
  stdfs::copy_file(LabImage("win10-1607-x64.wim"), source_,
                   stdfs::copy_options::overwrite_existing);
  ASSERT_TRUE(Call("SMS_ImagePackage.PackageID=\"" + id + "\"", "RefreshPkgSource"));
  ASSERT_EQ(::chmod(source_.c_str(), 0644), 0);  // changed just now
  Run();
  ASSERT_TRUE(Call("WW_ImageVersion", "RollBack", {{"PackageID", S(id)}, {"SourceVersion", N(1)}}));
  Run();
  EXPECT_EQ(IdOfFile(source_), first);
}

TEST_P(Versions, RollBackIsRefusedForWhatIsCurrentUnknownOrBeingServiced) {
  const auto id = AddImage();
  Run();
  const auto roll = [&](std::uint64_t number) {
    return Call("WW_ImageVersion", "RollBack",
                {{"PackageID", S(id)}, {"SourceVersion", N(number)}});
  };
  EXPECT_FALSE(roll(1));
  EXPECT_FALSE(roll(7));
  ASSERT_TRUE(Publish(id, Serviced()));
  ASSERT_TRUE(InTransaction([&](provider::Call& call) -> Status {
    WW_TRY(auto row, call.store.Make("SMS_ImageServicingProgress"), "row");
    row.SetRaw("ImagePackageID", S(id));
    row.SetRaw("ScheduleID", N(1));
    row.SetRaw("Status", cim::Value::Int(1));
    return call.store.Save(row);
  }));
  EXPECT_FALSE(roll(1));
}

TEST_P(Versions, WhoMayOnlyReadMayNotRollBack) {
  const auto id = AddImage();
  Run();
  ASSERT_TRUE(Publish(id, Serviced()));
  cim::Context nobody;
  nobody.user = "LAB\\nobody";
  EXPECT_FALSE(CallAs(nobody, "WW_ImageVersion", "RollBack",
                      {{"PackageID", S(id)}, {"SourceVersion", N(1)}}));
  EXPECT_EQ(Query("SELECT * FROM WW_ImageVersion").size(), 2u);
}

TEST_P(Versions, RetentionKeepsTheLastThreeAndWhatIsPinnedOrHeld) {
  const auto id = AddImage();
  Run();
  ASSERT_TRUE(Call("WW_ImageVersion", "Pin", {{"PackageID", S(id)}, {"SourceVersion", N(1)}}));
  for (int i = 2; i <= 6; ++i) {
    const auto text = folder_.path() / "other.wim";
    ASSERT_TRUE(
        Publish(id, Serviced(i % 2 == 0 ? "win10-1607-x64.wim" : "win10-1607-x86.wim"), false));
    if (i == 2) {
      ASSERT_TRUE(
          InTransaction([&](provider::Call& call) { return HoldVersion(call, id, 2, "run"); }));
    }
    Run();
  }
  const auto numbers = [&] {
    std::vector<std::uint32_t> out;
    for (const auto& version : AllVersions(id)) out.push_back(version.source_version);
    return out;
  };
  ASSERT_TRUE(manager().CollectGarbage(NeverCancelled()));
  EXPECT_EQ(numbers(), (std::vector<std::uint32_t>{1, 2, 4, 5, 6}));
  ASSERT_TRUE(InTransaction([&](provider::Call& call) { return ReleaseVersions(call, "run"); }));
  ASSERT_TRUE(Call("WW_ImageVersion", "Unpin", {{"PackageID", S(id)}, {"SourceVersion", N(1)}}));
  ASSERT_TRUE(manager().CollectGarbage(NeverCancelled()));
  EXPECT_EQ(numbers(), (std::vector<std::uint32_t>{4, 5, 6}));
}

TEST_P(Versions, GarbageIsWhatNobodyUsesAndIsNoLongerYoung) {
  const auto id = AddImage();
  Run();
  const auto stray = folder_.path() / "stray";
  Write(stray, "nobody's");
  const auto added = library_->Add(stray);
  ASSERT_TRUE(added);
  ASSERT_TRUE(manager().CollectGarbage(NeverCancelled()));
  EXPECT_TRUE(library_->Has(added->id));
  Pass(std::chrono::hours(25));
  auto garbage = manager().CollectGarbage(NeverCancelled());
  ASSERT_TRUE(garbage) << garbage.error().message;
  EXPECT_EQ(garbage->files, 1u);
  EXPECT_FALSE(library_->Has(added->id));
  EXPECT_TRUE(library_->Has(Current(id)->files[0].id));
}

TEST_P(Versions, ADeletedPackageTakesItsVersionsAlong) {
  const auto id = AddImage();
  Run();
  const auto content = Current(id)->files[0].id;
  const auto path = cim::ParseObjectPath("SMS_ImagePackage.PackageID=\"" + id + "\"");
  ASSERT_TRUE(site().Delete(*path, admin_));
  Run();
  EXPECT_TRUE(Query("SELECT * FROM WW_ImageVersion").empty());
  Pass(std::chrono::hours(25));
  Run();
  EXPECT_FALSE(library_->Has(content));
}

TEST_P(Versions, DamageIsFoundAndHealedFromTheSource) {
  const auto id = AddImage();
  Run();
  ::usleep(30'000);  // the stamp is remembered only when no tick hides a change
  ASSERT_TRUE(manager().EnsureSource(id));
  const auto content = Current(id)->files[0].id;
  const auto stored = *library_->PathOf(content);
  ::chmod(stored.c_str(), 0644);
  {
    std::fstream file(stored, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5000);
    file.put('\x7f');
  }
  auto verified = Call("WW_ImageVersion", "Verify", {{"PackageID", S(id)}});
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ((*verified)["Damaged"].AsArray()->size(), 0u);
  ASSERT_EQ((*verified)["Repaired"].AsArray()->size(), 1u);
  EXPECT_TRUE(library_->Verify(content));
  // Without a source there is nothing to heal from.
  const auto again = *library_->PathOf(content);
  stdfs::remove(source_);
  ::chmod(again.c_str(), 0644);
  {
    std::fstream file(again, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5000);
    file.put('\x7f');
  }
  auto report = manager().Verify(id);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->damaged.size(), 1u);
  EXPECT_EQ(Messages(2302), 1u);
}

}  // namespace
}  // namespace ww::distmgr
