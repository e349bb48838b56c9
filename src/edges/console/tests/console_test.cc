#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "wimwright/accounts/accounts.h"
#include "wimwright/console/handler.h"
#include "wimwright/console/sign_in.h"

namespace ww::console {
namespace {

using http::AuthOutcome;
using testing::HasSubstr;
using Json = nlohmann::json;

// Knows one password and one token.
class Schemes final : public http::Authenticator {
 public:
  AuthOutcome Authenticate(const http::Request& request, http::ConnectionAuth&) override {
    const auto field = request.headers.Get("Authorization");
    if (field == "Basic YW5uYTpwdw==")
      return {.kind = AuthOutcome::Kind::kUser, .user = {"anna", "Basic", ""}};
    if (field == "Bearer ww_good")
      return {.kind = AuthOutcome::Kind::kUser, .user = {"anna", "Bearer", "ci"}};
    if (field == "Bearer ww_often")
      return {.kind = AuthOutcome::Kind::kTooMany, .retry_after = std::chrono::seconds(9)};
    return {.challenges = {"Negotiate", "Basic realm=\"x\""}};
  }
};

class Time final : public Clock {
 public:
  TimePoint Now() const override { return now; }
  TimePoint now{std::chrono::seconds(1'795'000'000)};
};

const Asset kAssets[] = {
    {"index.html", "text/html; charset=utf-8", "\"e1\"", false, "<html>", "gz", "br"},
    {"assets/a-1.js", "text/javascript; charset=utf-8", "\"e2\"", true, "code", {}, {}}};

class ConsoleTest : public testing::Test {
 protected:
  ConsoleTest() {
    auto pattern = (std::filesystem::temp_directory_path() / "ww_console_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    database_ = *database::Database::Open("sqlite:" + (folder_ / "x.db").string());
    accounts_.emplace(*accounts::Accounts::Open(*database_, clock_));
    sessions_.emplace(*database_, clock_,
                      accounts::SessionLimits{std::chrono::seconds(600), std::chrono::hours(2)});
    gate_.emplace(schemes_, *sessions_);
    ConsoleOptions options;
    options.assets = kAssets;
    options.sessions = &*sessions_;
    options.schemes = &schemes_;
    options.clock = &clock_;
    options.site_code = "LAB";
    options.describe = [this](const http::User& user) {
      return std::pair("LAB\\" + user.name, administrator_);
    };
    handler_.emplace(options);
  }
  ~ConsoleTest() override { std::filesystem::remove_all(folder_); }

  static http::Request Ask(std::string method, std::string_view target, http::Headers headers = {},
                           std::string body = {}) {
    http::Request request;
    request.method = std::move(method);
    request.target = *http::ParseTarget(target);
    request.headers = std::move(headers);
    request.body = std::move(body);
    return request;
  }
  http::Response SignIn(const char* body = R"({"user":"anna","password":"pw"})") {
    return handler_->Handle(
        Ask("POST", "/console/session", {{"Content-Type", "application/json"}}, body));
  }
  // The field of the next requests.
  static std::string CookieOf(const http::Response& response) {
    const std::string field(response.headers.Get("Set-Cookie"));
    return field.substr(0, field.find(';'));
  }
  AuthOutcome Pass(const http::Request& request) {
    http::ConnectionAuth connection;
    return gate_->Authenticate(request, connection);
  }
  static Json BodyOf(const http::Response& response) {
    return Json::parse(std::get<std::string>(response.body));
  }

  std::filesystem::path folder_;
  Time clock_;
  Schemes schemes_;
  bool administrator_ = true;
  std::unique_ptr<database::Database> database_;
  std::optional<accounts::Accounts> accounts_;
  std::optional<accounts::Sessions> sessions_;
  std::optional<SessionAuthenticator> gate_;
  std::optional<ConsoleHandler> handler_;
};

TEST_F(ConsoleTest, ServesFilesUnderAStrictPolicyAndCompressed) {
  auto page = handler_->Handle(Ask("GET", "/console/", {{"Accept-Encoding", "gzip, br"}}));
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(std::get<std::string>(page.body), "br");
  EXPECT_EQ(page.headers.Get("Content-Encoding"), "br");
  EXPECT_THAT(std::string(page.headers.Get("Content-Security-Policy")),
              testing::AllOf(HasSubstr("default-src 'self'"), testing::Not(HasSubstr("unsafe"))));
  page = handler_->Handle(Ask("GET", "/console/", {{"Accept-Encoding", "br;q=0, gzip"}}));
  EXPECT_EQ(std::get<std::string>(page.body), "gz");
  page = handler_->Handle(Ask("GET", "/console/", {{"If-None-Match", "\"e1\""}}));
  EXPECT_EQ(page.status, 304);
  const auto script = handler_->Handle(Ask("GET", "/console/assets/a-1.js"));
  EXPECT_THAT(std::string(script.headers.Get("Cache-Control")), HasSubstr("immutable"));
  EXPECT_EQ(handler_->Handle(Ask("GET", "/console/etc")).status, 404);
  EXPECT_EQ(handler_->Handle(Ask("GET", "/")).headers.Get("Location"), "/console/");
  EXPECT_EQ(handler_->Handle(Ask("POST", "/console/")).status, 405);
}

TEST_F(ConsoleTest, ASessionIsACookieAndATokenForChanges) {
  const auto begun = SignIn();
  ASSERT_EQ(begun.status, 200);
  const std::string field(begun.headers.Get("Set-Cookie"));
  EXPECT_THAT(field, testing::AllOf(HasSubstr("__Host-wimwright=ww_"), HasSubstr("; Secure"),
                                    HasSubstr("; HttpOnly"), HasSubstr("; SameSite=Strict")));
  const auto cookie = CookieOf(begun);
  auto request = Ask("GET", "/AdminService/wmi/", {{"Cookie", "a=b; " + cookie}});
  EXPECT_EQ(Pass(request).user.name, "anna");
  request.method = "POST";
  EXPECT_EQ(Pass(request).kind, AuthOutcome::Kind::kForbidden);
  request.headers.Set(std::string(kTokenField), std::string(64, 'a'));
  EXPECT_EQ(Pass(request).kind, AuthOutcome::Kind::kForbidden);
  request.headers.Set(std::string(kTokenField), BodyOf(begun)["csrf"].get<std::string>());
  EXPECT_EQ(Pass(request).kind, AuthOutcome::Kind::kUser);
  // Nothing of the secret is stored.
  const auto secret = cookie.substr(cookie.find('=') + 1);
  EXPECT_FALSE((*sessions_->Find(secret, false)).has_value());
  EXPECT_TRUE((*sessions_->Find(DigestOf(secret), false)).has_value());
}

TEST_F(ConsoleTest, SessionsEndWithIdleTimeLengthSignOutAndPassword) {
  const auto cookie = CookieOf(SignIn());
  const auto request = Ask("GET", "/x", {{"Cookie", cookie}});
  auto background = request;
  background.headers.Set(std::string(kBackgroundField), "1");
  clock_.now += std::chrono::seconds(500);
  EXPECT_EQ(Pass(background).kind, AuthOutcome::Kind::kUser);
  clock_.now += std::chrono::seconds(99);
  EXPECT_EQ(Pass(request).kind, AuthOutcome::Kind::kUser);  // a person: another ten minutes
  clock_.now += std::chrono::seconds(599);
  EXPECT_EQ(Pass(background).kind, AuthOutcome::Kind::kUser);
  clock_.now += std::chrono::seconds(2);
  EXPECT_EQ(Pass(request).kind, AuthOutcome::Kind::kRefused);

  const auto second = CookieOf(SignIn());
  for (int i = 0; i < 14; ++i) {
    clock_.now += std::chrono::seconds(550);
    Pass(Ask("GET", "/x", {{"Cookie", second}}));
  }
  EXPECT_EQ(Pass(Ask("GET", "/x", {{"Cookie", second}})).kind, AuthOutcome::Kind::kRefused);

  const auto third = CookieOf(SignIn());
  handler_->Handle(Ask("DELETE", "/console/session", {{"Cookie", third}}));
  EXPECT_EQ(Pass(Ask("GET", "/x", {{"Cookie", third}})).kind, AuthOutcome::Kind::kRefused);

  const auto fourth = CookieOf(SignIn());
  ASSERT_TRUE(accounts_->SetPassword("anna", "hash"));
  EXPECT_EQ(Pass(Ask("GET", "/x", {{"Cookie", fourth}})).kind, AuthOutcome::Kind::kRefused);
}

TEST_F(ConsoleTest, ARevokedTokenEndsItsSessionsOnly) {
  ASSERT_TRUE(accounts_->AddToken("00", {"ci", "anna", clock_.Now(), {}}));
  const auto with_token = CookieOf(SignIn(R"({"token":"ww_good"})"));
  const auto with_password = CookieOf(SignIn());
  ASSERT_TRUE(accounts_->RevokeToken("anna", "ci"));
  EXPECT_EQ(Pass(Ask("GET", "/x", {{"Cookie", with_token}})).kind, AuthOutcome::Kind::kRefused);
  EXPECT_EQ(Pass(Ask("GET", "/x", {{"Cookie", with_password}})).kind, AuthOutcome::Kind::kUser);
}

TEST_F(ConsoleTest, RefusalsSayWhatToDo) {
  EXPECT_EQ(SignIn(R"({"user":"anna","password":"no"})").status, 401);
  EXPECT_EQ(SignIn(R"({"user":"a:b","password":"no"})").status, 401);
  EXPECT_EQ(SignIn("[]").status, 400);
  EXPECT_EQ(SignIn("{\"user\":").status, 400);
  EXPECT_EQ(SignIn(R"({"token":"ww_often"})").headers.Get("Retry-After"), "9");
  EXPECT_EQ(handler_->Handle(Ask("POST", "/console/session", {}, "user=anna")).status, 415);
  EXPECT_EQ(
      handler_
          ->Handle(Ask("POST", "/console/session",
                       {{"Content-Type", "application/json"}, {"Sec-Fetch-Site", "cross-site"}},
                       R"({"user":"anna","password":"pw"})"))
          .status,
      403);
  administrator_ = false;
  const auto nobody = SignIn();
  EXPECT_EQ(nobody.status, 403);
  EXPECT_EQ(nobody.headers.Get("Set-Cookie"), "");
}

TEST_F(ConsoleTest, ScriptsGetNoChallengesAndOnlyTheLinkAsksForKerberos) {
  EXPECT_EQ(Pass(Ask("GET", "/AdminService/wmi/", {{"Sec-Fetch-Mode", "cors"}})).challenges.size(),
            0u);
  EXPECT_EQ(Pass(Ask("GET", "/AdminService/wmi/")).challenges.size(), 2u);
  EXPECT_THAT(Pass(Ask("GET", kKerberosPath, {{"Sec-Fetch-Mode", "navigate"}})).challenges,
              testing::ElementsAre("Negotiate"));
}

TEST_F(ConsoleTest, CookiesOfOthersAreNoSessions) {
  for (const char* field : {"", "=", "__Host-wimwright", "__Host-wimwright=", "__Host-wimwrightx=1",
                            "x__Host-wimwright=1", ";;;", "a; b"}) {
    EXPECT_FALSE(SecretIn(Ask("GET", "/", {{"Cookie", field}}))) << field;
  }
  EXPECT_FALSE(
      SecretIn(Ask("GET", "/", {{"Cookie", "__Host-wimwright=" + std::string(201, 'a')}})));
  EXPECT_EQ(SecretIn(Ask("GET", "/", {{"Cookie", "a=1;__Host-wimwright=x ; b=2"}})), "x");
}

}  // namespace
}  // namespace ww::console
