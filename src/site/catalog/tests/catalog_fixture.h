// A site with a catalogue, a library and uploads of its own, on both back-ends.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "backends.h"
#include "wimwright/base/text.h"
#include "wimwright/catalog/catalog.h"
#include "wimwright/catalog/contents.h"
#include "wimwright/cim/wql.h"
#include "wimwright/content/library.h"
#include "wimwright/provider/site_provider.h"

namespace ww::catalog {

// The site's library, which can be made to fail once.
class TestLibrary final : public content::Library {
 public:
  explicit TestLibrary(std::unique_ptr<content::Library> real) : real_(std::move(real)) {}
  Result<content::StoredFile> Add(const std::filesystem::path& source, Progress& progress,
                                  const Cancellation& cancelled) override {
    if (fail_next) {
      fail_next = false;
      return Fail(Code::kNoSpace, "the test's disk is full");
    }
    return real_->Add(source, progress, cancelled);
  }
  Result<content::StoredFile> Adopt(const std::filesystem::path& scratch, Progress& progress,
                                    const Cancellation& cancelled) override {
    return real_->Adopt(scratch, progress, cancelled);
  }
  Result<content::StoredFile> Adopt(const std::filesystem::path& scratch,
                                    const content::HashedContent& hashed) override {
    return real_->Adopt(scratch, hashed);
  }
  bool Has(const content::ContentId& id) const override { return real_->Has(id); }
  Result<std::uint64_t> Size(const content::ContentId& id) const override {
    return real_->Size(id);
  }
  Result<std::unique_ptr<File>> Open(const content::ContentId& id) const override {
    return real_->Open(id);
  }
  std::optional<std::filesystem::path> PathOf(const content::ContentId& id) const override {
    return real_->PathOf(id);
  }
  Result<content::BlockMap> Blocks(const content::ContentId& id) override {
    return real_->Blocks(id);
  }
  Status Verify(const content::ContentId& id, Progress& progress,
                const Cancellation& cancelled) override {
    return real_->Verify(id, progress, cancelled);
  }
  Result<std::vector<content::StoredFile>> List() const override { return real_->List(); }
  Status Renew(const content::ContentId& id) override { return real_->Renew(id); }
  Status Remove(const content::ContentId& id) override { return real_->Remove(id); }
  Result<content::Garbage> CollectGarbage(
      const std::function<bool(const content::ContentId&)>& is_live,
      std::chrono::seconds grace) override {
    return real_->CollectGarbage(is_live, grace);
  }
  const std::filesystem::path& ScratchDir() const override { return real_->ScratchDir(); }

  std::atomic<bool> fail_next = false;

 private:
  std::unique_ptr<content::Library> real_;
};

class CatalogTest : public testing::TestWithParam<database::Backend> {
 protected:
  void SetUp() override {
    auto url = "sqlite:" + (folder_.path() / "site.db").string();
    if (GetParam() == database::Backend::kPostgresql) {
      std::string why;
      auto* cluster = database::SharedCluster(&why);
      if (cluster == nullptr) GTEST_SKIP() << why;
      url = cluster->NewUrl();
    }
    auto schema = cim::LoadBuiltInSchema();
    ASSERT_TRUE(schema) << schema.error().message;
    schema_ = std::make_unique<cim::Schema>(*std::move(schema));
    auto database = database::Database::Open(url);
    ASSERT_TRUE(database) << database.error().message;
    database_ = *std::move(database);
    content::FolderOptions library;
    library.dir = folder_.path() / "library";
    library.reserve = 0;
    auto opened = content::OpenFolderLibrary(library);
    ASSERT_TRUE(opened) << opened.error().message;
    library_ = std::make_unique<TestLibrary>(*std::move(opened));
    auto uploads = Uploads::Open(folder_.path() / "uploads", {}, clock_);
    ASSERT_TRUE(uploads) << uploads.error().message;
    uploads_ = *std::move(uploads);
    provider::ProviderOptions options;
    options.schema = schema_.get();
    options.database = database_.get();
    options.files = &RealFileSystem();
    options.clock = &clock_;
    CatalogOptions catalog;
    catalog.library = library_.get();
    catalog.uploads = uploads_.get();
    options.components = {
        [catalog](provider::Bindings& bindings) { BindCatalog(bindings, catalog); }};
    auto provider = provider::SiteProvider::Open(options);
    ASSERT_TRUE(provider) << provider.error().message;
    provider_ = *std::move(provider);
    auto added = provider_->AddFullAdministrator("LAB\\admin");
    ASSERT_TRUE(added) << added.error().message;
    admin_.user = "LAB\\admin";
  }
  void TearDown() override {
    provider_.reset();
    database_.reset();
  }

