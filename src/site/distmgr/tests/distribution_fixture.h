// A site with a content library and a distribution manager, on both databases.
#pragma once

#include <fstream>
#include <map>
#include <mutex>

#include "site_fixture.h"
#include "wimwright/content/library.h"
#include "wimwright/distmgr/distribution_manager.h"
#include "wimwright/lab/lab.h"

namespace ww::distmgr {

// Keeps what is logged.
class RecordedLog final : public Logger {
 public:
  void Write(LogLevel, std::string_view, std::string_view message) override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(message);
  }
  bool Has(std::string_view part) {
    const std::lock_guard lock(mutex_);
    for (const auto& line : lines_) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

// One server: several of them may stand on one database and one library.
struct Server {
  std::unique_ptr<DistributionManager> manager;
  std::unique_ptr<provider::SiteProvider> provider;
  ~Server() { Down(); }
  void Down() {
    manager.reset();
    provider.reset();
  }
};

class DistributionTest : public provider::SiteTest {
 protected:
  void SetUp() override {
    SiteTest::SetUp();
    if (IsSkipped()) return;
    provider_.reset();
    library_dir_ = folder_.path() / "content";
    OpenLibrary();
    Up(server_, "one");
  }
  void TearDown() override {
    server_.Down();
    library_.reset();
    SiteTest::TearDown();
  }

  void OpenLibrary() {
    library_.reset();
    content::FolderOptions options;
    options.dir = library_dir_;
    options.clock = &clock_;
    auto library = content::OpenFolderLibrary(options);
    ASSERT_TRUE(library) << library.error().message;
    library_ = *std::move(library);
  }

  DistributionOptions Options(const std::string& server_id) {
    DistributionOptions options;
    options.database = database_.get();
    options.library = library_.get();
    options.files = files_;
    options.clock = &clock_;
    options.log = &log_;
    options.server_id = server_id;
    return options;
  }
  // As a server starts.
  void Up(Server& server, const std::string& server_id) {
    auto manager = DistributionManager::Open(Options(server_id));
    ASSERT_TRUE(manager) << manager.error().message;
    server.manager = *std::move(manager);
    provider::ProviderOptions options;
    options.schema = schema_.get();
    options.database = database_.get();
    options.files = &RealFileSystem();
    options.clock = &clock_;
    options.components.push_back(server.manager->Component());
    auto provider = provider::SiteProvider::Open(options);
    ASSERT_TRUE(provider) << provider.error().message;
    server.provider = *std::move(provider);
    auto attached = server.manager->Attach(*server.provider);
    ASSERT_TRUE(attached) << attached.error().message;
  }

  provider::SiteProvider& site() { return *server_.provider; }
  DistributionManager& manager() { return *server_.manager; }
  Points& points() { return manager().points(); }

  // The words of the provider's fixture go to this server.
  std::string Put(std::string_view cls, const Values& values) {
    auto path = site().Put(New(cls, values), cim::PutMode::kCreateOrUpdate, admin_);
    EXPECT_TRUE(path) << path.error().message;
    return path ? path->Relative() : std::string();
  }
  cim::Instance Get(std::string_view text) {
    auto path = cim::ParseObjectPath(text);
    auto instance = site().Get(*path, admin_);
    EXPECT_TRUE(instance) << text << ": " << instance.error().message;
    return instance ? *instance : cim::Instance(schema_->Find("SMS_ImagePackage"));
  }
  std::vector<cim::Instance> Query(std::string_view wql) { return QueryAs(wql, admin_); }
  std::vector<cim::Instance> QueryAs(std::string_view wql, const cim::Context& context) {
    std::vector<cim::Instance> out;
    const auto done = cim::ExecWql(
        site(), wql,
        [&](const cim::Instance& one) {
          out.push_back(one);
          return true;
        },
        context);
    EXPECT_TRUE(done) << wql << ": " << done.error().message;
    return out;
  }
  Result<cim::Instance> Call(std::string_view text, std::string_view method,
                             const Values& in = {}) {
    return CallAs(admin_, text, method, in);
  }
  Result<cim::Instance> CallAs(const cim::Context& context, std::string_view text,
                               std::string_view method, const Values& in = {}) {
    const auto path = cim::ParseObjectPath(text);
    auto arguments = cim::NewInParameters(*schema_->Find(path->class_name), method);
    EXPECT_TRUE(arguments) << method;
    for (const auto& [name, value] : in) EXPECT_TRUE(arguments->Set(name, value)) << name;
    return site().Invoke(*path, method, *arguments, context);
  }

  std::size_t Run() {
    auto done = manager().RunDue(NeverCancelled());
    EXPECT_TRUE(done) << done.error().message;
    return done ? *done : 0;
  }
  void Pass(std::chrono::seconds time) { clock_.Set(clock_.Now() + time); }

  void Write(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  }
  static std::string ReadAll(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static content::ContentId IdOfFile(const std::filesystem::path& path) {
    const auto text = ReadAll(path);
    return {Sha256(ByteView(reinterpret_cast<const std::byte*>(text.data()), text.size()))};
  }

  static std::size_t FileCount(const std::filesystem::path& folder) {
    const auto all = std::filesystem::directory_iterator(folder);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  // A small image of the lab, made once for all tests of the process.
  static const std::filesystem::path& LabImage(const std::string& name) {
    static database::TemporaryFolder folder;
    static std::map<std::string, std::filesystem::path> made;
    auto& path = made[name];
    if (path.empty()) {
      const auto dir = folder.path() / name;
      lab::LabOptions options;
      options.preset = lab::Preset::kSmall;
      options.only = {name};
      const auto report =
          lab::CreateLab(RealFileSystem(), dir, options, NullProgress(), NeverCancelled());
      EXPECT_TRUE(report) << report.error().message;
      path = dir / "images" / name;
    }
    return path;
  }

  // An image package whose source is a copy of a lab image. Answers the PackageID.
  std::string AddImage(const std::string& file = "a.wim",
                       const std::string& lab = "win10-1607-x86.wim") {
    source_ = folder_.path() / "source" / file;
    std::filesystem::create_directories(source_.parent_path());
    std::filesystem::copy_file(LabImage(lab), source_,
                               std::filesystem::copy_options::overwrite_existing);
    return IdOf(Put(
        "SMS_ImagePackage",
        {{"Name", S("Windows")}, {"PkgSourceFlag", N(2)}, {"PkgSourcePath", S(source_.string())}}));
  }
  static std::string IdOf(const std::string& path) {
    const auto from = path.find('"');
    return path.substr(from + 1, path.rfind('"') - from - 1);
  }
  cim::Instance Image(const std::string& id) {
    return Get("SMS_ImagePackage.PackageID=\"" + id + "\"");
  }
  std::vector<PackageVersion> AllVersions(const std::string& id) {
    std::vector<PackageVersion> out;
    const auto done = site().Read(provider::SystemContext(), [&](provider::Call& call) -> Status {
      WW_TRY(out, VersionsOf(call, id), "versions");
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    return out;
  }
  std::optional<PackageVersion> Current(const std::string& id) {
    std::optional<PackageVersion> out;
    const auto done = site().Read(provider::SystemContext(), [&](provider::Call& call) -> Status {
      WW_TRY(out, CurrentVersion(call, id), "version");
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    return out;
  }
  Status InTransaction(const std::function<Status(provider::Call&)>& work) {
    return site().Transact(provider::SystemContext(), work);
  }

  // A finished image of other bytes, in the library: what servicing would have made.
  PackageFile Serviced(const std::string& lab = "win10-1607-x64.wim") {
    auto added = library_->Add(LabImage(lab));
    EXPECT_TRUE(added) << added.error().message;
    return {source_.filename().string(), added->id, added->bytes};
  }
  Result<std::uint32_t> Publish(const std::string& id, const PackageFile& file,
                                bool write_back = true) {
    NewVersion version;
    version.package_id = id;
    version.run_id = "run1";
    version.based_on = Current(id) ? Current(id)->source_version : 0;
    version.files = {file};
    version.write_back = write_back;
    std::uint32_t number = 0;
    auto done = InTransaction([&](provider::Call& call) -> Status {
      WW_TRY(number, manager().PublishVersion(call, version), "publishing");
      return {};
    });
    if (!done) return Fail(done.error());
    return number;
  }

  std::uint64_t Messages(std::uint32_t id) {
    return Query("SELECT * FROM SMS_StatusMessage WHERE MessageID = " + std::to_string(id)).size();
  }

  FileSystem* files_ = &RealFileSystem();
  RecordedLog log_;
  std::filesystem::path library_dir_, source_;
  std::unique_ptr<content::Library> library_;
  Server server_;
};

}  // namespace ww::distmgr
