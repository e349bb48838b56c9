// A site with a database of its own, and calls in few words.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "backends.h"
#include "wimwright/cim/odata_filter.h"
#include "wimwright/cim/wql.h"
#include "wimwright/provider/site_provider.h"

namespace ww::provider {

class RecordedEvents final : public SiteEvents {
 public:
  void ServicingRequested(std::string_view id) override { serviced.emplace_back(id); }
  void ContentChanged(std::string_view id) override { changed.emplace_back(id); }
  std::vector<std::string> serviced, changed;
};

// On both back-ends: a SQLite file, and the PostgreSQL cluster of the database's own tests.
class SiteTest : public testing::TestWithParam<database::Backend> {
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
    Open();
    auto added = provider_->AddFullAdministrator("LAB\\admin");
    ASSERT_TRUE(added) << added.error().message;
    admin_.user = "LAB\\admin";
  }
  void TearDown() override {
    provider_.reset();
    database_.reset();
  }
  void Open() {
    ProviderOptions options;
    options.schema = schema_.get();
    options.database = database_.get();
    options.files = &RealFileSystem();
    options.clock = &clock_;
    auto provider = SiteProvider::Open(options);
    ASSERT_TRUE(provider) << provider.error().message;
    provider_ = *std::move(provider);
    provider_->Subscribe(events_);
  }

  using Values = std::vector<std::pair<std::string, cim::Value>>;

  cim::Instance New(std::string_view cls, const Values& values) {
    auto instance = cim::Instance::Spawn(schema_->Find(cls));
    for (const auto& [name, value] : values) {
      const auto set = instance.Set(name, value);
      EXPECT_TRUE(set) << name << ": " << set.error().message;
    }
    return instance;
  }
  // The path of what was made; empty after a failure.
  std::string Put(std::string_view cls, const Values& values) {
    auto path = provider_->Put(New(cls, values), cim::PutMode::kCreateOrUpdate, admin_);
    EXPECT_TRUE(path) << path.error().message;
    return path ? path->Relative() : std::string();
  }
  Error PutFails(std::string_view cls, const Values& values) {
    auto path = provider_->Put(New(cls, values), cim::PutMode::kCreateOrUpdate, admin_);
    EXPECT_FALSE(path);
    return path ? Error{} : path.error();
  }
  cim::Instance Get(std::string_view text) {
    auto path = cim::ParseObjectPath(text);
    EXPECT_TRUE(path);
    auto instance = provider_->Get(*path, admin_);
    EXPECT_TRUE(instance) << text << ": " << instance.error().message;
    return instance ? *instance : cim::Instance(schema_->Find("SMS_ImagePackage"));
  }
  std::vector<cim::Instance> Query(std::string_view wql) { return QueryAs(wql, admin_); }
  std::vector<cim::Instance> QueryAs(std::string_view wql, const cim::Context& context) {
    std::vector<cim::Instance> out;
    const auto done = cim::ExecWql(
        *provider_, wql,
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
    const auto path = cim::ParseObjectPath(text);
    EXPECT_TRUE(path);
    auto arguments = cim::NewInParameters(*schema_->Find(path->class_name), method);
    EXPECT_TRUE(arguments) << method;
    for (const auto& [name, value] : in) EXPECT_TRUE(arguments->Set(name, value)) << name;
    return provider_->Invoke(*path, method, *arguments, admin_);
  }

  static cim::Value S(std::string_view text) { return cim::Value::String(std::string(text)); }
  static cim::Value N(std::uint64_t number) { return cim::Value::Uint(number); }
  static cim::Value B(bool flag) { return cim::Value::Bool(flag); }
  cim::Value Object(std::string_view cls, const Values& values) {
    return cim::Value::Object(std::make_shared<const cim::Instance>(New(cls, values)));
  }

  std::string AddUpdate(std::string_view name) {
    return Put("SMS_SoftwareUpdate",
               {{"LocalizedInformation",
                 cim::Value::Of({Object("SMS_CI_LocalizedProperties",
                                        {{"DisplayName", S(name)}, {"LocaleID", N(1033)}})})}});
  }

  database::TemporaryFolder folder_;
  FixedClock clock_{TimePoint(std::chrono::seconds(1'795'000'000))};
  RecordedEvents events_;
  std::unique_ptr<cim::Schema> schema_;
  std::unique_ptr<database::Database> database_;
  std::unique_ptr<SiteProvider> provider_;
  cim::Context admin_;
};

}  // namespace ww::provider
