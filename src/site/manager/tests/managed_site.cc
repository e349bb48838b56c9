#include "managed_site.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace ww::manager {
namespace {

struct LabFolder {
  database::TemporaryFolder folder;
  lab::LabReport report;
};

const LabFolder& Lab() {
  static const LabFolder lab = [] {
    LabFolder made;
    lab::LabOptions options;
    options.preset = lab::Preset::kSmall;
    auto report = lab::CreateLab(RealFileSystem(), made.folder.path() / "lab", options,
                                 NullProgress(), NeverCancelled());
    if (!report) {
      std::fprintf(stderr, "no lab: %s\n", report.error().message.c_str());
      std::abort();
    }
    made.report = *std::move(report);
    return made;
  }();
  return lab;
}

}  // namespace

const lab::LabReport& LabCases() { return Lab().report; }

std::filesystem::path LabImage(std::string_view name) {
  return Lab().folder.path() / "lab" / "images" / name;
}

std::filesystem::path LabUpdate(std::string_view name) {
  return Lab().folder.path() / "lab" / "updates" / name;
}

void ManagedSite::SetUp() {
  provider::SiteTest::SetUp();
  if (IsSkipped() || HasFatalFailure()) return;
  sources_ = folder_.path() / "sources";
  std::filesystem::create_directory(sources_);
  auto logger =
      OpenFileLogger(folder_.path() / "OfflineServicingMgr.log", LogFormat::kServer, clock_);
  ASSERT_TRUE(logger);
  logger_ = *std::move(logger);
  options_.server_id = "SRV1";
  options_.clock = &clock_;
  options_.poll = std::chrono::milliseconds(20);
  options_.heartbeat = std::chrono::milliseconds(20);
  options_.retry.first_delay = std::chrono::seconds(60);
  options_.retry.most_attempts = 3;
  Restart();
}

void ManagedSite::TearDown() {
  Shut();
  provider::SiteTest::TearDown();
}

void ManagedSite::Shut() {
  if (manager_) manager_->Stop();
  if (distribution_) distribution_->Stop();
  manager_.reset();
  distribution_.reset();
  provider_.reset();
  library_.reset();
}

void ManagedSite::Restart() {
  Shut();
  auto library = content::OpenFolderLibrary({.dir = folder_.path() / "content", .clock = &clock_});
  ASSERT_TRUE(library) << library.error().message;
  library_ = *std::move(library);
  distmgr::DistributionOptions distribution;
  distribution.database = database_.get();
  distribution.library = library_.get();
  distribution.clock = &clock_;
  distribution.server_id = options_.server_id;
  auto opened = distmgr::DistributionManager::Open(distribution);
  ASSERT_TRUE(opened) << opened.error().message;
  distribution_ = *std::move(opened);
  options_.database = database_.get();
  options_.library = library_.get();
  options_.distribution = distribution_.get();
  options_.log = logger_.get();
  options_.content_of_update = [this](provider::Call&, std::uint32_t id) {
    const auto it = contents_.find(id);
    return Result<std::vector<UpdateFile>>(it == contents_.end() ? std::vector<UpdateFile>()
                                                                 : it->second);
  };
  auto manager = OfflineServicingManager::Open(options_);
  ASSERT_TRUE(manager) << manager.error().message;
  manager_ = *std::move(manager);

  provider::ProviderOptions site;
  site.schema = schema_.get();
  site.database = database_.get();
  site.files = &RealFileSystem();
  site.clock = &clock_;
  site.components = {distribution_->Component(), manager_->Component()};
  auto provider = provider::SiteProvider::Open(site);
  ASSERT_TRUE(provider) << provider.error().message;
  provider_ = *std::move(provider);
  auto attached = distribution_->Attach(*provider_);
  ASSERT_TRUE(attached) << attached.error().message;
  attached = manager_->Attach(*provider_);
  ASSERT_TRUE(attached) << attached.error().message;
}

std::string ManagedSite::AddImage(std::string_view lab_image) {
  const auto number = std::distance(std::filesystem::directory_iterator(sources_),
                                    std::filesystem::directory_iterator());
  const auto place = sources_ / fmt::format("LAB{:05X}.wim", number + 1);
  std::filesystem::copy_file(LabImage(lab_image), place);
  const auto path = Put("SMS_ImagePackage", {{"Name", S("Image " + std::to_string(number + 1))},
                                             {"PkgSourceFlag", N(2)},
                                             {"PkgSourcePath", S(place.string())}});
  const auto quote = path.find('"');
  const auto id = path.substr(quote + 1, path.rfind('"') - quote - 1);
  EXPECT_EQ(SourceOf(id), place);
  return id;
}

std::uint32_t ManagedSite::AddContent(std::string_view lab_update) {
  const auto path = AddUpdateRow(std::string(lab_update));
  const auto stored = library_->Add(LabUpdate(lab_update));
  EXPECT_TRUE(stored) << stored.error().message;
  contents_[path] = {{std::string(lab_update), stored->id, stored->bytes, true}};
  return path;
}

std::uint32_t ManagedSite::AddUpdateRow(const std::string& name) {
  const auto path = AddUpdate(name);
  return static_cast<std::uint32_t>(std::stoul(path.substr(path.find('=') + 1)));
}

std::int32_t ManagedSite::Schedule(const std::vector<std::string>& images,
                                   const std::vector<std::uint32_t>& updates, const Values& more) {
  Values values{{"Action", cim::Value::Int(1)}, {"UpdateDP", B(true)}};
  values.insert(values.end(), more.begin(), more.end());
  const auto path = Put("SMS_ImageServicingSchedule", values);
  const auto id = static_cast<std::int32_t>(std::stol(path.substr(path.find('=') + 1)));
  for (const auto& image : images) {
    Put("SMS_ImageServicingScheduledImage",
        {{"ImagePackageID", S(image)}, {"ScheduleID", cim::Value::Int(id)}});
  }
  for (const auto update : updates) {
    Put("SMS_ImageServicingScheduledUpdate",
        {{"ScheduleID", cim::Value::Int(id)}, {"UpdateID", cim::Value::Int(update)}});
  }
  for (const auto& image : images) RunOfflineServicingManager(image);
  return id;
}

void ManagedSite::RunOfflineServicingManager(const std::string& image) {
  const auto done = Call("SMS_ImagePackage", "RunOfflineServicingManager",
                         {{"PackageID", S(image)},
                          {"ServerName", S("localhost")},
                          {"SiteCode", S("LAB")},
                          {"PackageType", N(257)}});
  EXPECT_TRUE(done) << done.error().message;
}

void ManagedSite::RunAll() {
  const auto evaluated = manager_->Evaluate();
  ASSERT_TRUE(evaluated) << evaluated.error().message;
  for (;;) {
    const auto did = manager_->RunNext();
    ASSERT_TRUE(did) << did.error().message;
    if (!*did) return;
  }
}

std::vector<std::uint64_t> ManagedSite::Messages() {
  std::vector<std::uint64_t> ids;
  for (const auto& message : Query("SELECT * FROM SMS_StatusMessage WHERE Component = "
                                   "'SMS_OFFLINE_SERVICING_MANAGER' ORDER BY RecordID")) {
    ids.push_back(message["MessageID"].UintOr(0) & 0xFFFF);
  }
  return ids;
}

std::string ManagedSite::Log() const {
  std::ifstream in(folder_.path() / "OfflineServicingMgr.log");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace ww::manager