  using Values = std::vector<std::pair<std::string, cim::Value>>;
  Result<cim::Instance> Call(std::string_view text, std::string_view method,
                             const Values& in = {}) {
    return CallAs(text, method, in, admin_);
  }
  Result<cim::Instance> CallAs(std::string_view text, std::string_view method, const Values& in,
                               const cim::Context& context) {
    const auto path = cim::ParseObjectPath(text);
    EXPECT_TRUE(path);
    auto arguments = cim::NewInParameters(*schema_->Find(path->class_name), method);
    EXPECT_TRUE(arguments) << method;
    for (const auto& [name, value] : in) EXPECT_TRUE(arguments->Set(name, value)) << name;
    return provider_->Invoke(*path, method, *arguments, context);
  }
  Result<cim::Instance> Import(const std::filesystem::path& path, std::uint32_t into = 0) {
    Values in{{"Path", S(path.string())}};
    if (into != 0) in.emplace_back("CI_ID", N(into));
    return Call("WW_UpdateCatalog", "ImportContent", in);
  }
  // The only update of an import that has to succeed.
  std::uint32_t ImportOne(const std::filesystem::path& path) {
    const auto done = Import(path);
    EXPECT_TRUE(done) << done.error().message;
    if (!done) return 0;
    const auto* ids = (*done)["CI_IDs"].AsArray();
    EXPECT_EQ(ids->size(), 1u);
    return ids->empty() ? 0 : static_cast<std::uint32_t>(ids->front().UintOr(0));
  }
  std::vector<std::string> Decisions(const cim::Instance& out) {
    std::vector<std::string> words;
    for (const auto& file : *out["Files"].AsArray()) {
      words.push_back((*file.AsObject())["Decision"].TextOr(""));
    }
    return words;
  }
  std::vector<cim::Instance> Query(std::string_view wql) {
    std::vector<cim::Instance> out;
    const auto done = cim::ExecWql(
        *provider_, wql,
        [&](const cim::Instance& one) {
          out.push_back(one);
          return true;
        },
        admin_);
    EXPECT_TRUE(done) << wql << ": " << done.error().message;
    return out;
  }
  cim::Instance Update(std::uint32_t id) {
    const auto path = cim::ParseObjectPath("SMS_SoftwareUpdate.CI_ID=" + std::to_string(id));
    auto got = provider_->Get(*path, admin_);
    EXPECT_TRUE(got) << got.error().message;
    return got ? *got : cim::Instance(schema_->Find("SMS_SoftwareUpdate"));
  }
  std::vector<UpdateContent> Contents(std::uint32_t id) {
    std::vector<UpdateContent> out;
    const auto done = provider_->Read(admin_, [&](provider::Call& call) -> Status {
      WW_TRY(out, ContentOfUpdate(call, id), "contents");
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    return out;
  }
  std::size_t Rows(std::string_view cls) {
    return Query("SELECT * FROM " + std::string(cls)).size();
  }

  static cim::Value S(std::string_view text) { return cim::Value::String(std::string(text)); }
  static cim::Value N(std::uint64_t number) { return cim::Value::Uint(number); }

  database::TemporaryFolder folder_;
  FixedClock clock_{TimePoint(std::chrono::seconds(1'795'000'000))};
  std::unique_ptr<cim::Schema> schema_;
  std::unique_ptr<database::Database> database_;
  std::unique_ptr<TestLibrary> library_;
  std::unique_ptr<Uploads> uploads_;
  std::unique_ptr<provider::SiteProvider> provider_;
  cim::Context admin_;
};

}  // namespace ww::catalog
