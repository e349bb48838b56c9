// What holds after a kill at any moment, and with several servers at once.
#include <sys/wait.h>

#include <thread>

#include "distribution_fixture.h"
#include "faults.h"

namespace ww::distmgr {
namespace {

namespace stdfs = std::filesystem;

class Survival : public DistributionTest {
 protected:
  // Everything that a package's life has, in a process of its own, which ends at step `last`.
  // Answers whether it got to its end.
  bool LiveUntil(long last) {
    const auto original = LabImage("win10-1607-x86.wim"), serviced = LabImage("win10-1607-x64.wim");
    source_ = folder_.path() / "source" / "a.wim";
    const pid_t child = ::fork();
    if (child == 0) {
      Steps steps(last);
      ::_exit(Live(steps, original, serviced) ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    EXPECT_TRUE(code == 0 || code == kKilled) << code;
    return code == 0;
  }

  bool Live(const Steps& steps, const stdfs::path& original, const stdfs::path& serviced) {
    SteppingClock clock(clock_, steps);
    SteppingFileSystem files(steps);
    SteppingLog log(steps);
    auto database = database::Database::Open(url_);
    content::FolderOptions folder;
    folder.dir = library_dir_;
    folder.fs = &files;
    auto library = content::OpenFolderLibrary(folder);
    if (!database || !library) return false;
    auto options = Options("one");
    options.database = database->get();
    options.library = library->get();
    options.files = &files;
    options.clock = &clock;
    options.log = &log;
    auto manager = DistributionManager::Open(options);
    if (!manager) return false;
    provider::ProviderOptions site;
    site.schema = schema_.get();
    site.database = database->get();
    site.files = &RealFileSystem();
    site.clock = &clock;
    site.components.push_back((*manager)->Component());
    auto provider = provider::SiteProvider::Open(site);
    if (!provider || !(*manager)->Attach(**provider)) return false;

    stdfs::create_directories(source_.parent_path());
    stdfs::copy_file(original, source_);
    auto path = (*provider)->Put(New("SMS_ImagePackage", {{"Name", S("Windows")},
                                                          {"PkgSourceFlag", N(2)},
                                                          {"PkgSourcePath", S(source_.string())}}),
                                 cim::PutMode::kCreateOrUpdate, admin_);
    if (!path || !(*manager)->RunDue(NeverCancelled())) return false;
    const auto id = IdOf(path->Relative());
    auto added = (*library)->Add(serviced);
    if (!added) return false;
    NewVersion version;
    version.package_id = id;
    version.based_on = 1;
    version.files = {{"a.wim", added->id, added->bytes}};
    if (!(*provider)->Transact(provider::SystemContext(), [&](provider::Call& call) {
          return (*manager)->PublishVersion(call, version).map([](std::uint32_t) {});
        })) {
      return false;
    }
    if (!(*manager)->FinishWriteBack(id)) return false;
    auto arguments = cim::NewInParameters(*schema_->Find("WW_ImageVersion"), "RollBack");
    if (!arguments || !arguments->Set("PackageID", S(id)) ||
        !arguments->Set("SourceVersion", N(1)) ||
        !(*provider)->Invoke(*cim::ParseObjectPath("WW_ImageVersion"), "RollBack", *arguments,
                             admin_)) {
      return false;
    }
    const bool done =
        (*manager)->RunDue(NeverCancelled()) && (*manager)->CollectGarbage(NeverCancelled());
    manager->reset();  // before its provider
    return done;
  }

  // A new site in an empty folder.
  void Renew() {
    server_.Down();
    library_.reset();
    database_.reset();
    stdfs::remove_all(folder_.path() / "source");
    stdfs::remove_all(library_dir_);
    for (const char* end : {"", "-wal", "-shm"}) {
      stdfs::remove(folder_.path() / (std::string("life.db") + end));
    }
    url_ = "sqlite:" + (folder_.path() / "life.db").string();
    database_ = *database::Database::Open(url_);
    auto provider = provider::SiteProvider::Open({.schema = schema_.get(),
                                                  .database = database_.get(),
                                                  .files = &RealFileSystem(),
                                                  .clock = &clock_});
    ASSERT_TRUE(provider);
    ASSERT_TRUE((*provider)->AddFullAdministrator("LAB\\admin"));
    provider->reset();
    database_.reset();
  }

  void ExpectInOrder() {
    database_ = *database::Database::Open(url_);
    OpenLibrary();
    Up(server_, "one");
    for (int i = 0; i < 5 && Run() != 0; ++i) {
    }
    const auto packages = Query("SELECT PackageID FROM SMS_ImagePackage");
    if (packages.empty()) return;
    const auto id = packages[0]["PackageID"].TextOr("");
    const auto image = Image(id);
    EXPECT_EQ(image["SourceVersion"].UintOr(0), image["StoredPkgVersion"].UintOr(1));
    EXPECT_EQ(Query("SELECT * FROM WW_ImageVersion WHERE Current = 1").size(), 1u);
    const auto current = Current(id);
    ASSERT_TRUE(current);
    EXPECT_TRUE(library_->Verify(current->files.at(0).id));
    EXPECT_EQ(IdOfFile(source_), current->files.at(0).id);
    for (const auto& version : AllVersions(id)) {
      EXPECT_TRUE(library_->Has(version.files.at(0).id)) << version.source_version;
    }
    for (const auto& entry : stdfs::directory_iterator(source_.parent_path())) {
      EXPECT_EQ(entry.path().filename(), "a.wim");
    }
    EXPECT_TRUE(Query("SELECT * FROM WW_ImageVersion WHERE WriteBackPending = 1").empty());
    auto staged = manager().EnsureSource(id);
    ASSERT_TRUE(staged) << staged.error().message;
    EXPECT_EQ(staged->source_version, current->source_version);
  }

  std::string url_;
};
INSTANTIATE_TEST_SUITE_P(Sqlite, Survival, testing::Values(database::Backend::kSqlite),
                         database::BackendName);

TEST_P(Survival, AKillAtAnyStepLeavesOneVersionAndAgreement) {
  LabImage("win10-1607-x86.wim");
  LabImage("win10-1607-x64.wim");
  long kills = 0;
  for (long step = 1;; step += 2) {
    Renew();
    const bool whole = LiveUntil(step);
    ExpectInOrder();
    if (HasFailure()) {
      ADD_FAILURE() << "killed at step " << step;
      break;
    }
    if (whole) break;
    ++kills;
    ASSERT_LT(step, 5000);
  }
  RecordProperty("kills", static_cast<int>(kills));
  EXPECT_GT(kills, 20);
}

class Together : public DistributionTest {};
WW_BOTH_BACKENDS(Together);

TEST_P(Together, TwoServersTakeEachSourceOnce) {
  Server other;
  Up(other, "two");
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(AddImage("image" + std::to_string(i) + ".wim"));
  std::thread thread([&] {
    while (other.manager->RunDue(NeverCancelled()).value_or(0) != 0) {
    }
  });
  while (Run() != 0) {
  }
  thread.join();
  for (const auto& id : ids) {
    EXPECT_EQ(AllVersions(id).size(), 1u);
    EXPECT_EQ(Image(id)["StoredPkgVersion"].UintOr(0), 1u);
  }
  EXPECT_EQ(Messages(2311), 6u);
  other.Down();
}

TEST_P(Together, TwoServersThatStageOneImageMakeOneVersion) {
  Server other;
  Up(other, "two");
  const auto id = AddImage();
  Result<PackageVersion> there = Fail(Code::kInternal, "");
  std::thread thread([&] { there = other.manager->EnsureSource(id); });
  const auto here = manager().EnsureSource(id);
  thread.join();
  ASSERT_TRUE(here) << here.error().message;
  ASSERT_TRUE(there) << there.error().message;
  EXPECT_EQ(here->source_version, there->source_version);
  EXPECT_EQ(AllVersions(id).size(), 1u);
  other.Down();
}

TEST_P(Together, TwoServersThatWriteBackTheSameAreBothRight) {
  Server other;
  Up(other, "two");
  const auto id = AddImage();
  Run();
  const auto file = Serviced();
  ASSERT_TRUE(Publish(id, file));
  Status there;
  std::thread thread([&] { there = other.manager->FinishWriteBack(id); });
  const auto here = manager().FinishWriteBack(id);
  thread.join();
  EXPECT_TRUE(here || here.error().code == Code::kBusy) << here.error().message;
  EXPECT_TRUE(there || there.error().code == Code::kBusy) << there.error().message;
  EXPECT_TRUE(here || there);
  EXPECT_EQ(IdOfFile(source_), file.id);
  for (const auto& entry : stdfs::directory_iterator(source_.parent_path())) {
    EXPECT_EQ(entry.path().filename(), source_.filename());
  }
  other.Down();
}

TEST_P(Together, WorkOfADeadServerIsTakenOverWhenItsLeaseEnds) {
  const auto id = AddImage();
  // A server claims the work and is never heard of again.
  {
    const auto done = database_->Transact([&](database::Transaction& tx) -> Status {
      return tx
          .Update("DistMgrWork",
                  {{"Owner", database::Expression::Literal("dead")},
                   {"LeaseUntil",
                    database::Expression::Literal(std::chrono::duration_cast<std::chrono::seconds>(
                                                      clock_.Now().time_since_epoch())
                                                      .count() +
                                                  120)}},
                  database::Expression::Equal("PackageID", id))
          .map([](std::uint64_t) {});
    });
    ASSERT_TRUE(done) << done.error().message;
  }
  Run();
  EXPECT_FALSE(Current(id));
  Pass(std::chrono::seconds(121));
  Run();
  EXPECT_TRUE(Current(id));
}

TEST_P(Together, AClockThatIsSetBackStopsNothing) {
  const auto id = AddImage();
  stdfs::rename(source_, source_.string() + ".away");
  Run();  // fails: again in a minute
  stdfs::rename(source_.string() + ".away", source_);
  clock_.Set(clock_.Now() - std::chrono::hours(24 * 365));
  Run();
  EXPECT_TRUE(Current(id));
}

TEST_P(Together, TheThreadDoesWhatEventsAskFor) {
  server_.Down();
  auto manager = DistributionManager::Open(Options("one"));
  ASSERT_TRUE(manager);
  server_.manager = *std::move(manager);
  provider::ProviderOptions options;
  options.schema = schema_.get();
  options.database = database_.get();
  options.files = &RealFileSystem();
  options.clock = &clock_;
  options.components.push_back(server_.manager->Component());
  auto provider = provider::SiteProvider::Open(options);
  ASSERT_TRUE(provider);
  server_.provider = *std::move(provider);
  ASSERT_TRUE(server_.manager->Start(*server_.provider));
  const auto id = AddImage();
  for (int i = 0; i < 1000 && Image(id)["StoredPkgVersion"].UintOr(0) == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(Current(id));
  server_.manager->Stop();
}

}  // namespace
}  // namespace ww::distmgr
