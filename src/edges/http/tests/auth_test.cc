// Who may in: Basic, tokens, limits on guessing, Kerberos from a realm of its own.
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "fixture.h"
#include "wimwright/base/text.h"
#include "wimwright/http/password_hash.h"

namespace ww::http {
namespace {

using testing::HasSubstr;

std::string BasicField(std::string_view pair) {
  return "Authorization: Basic " + ToBase64(AsBytes(pair)) + "\r\n";
}

class AuthTest : public ServerTest {
 protected:
  std::unique_ptr<BasicScheme> Basic() {
    return MakeBasic(
        {.verify = [this](std::string_view name, std::string_view password) -> std::optional<User> {
          ++verified_;
          if (name != "anna" || password != password_) return std::nullopt;
          return User{.name = "anna"};
        }},
        clock_);
  }
  void StartWith(std::vector<std::unique_ptr<AuthScheme>> schemes, RateLimit limit = {}) {
    authenticator_ = MakeAuthenticator(std::move(schemes), limit, clock_);
    options_.authenticator = authenticator_.get();
    Start();
  }
  void StartBasic(RateLimit limit = {}) {
    std::vector<std::unique_ptr<AuthScheme>> schemes;
    auto basic = Basic();
    basic_ = basic.get();
    schemes.push_back(std::move(basic));
    StartWith(std::move(schemes), limit);
  }

