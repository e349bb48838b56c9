#include "wimwright/accounts/accounts.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "wimwright/accounts/sessions.h"

namespace ww::accounts {
namespace {

class AccountsTest : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/ww-accounts-XXXXXX";
    dir_ = mkdtemp(pattern);
    database_ = *database::Database::Open("sqlite:" + dir_ + "/site.db");
    accounts_.emplace(*Accounts::Open(*database_, clock_));
  }
  void TearDown() override {
    database_.reset();
    std::filesystem::remove_all(dir_);
  }
  std::string dir_;
  FixedClock clock_{TimePoint(std::chrono::seconds(1'795'000'000))};
  std::unique_ptr<database::Database> database_;
  std::optional<Accounts> accounts_;
};

TEST_F(AccountsTest, NamesHaveNoCase) {
  ASSERT_TRUE(accounts_->SetPassword("Admin", "h1"));
  ASSERT_TRUE(accounts_->SetPassword("ADMIN", "h2"));
  EXPECT_EQ(*accounts_->PasswordHash("admin"), "h2");
  EXPECT_EQ(accounts_->Names()->size(), 1u);
  EXPECT_FALSE(accounts_->PasswordHash("somebody")->has_value());
}

TEST_F(AccountsTest, SessionsAreListedUntilTheyAreOverOrEnded) {
  using std::chrono::seconds;
  const Sessions sessions(*database_, clock_, {.idle = seconds(60), .whole = seconds(100)});
  const std::string first(64, 'a'), second(64, 'b');
  const auto begun = clock_.Now();
  ASSERT_TRUE(sessions.Begin(first, {.user = "anna", .scheme = "Basic"}));
  clock_.Set(begun + seconds(50));
  ASSERT_TRUE(sessions.Begin(second, {.user = "bob", .scheme = "Bearer", .detail = "ci"}));
  auto listed = *sessions.List();
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].id, SessionId(second)) << "the one used last comes first";
  EXPECT_EQ(listed[0].who.detail, "ci");
  EXPECT_EQ(listed[0].who.expires, begun + seconds(110));
  EXPECT_NE(listed[0].id, second) << "what is stored is not shown";
  EXPECT_EQ(sessions.EndListed(second).error().code, Code::kNotFound);
  EXPECT_EQ(sessions.EndListed("").error().code, Code::kNotFound);
  ASSERT_TRUE(sessions.EndListed(SessionId(second)));
  EXPECT_EQ(sessions.EndListed(SessionId(second)).error().code, Code::kNotFound);
  EXPECT_EQ(sessions.List()->size(), 1u);
  clock_.Set(begun + seconds(60));
  EXPECT_TRUE(sessions.List()->empty());
}

TEST_F(AccountsTest, AnExpiredTokenIsNotFound) {
  const auto now = clock_.Now();
  ASSERT_TRUE(accounts_->AddToken("aa", {"ci", "admin", now, now + std::chrono::hours(1)}));
  ASSERT_TRUE(accounts_->FindToken("aa")->has_value());
  clock_.Set(now + std::chrono::hours(1));
  EXPECT_FALSE(accounts_->FindToken("aa")->has_value());
}

TEST_F(AccountsTest, ATokenIsRecalledUntilAnythingChanges) {
  ASSERT_TRUE(accounts_->AddToken("aa", {"ci", "admin", clock_.Now(), {}}));
  EXPECT_FALSE(accounts_->RecallToken("aa")) << "nobody asked for it yet";
  ASSERT_TRUE(accounts_->FindToken("aa")->has_value());
  EXPECT_EQ(accounts_->RecallToken("aa")->user, "admin");
  EXPECT_FALSE(accounts_->RecallToken("bb"));
  // Another process takes it back.
  auto other = *database::Database::Open("sqlite:" + dir_ + "/site.db");
  auto others_accounts = *Accounts::Open(*other, clock_);
  ASSERT_TRUE(accounts_->FindToken("aa")->has_value());
  ASSERT_TRUE(others_accounts.RevokeToken("admin", "ci"));
  EXPECT_FALSE(accounts_->RecallToken("aa"));
  EXPECT_FALSE(accounts_->FindToken("aa")->has_value());
}

TEST_F(AccountsTest, AHashIsRecalledUntilAnythingChanges) {
  ASSERT_TRUE(accounts_->SetPassword("anna", "h1"));
  ASSERT_TRUE(accounts_->SetPassword("bert", "h2"));
  EXPECT_FALSE(accounts_->RecallPasswordHash("anna")) << "nobody asked for it yet";
  EXPECT_EQ(**accounts_->PasswordHash("anna"), "h1");
  EXPECT_EQ(*accounts_->RecallPasswordHash("anna"), "h1");
  EXPECT_FALSE(accounts_->RecallPasswordHash("bert"));
  EXPECT_EQ(**accounts_->PasswordHash("bert"), "h2") << "what one knows of others says nothing";
  EXPECT_FALSE(*accounts_->PasswordHash("nobody"));
  EXPECT_FALSE(*accounts_->PasswordHash("nobody"));
  EXPECT_FALSE(accounts_->RecallPasswordHash("nobody"));
  auto other = *database::Database::Open("sqlite:" + dir_ + "/site.db");
  auto others_accounts = *Accounts::Open(*other, clock_);
  ASSERT_TRUE(others_accounts.SetPassword("anna", "h3"));
  ASSERT_TRUE(others_accounts.SetPassword("nobody", "h4"));
  EXPECT_FALSE(accounts_->RecallPasswordHash("anna"));
  EXPECT_EQ(**accounts_->PasswordHash("anna"), "h3");
  EXPECT_EQ(**accounts_->PasswordHash("nobody"), "h4");
  ASSERT_TRUE(others_accounts.Remove("anna"));
  EXPECT_FALSE(*accounts_->PasswordHash("anna"));
}

TEST_F(AccountsTest, ARecalledTokenExpires) {
  const auto now = clock_.Now();
  ASSERT_TRUE(accounts_->AddToken("aa", {"ci", "admin", now, now + std::chrono::hours(1)}));
  ASSERT_TRUE(accounts_->FindToken("aa")->has_value());
  ASSERT_TRUE(accounts_->RecallToken("aa"));
  clock_.Set(now + std::chrono::hours(1));
  EXPECT_FALSE(accounts_->RecallToken("aa"));
  EXPECT_FALSE(accounts_->FindToken("aa")->has_value());
}

TEST_F(AccountsTest, ARemovedAccountTakesItsTokensAlong) {
  ASSERT_TRUE(accounts_->SetPassword("admin", "h"));
  ASSERT_TRUE(accounts_->AddToken("aa", {"ci", "admin", clock_.Now(), {}}));
  EXPECT_EQ(accounts_->AddToken("bb", {"CI", "Admin", clock_.Now(), {}}).error().code,
            Code::kConflict);
  ASSERT_TRUE(accounts_->Remove("ADMIN"));
  EXPECT_FALSE(accounts_->FindToken("aa")->has_value());
  EXPECT_EQ(accounts_->Remove("admin").error().code, Code::kNotFound);
}

}  // namespace
}  // namespace ww::accounts
