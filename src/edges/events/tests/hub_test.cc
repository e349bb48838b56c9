#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>

#include "site_fixture.h"
#include "wimwright/events/hub.h"
#include "wimwright/provider/call.h"

namespace ww::events {
namespace {

using testing::HasSubstr;
using testing::Not;

// What a client got so far.
class Ear final : public http::PushChannel {
 public:
  bool Push(std::shared_ptr<const std::string> bytes) override {
    const std::lock_guard lock(mutex_);
    if (deaf_) return false;
    text_ += *bytes;
    changed_.notify_all();
    return true;
  }
  void End() override {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  void Leave() {
    const std::lock_guard lock(mutex_);
    deaf_ = true;
  }
  // Everything, once it has this in it.
  std::string Until(std::string_view wanted) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20),
                                  [&] { return text_.find(wanted) != std::string::npos; }))
        << wanted << " is not in:\n"
        << text_;
    return text_;
  }
  bool UntilEnd() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return ended_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  bool ended_ = false, deaf_ = false;
};

class HubTest : public provider::SiteTest {
 protected:
  void SetUp() override {
    SiteTest::SetUp();
    if (!provider_) return;
    HubOptions options;
    options.provider = provider_.get();
    options.interval = std::chrono::milliseconds(5);
    options.look = std::chrono::milliseconds(20);
    options.heartbeat = std::chrono::milliseconds(30);
    options.kept = 50;
    options.clients = 3;
    hub_ = Hub::Start(options);
  }
  void TearDown() override {
    hub_.reset();
    SiteTest::TearDown();
  }
  std::shared_ptr<Ear> Listen(const cim::Context& context, std::string last = {}) {
    auto ear = std::make_shared<Ear>();
    EXPECT_TRUE(hub_->Add({context, {}, std::move(last)}, ear));
    return ear;
  }
  // A package without a source to read.
  void MakePackage(std::string_view name) {
    Put("SMS_ImagePackage", {{"Name", S(name)}, {"PkgSourcePath", S("\\\\other\\share\\x.wim")}});
  }
  void MakeRun(std::int64_t id, std::string_view package, std::uint64_t bytes) {
    const auto done = provider_->Transact(provider::SystemContext(), [&](provider::Call& call) {
      auto row = *call.store.Make("WW_ServicingRun");
      row.SetRaw("RunID", cim::Value::Int(id));
      row.SetRaw("ImagePackageID", S(package));
      row.SetRaw("State", S("Applying"));
      row.SetRaw("BytesDone", N(bytes));
      return call.store.Save(row);
    });
    ASSERT_TRUE(done) << done.error().message;
  }
  static std::string LastId(const std::string& text) {
    const auto at = text.rfind("id: ");
    return text.substr(at + 4, text.find('\n', at) - at - 4);
  }

  std::unique_ptr<Hub> hub_;
};

TEST_P(HubTest, TellsOfChangesAndRunsAndResumesById) {
  MakePackage("first");
  const auto package = Query("SELECT PackageID FROM SMS_ImagePackage")[0]["PackageID"].TextOr("");
  MakeRun(7, package, 1);
  const auto ear = Listen(admin_);
  auto text = ear->Until("event: run");
  EXPECT_THAT(text, HasSubstr("event: hello"));
  EXPECT_THAT(text, HasSubstr("\"RunID\":7"));
  MakePackage("second");
  text = ear->Until("\"class\":\"SMS_ImagePackage\"");
  const auto id = LastId(text);
  MakeRun(7, package, 2);
  ear->Until("\"BytesDone\":2");
  // Whoever was away gets what was missed, and nothing twice.
  const auto again = Listen(admin_, id);
  text = again->Until("\"BytesDone\":2");
  EXPECT_THAT(text, Not(HasSubstr("event: hello")));
  EXPECT_THAT(text, Not(HasSubstr("event: reset")));
  // An id of another process means nothing.
  Listen(admin_, "00000000.3")->Until("event: reset");
}

TEST_P(HubTest, TellsNobodyOfPackagesThatTheyMayNotRead) {
  cim::Context stranger;
  stranger.user = "LAB\\stranger";
  const auto ear = Listen(stranger);
  ear->Until("event: hello");
  MakePackage("secret");
  const auto package = Query("SELECT PackageID FROM SMS_ImagePackage")[0]["PackageID"].TextOr("");
  MakeRun(9, package, 1);
  AddUpdate("for everybody");
  const auto text = ear->Until("SMS_SoftwareUpdate");
  EXPECT_THAT(text, Not(HasSubstr(package)));
}

TEST_P(HubTest, EndsStreamsOfSessionsThatAreOverAndForgetsWhoLeft) {
  auto over = std::make_shared<Ear>();
  EXPECT_TRUE(hub_->Add({admin_, [] { return false; }, {}}, over));
  over->Until("event: signed-out");
  EXPECT_TRUE(over->UntilEnd());
  const auto leaving = Listen(admin_);
  leaving->Until("event: hello");
  leaving->Leave();
  const auto stays = Listen(admin_);
  stays->Until("event: hello");
  AddUpdate("something");
  stays->Until("SMS_SoftwareUpdate");
  hub_->Stop();
  EXPECT_TRUE(stays->UntilEnd());
  EXPECT_FALSE(hub_->Add({admin_, {}, {}}, std::make_shared<Ear>()));
}

INSTANTIATE_TEST_SUITE_P(Backends, HubTest, testing::Values(database::Backend::kSqlite),
                         [](const auto&) { return "Sqlite"; });

}  // namespace
}  // namespace ww::events