  FixedClock clock_{TimePoint(std::chrono::seconds(1'800'000'000))};
  std::atomic<int> verified_ = 0;
  std::string password_ = "pass:word ä";
  BasicScheme* basic_ = nullptr;
  std::unique_ptr<Authenticator> authenticator_;
  ~AuthTest() override { Stop(); }
};

TEST_F(AuthTest, LetsInWhoHasThePassword) {
  StartBasic();
  Client client(port());
  auto reply = client.Ask(Get("/who"));
  EXPECT_EQ(reply->status, 401);
  EXPECT_EQ(reply->fields.at("www-authenticate"), "Basic realm=\"wimwright\", charset=\"UTF-8\"");
  EXPECT_EQ(reply->body, "401 Unauthorized: credentials are needed; sign in with one of: Basic\n");
  EXPECT_EQ(client.Ask(Get("/who", BasicField("anna:wrong")))->body,
            "401 Unauthorized: these credentials are not valid; sign in with one of: Basic\n");
  EXPECT_EQ(client.Ask(Get("/who", BasicField("anna:pass:word ä")))->body, "anna");
  for (const char* wrong :
       {"anna:wrong", "anna:", "ANNA:pass:word ä", ":x", "anna", "bob:pass:word ä"}) {
    EXPECT_EQ(client.Ask(Get("/who", BasicField(wrong)))->status, 401) << wrong;
  }
  EXPECT_EQ(client.Ask(Get("/who", "Authorization: Basic !!!\r\n"))->status, 401);
  EXPECT_EQ(client.Ask(Get("/who", "Authorization: Basic\r\n"))->status, 401);
  EXPECT_EQ(client.Ask(Get("/who", "Authorization: Other x\r\n"))->status, 401);
  EXPECT_EQ(client.Ask(Get("/hello"))->status, 200);
  EXPECT_THAT(log_.text(), HasSubstr(" anna GET /who 200"));
  EXPECT_THAT(log_.text(), testing::Not(HasSubstr("pass:word")));
  EXPECT_EQ(Shell("curl -s -u 'anna:pass:word ä' " + Url("/who")), "anna");
}

TEST_F(AuthTest, RecallsOnlyWhatWasVerifiedAndNobodyWhoIsLockedOut) {
  StartBasic({.failures_per_address = 100, .failures_per_user = 2});
  Request request;
  request.peer.address = "192.0.2.1";
  const auto as = [&](std::string_view who) {
    request.headers.Set("Authorization", "Basic " + ToBase64(AsBytes(who)));
    return &request;
  };
  ConnectionAuth connection;
  EXPECT_FALSE(authenticator_->Recall(*as("anna:pass:word ä")));
  EXPECT_EQ(verified_, 0) << "recalling verifies nothing";
  ASSERT_EQ(authenticator_->Authenticate(request, connection).kind, AuthOutcome::Kind::kUser);
  EXPECT_EQ(authenticator_->Recall(request)->name, "anna");
  EXPECT_FALSE(authenticator_->Recall(*as("anna:wrong")));
  EXPECT_EQ(authenticator_->Recall(*as("anna:pass:word ä"))->name, "anna");
  clock_.Set(clock_.Now() + std::chrono::seconds(61));
  EXPECT_FALSE(authenticator_->Recall(request)) << "it was a minute ago";
  ASSERT_EQ(authenticator_->Authenticate(request, connection).kind, AuthOutcome::Kind::kUser);
  for (int i = 0; i < 2; ++i) authenticator_->Authenticate(*as("anna:wrong"), connection);
  EXPECT_FALSE(authenticator_->Recall(*as("anna:pass:word ä"))) << "too many failures";
}

// The hash was changed by another process: that the old password was right a moment ago is no more
// than history.
TEST_F(AuthTest, WhatIsRememberedEndsWithItsStamp) {
  std::optional<std::string> stamp = "hash 1";
  bool known = true;
  auto scheme = MakeBasic(
      {.verify = [&](std::string_view, std::string_view password) -> std::optional<User> {
         ++verified_;
         if (password != password_) return std::nullopt;
         return User{.name = "anna"};
       },
       .stamp = [&](std::string_view) { return Result<std::optional<std::string>>(stamp); },
       .recall_stamp = [&](std::string_view) { return known ? stamp : std::nullopt; }},
      clock_);
  const auto right = ToBase64(AsBytes("anna:pass:word ä"));
  Request request;
  ConnectionAuth connection;
  const auto kind = [&] { return scheme->Try(right, request, connection).kind; };
  EXPECT_EQ(kind(), AuthOutcome::Kind::kUser);
  EXPECT_EQ(kind(), AuthOutcome::Kind::kUser);
  EXPECT_EQ(verified_, 1);
  EXPECT_TRUE(scheme->Recall(right));
  known = false;
  EXPECT_FALSE(scheme->Recall(right)) << "nobody can tell at once";
  known = true;
  password_ = "another";
  stamp = "hash 2";
  EXPECT_FALSE(scheme->Recall(right));
  EXPECT_EQ(kind(), AuthOutcome::Kind::kRefused);
  stamp.reset();  // the account is gone
  EXPECT_FALSE(scheme->Recall(right));
  EXPECT_EQ(kind(), AuthOutcome::Kind::kRefused);
}

TEST_F(AuthTest, NobodyIsRefusedForWantOfADatabase) {
  const Error down{Code::kIo, "no server", {}, 0};
  bool answers = false;
  std::vector<std::unique_ptr<AuthScheme>> schemes;
  schemes.push_back(MakeBearer("r", [&](std::string_view) -> Result<std::optional<User>> {
    if (!answers) return Fail(down);
    return User{.name = "robot"};
  }));
  schemes.push_back(
      MakeBasic({.verify = [&](std::string_view, std::string_view) -> Result<std::optional<User>> {
                  if (!answers) return Fail(down);
                  return User{.name = "anna"};
                }},
                clock_));
  StartWith(std::move(schemes), {.failures_per_address = 2, .failures_per_user = 2});
  Client client(port());
  const std::string token = "Authorization: Bearer 0123456789abcdef0123\r\n";
  for (int i = 0; i < 5; ++i) {
    for (const auto& field : {token, BasicField("anna:x")}) {
      const auto reply = client.Ask(Get("/who", field));
      EXPECT_EQ(reply->status, 503);
      EXPECT_EQ(reply->fields.at("retry-after"), "5");
    }
  }
  answers = true;
  EXPECT_EQ(client.Ask(Get("/who", token))->body, "robot") << "those were no failures";
  EXPECT_EQ(client.Ask(Get("/who", BasicField("anna:x")))->body, "anna");
}

TEST_F(AuthTest, DoesNotReadTheBodyOfNobody) {
  StartBasic();
  Client client(port());
  EXPECT_EQ(client.Ask("POST /who HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")->status,
            401);
  EXPECT_TRUE(client.Closed());
}

TEST_F(AuthTest, RemembersWhoWasVerifiedForAWhile) {
  StartBasic();
  Client client(port());
  const auto ask = [&] { return client.Ask(Get("/who", BasicField("anna:pass:word ä")))->status; };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(), 200);
  EXPECT_EQ(verified_, 1);
  clock_.Set(clock_.Now() + std::chrono::seconds(61));
  EXPECT_EQ(ask(), 200);
  EXPECT_EQ(verified_, 2);
  password_ = "new";
  EXPECT_EQ(ask(), 200);  // still remembered
  basic_->Forget("anna");
  EXPECT_EQ(ask(), 401);
}

TEST_F(AuthTest, SlowsDownGuessing) {
  StartBasic(
      {.failures_per_address = 6, .failures_per_user = 3, .window = std::chrono::seconds(300)});
  Client client(port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.Ask(Get("/who", BasicField("anna:x")))->status, 401);
  const auto limited = client.Ask(Get("/who", BasicField("anna:pass:word ä")));
  EXPECT_EQ(limited->status, 429);
  EXPECT_EQ(limited->fields.at("retry-after"), "300");
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(client.Ask(Get("/who", BasicField("u" + std::to_string(i) + ":x")))->status, 401);
  EXPECT_EQ(client.Ask(Get("/who", BasicField("other:x")))->status, 429);  // the address
  EXPECT_EQ(client.Ask(Get("/who"))->status, 401);
  clock_.Set(clock_.Now() + std::chrono::seconds(301));
  EXPECT_EQ(client.Ask(Get("/who", BasicField("anna:pass:word ä")))->status, 200);
}

TEST_F(AuthTest, KnowsTokensByTheirDigest) {
  const auto token = MakeToken();
  ASSERT_TRUE(token);
  std::vector<std::unique_ptr<AuthScheme>> schemes;
  schemes.push_back(MakeBearer("r", [&](std::string_view hex) -> std::optional<User> {
    if (!EqualConstantTime(hex, token->sha256_hex)) return std::nullopt;
    return User{.name = "robot", .detail = "ci"};
  }));
  schemes.push_back(Basic());
  StartWith(std::move(schemes));
  Client client(port());
  EXPECT_EQ(client.Ask(Get("/who", "Authorization: bearer " + token->token + "\r\n"))->body,
            "robot");
  EXPECT_EQ(client.Ask(Get("/who", "Authorization: Bearer " + token->token + "x\r\n"))->status,
            401);
  const auto both = client.Ask(Get("/who"));
  EXPECT_THAT(both->head,
              HasSubstr("WWW-Authenticate: Bearer realm=\"r\"\r\nWWW-Authenticate: Basic"));
}

// A realm of its own: a KDC as a child process, a service key, a user with a password.
class KerberosTest : public AuthTest {
 protected:
  void SetUp() override {
    for (const char* program :
         {"/usr/sbin/krb5kdc", "/usr/sbin/kadmin.local", "/usr/sbin/kdb5_util", "/usr/bin/kinit"}) {
      if (access(program, X_OK) != 0) GTEST_SKIP() << program << " is not installed";
    }
    if (Shell("curl -V").find("GSS-API") == std::string::npos)
      GTEST_SKIP() << "curl without GSS-API";
    const auto f = folder_.string();
    // A port that was free a moment ago.
    std::uint16_t kdc_port = 0;
    {
      options_.io_threads = 1;
      Start();
      kdc_port = port();
      Stop();
    }
    std::ofstream(folder_ / "krb5.conf")
        << "[libdefaults]\n default_realm = WW.TEST\n dns_lookup_kdc = false\n rdns = false\n"
           " dns_canonicalize_hostname = false\n udp_preference_limit = 1\n"
           "[realms]\n WW.TEST = {\n  kdc = 127.0.0.1:"
        << kdc_port << "\n }\n[domain_realm]\n localhost = WW.TEST\n";
    std::ofstream(folder_ / "kdc.conf")
        << "[kdcdefaults]\n kdc_listen = 127.0.0.1:" << kdc_port
        << "\n kdc_tcp_listen = 127.0.0.1:" << kdc_port
        << "\n[realms]\n WW.TEST = {\n  database_name = " << f
        << "/principal\n  key_stash_file = " << f << "/stash\n  acl_file = " << f
        << "/acl\n  max_life = 1h\n }\n";
    setenv("KRB5_CONFIG", (f + "/krb5.conf").c_str(), 1);
    setenv("KRB5_KDC_PROFILE", (f + "/kdc.conf").c_str(), 1);
    setenv("KRB5CCNAME", ("FILE:" + f + "/ccache").c_str(), 1);
    setenv("KRB5RCACHENAME", ("dfl:"), 1);
    int code = 0;
    const auto made = Shell(
        "kdb5_util create -s -r WW.TEST -P master && kadmin.local -q 'addprinc -pw secret anna' && "
        "kadmin.local -q 'addprinc -randkey HTTP/localhost' && kadmin.local -q 'ktadd -k " +
            f + "/http.keytab HTTP/localhost'",
        &code);
    ASSERT_EQ(code, 0) << made;
    kdc_ = fork();
    if (kdc_ == 0) {
      execl("/usr/sbin/krb5kdc", "krb5kdc", "-n", "-r", "WW.TEST", nullptr);
      _exit(127);
    }
    for (int i = 0; i < 1200; ++i) {
      Shell("echo secret | kinit anna", &code);
      if (code == 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    FAIL() << "the KDC does not answer";
  }
  void TearDown() override {
    if (kdc_ > 0) {
      kill(kdc_, SIGTERM);
      waitpid(kdc_, nullptr, 0);
    }
  }
  pid_t kdc_ = -1;
};

TEST_F(KerberosTest, LetsInWhoHasATicket) {
  auto negotiate = MakeNegotiate({.keytab = (folder_ / "http.keytab").string()});
  ASSERT_TRUE(negotiate) << negotiate.error().message;
  std::vector<std::unique_ptr<AuthScheme>> schemes;
  schemes.push_back(*std::move(negotiate));
  schemes.push_back(Basic());
  StartWith(std::move(schemes));
  EXPECT_EQ(Shell("curl -s --negotiate -u : " + Url("/who")), "anna@WW.TEST");
  EXPECT_EQ(Shell("curl -s --negotiate -u : -d x=1 " + Url("/who")), "anna@WW.TEST");
  Client client(port());
  EXPECT_EQ(client.Ask(Get("/who", "Authorization: Negotiate YII=\r\n"))->status, 401);
  EXPECT_EQ(client
                .Ask(Get("/who", "Authorization: Negotiate " +
                                     ToBase64(AsBytes(std::string(1000, 'x'))) + "\r\n"))
                ->status,
            401);
  // NTLM inside Negotiate is not for us.
  EXPECT_EQ(client
                .Ask(Get("/who",
                         "Authorization: Negotiate "
                         "TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAO5CAAAADw==\r\n"))
                ->status,
            401);
  Shell("kdestroy");
  EXPECT_EQ(Shell("curl -s -o /dev/null -w '%{http_code}' --negotiate -u : " + Url("/who")), "401");
  EXPECT_FALSE(MakeNegotiate({.keytab = (folder_ / "none").string()}));
}

}  // namespace
}  // namespace ww::http
