#include "wimwright/distribution/site_handler.h"

#include <future>

#include "distribution_testing.h"
#include "site_link.h"
#include "wire.h"

namespace ww::distribution {
namespace {

Code CodeOf(const Status& status) { return status ? Code{} : status.error().code; }

class SiteHandlerTest : public testing::Test {
 protected:
  Result<EnrollmentResult> EnrollAs(const char* folder, std::string_view token) {
    return Enroll({folder_ / folder}, site_.url(), token);
  }
  SiteLink LinkOf(const char* folder) {
    const PointFolder point{folder_ / folder};
    return SiteLink({.site_url = site_.url(),
                     .authority = point.authority().string(),
                     .certificate = point.certificate().string()});
  }
  template <typename T>
  static Status Drop(const Result<T>& result) {
    if (result) return {};
    return Fail(result.error());
  }

  TestFolder folder_;
  Site site_{folder_ / "site"};
  const Cancellation& never_ = NeverCancelled();
};

TEST_F(SiteHandlerTest, ATokenCountsOnce) {
  const auto token = site_.Token("dp1");
  const auto enrolled = EnrollAs("a", token);
  WW_ASSERT_OK(enrolled);
  EXPECT_EQ(enrolled->id, "dp1");
  EXPECT_EQ(CodeOf(Drop(EnrollAs("b", token))), Code::kUsage);
  EXPECT_FALSE(stdfs::exists(folder_ / "b/tls/point.pem"));
  EXPECT_EQ(stdfs::status(folder_ / "a/tls/point.pem").permissions(), stdfs::perms(0600));
}

TEST_F(SiteHandlerTest, EnrollingAgainEndsTheEarlierCertificate) {
  WW_ASSERT_OK(EnrollAs("a", site_.Token("dp1")));
  auto first = LinkOf("a");
  WW_ASSERT_OK(first.GetAssignments(std::nullopt, {}, never_));
  WW_ASSERT_OK(EnrollAs("b", site_.Token("dp1")));
  EXPECT_EQ(CodeOf(Drop(first.GetAssignments(std::nullopt, {}, never_))), Code::kUsage);
  WW_ASSERT_OK(LinkOf("b").GetAssignments(std::nullopt, {}, never_));
}

TEST_F(SiteHandlerTest, AnotherSiteBehindTheAddressGetsNoWord) {
  Site other(folder_ / "other");
  const auto token = other.Token("dp1");  // of another site, shown to this one
  EXPECT_EQ(CodeOf(Drop(EnrollAs("a", token))), Code::kVerificationFailed);
  WW_ASSERT_OK(other.directory.CheckToken(Must(ParseToken(token)).word));  // not used up
  EXPECT_EQ(CodeOf(Drop(EnrollAs("a", "nonsense"))), Code::kUsage);
}

TEST_F(SiteHandlerTest, ServesNobodyWithoutAPointsCertificate) {
  WW_ASSERT_OK(EnrollAs("a", site_.Token("dp1")));
  const auto file = site_.Add("a", RandomBytes(500, 1));
  site_.directory.Assign("dp1", site_.Package("LAB00001", 1, {file}));
  RateLimit limit;
  const auto all_refused = [&](SiteLink& link, Code code) {
    const auto sink = [](ByteView) { return Status(); };
    EXPECT_EQ(CodeOf(Drop(link.GetAssignments(std::nullopt, {}, never_))), code);
    EXPECT_EQ(CodeOf(Drop(link.GetBlocks(file.stored, never_))), code);
    EXPECT_EQ(CodeOf(link.GetRange(file.stored, 0, 500, limit, sink, never_)), code);
    EXPECT_EQ(CodeOf(link.Post("status", ToJson(std::vector<PointReport>()), never_)), code);
    EXPECT_EQ(CodeOf(link.Post("heartbeat", ToJson(Heartbeat()), never_)), code);
    EXPECT_EQ(CodeOf(link.Post("renew", "x", never_)), code);
  };
  SiteLink nobody({.site_url = site_.url(), .authority = (folder_ / "a/tls/site-ca.pem").string()});
  all_refused(nobody, Code::kUsage);
  auto link = LinkOf("a");
  WW_ASSERT_OK(link.GetBlocks(file.stored, never_));
  site_.directory.Revoke("dp1");
  all_refused(link, Code::kUsage);
  // A certificate of another authority does not even get a connection.
  Site other(folder_ / "other");
  WW_ASSERT_OK(Enroll({folder_ / "o"}, other.url(), other.Token("dp1")));
  SiteLink stranger({.site_url = site_.url(),
                     .authority = (folder_ / "a/tls/site-ca.pem").string(),
                     .certificate = (folder_ / "o/tls/point.pem").string()});
  EXPECT_EQ(CodeOf(Drop(stranger.GetAssignments(std::nullopt, {}, never_))), Code::kIo);
}

TEST_F(SiteHandlerTest, AServersCertificateIsNoPointsAndTheOtherWayRound) {
  WW_ASSERT_OK(EnrollAs("a", site_.Token("dp1")));
  // The listener's own certificate, used as a client.
  const auto both = folder_ / "both.pem";
  std::string text;
  for (const char* name : {"site/tls/d.pem", "site/tls/d.key"}) {
    text += AsText(Must(ReadFile(RealFileSystem(), folder_ / name, 1 << 20)));
  }
  WriteWhole(both, AsBytes(text));
  SiteLink server({.site_url = site_.url(),
                   .authority = (folder_ / "a/tls/site-ca.pem").string(),
                   .certificate = both.string()});
  EXPECT_EQ(CodeOf(Drop(server.GetAssignments(std::nullopt, {}, never_))), Code::kIo);
  // A point that plays the site for other points.
  http::Router router;
  const auto fake = http::Server::Start(
      {.endpoints = {{}}, .tls = {folder_ / "a/tls/point.pem", folder_ / "a/tls/point.pem"}},
      router);
  WW_ASSERT_OK(fake);
  SiteLink victim({.site_url = "https://127.0.0.1:" + std::to_string((*fake)->ports()[0]),
                   .authority = (folder_ / "a/tls/site-ca.pem").string()});
  EXPECT_EQ(CodeOf(Drop(victim.GetAssignments(std::nullopt, {}, never_))),
            Code::kVerificationFailed);
}

TEST_F(SiteHandlerTest, GivesAPointOnlyWhatIsAssignedToIt) {
  WW_ASSERT_OK(EnrollAs("a", site_.Token("dp1")));
  const auto mine = site_.Add("a", RandomBytes(300'000, 1));
  const auto other = site_.Add("b", RandomBytes(500, 2));
  site_.directory.Assign("dp1", site_.Package("LAB00001", 1, {mine}));
  auto link = LinkOf("a");
  RateLimit limit;
  Bytes got;
  const auto sink = [&got](ByteView bytes) {
    Append(got, bytes);
    return Status();
  };
  WW_ASSERT_OK(link.GetBlocks(mine.stored, never_));
  WW_ASSERT_OK(link.GetRange(mine.stored, 1000, 200'000, limit, sink, never_));
  const auto bytes = RandomBytes(300'000, 1);
  EXPECT_EQ(got, Bytes(bytes.begin() + 1000, bytes.begin() + 201'000));
  EXPECT_EQ(CodeOf(Drop(link.GetBlocks(other.stored, never_))), Code::kNotFound);
  EXPECT_EQ(CodeOf(link.GetRange(other.stored, 0, 500, limit, sink, never_)), Code::kNotFound);
}

TEST_F(SiteHandlerTest, ToldAgainTellsNothingAndWaitsForChanges) {
  WW_ASSERT_OK(EnrollAs("a", site_.Token("dp1")));
  auto link = LinkOf("a");
  const auto first = link.GetAssignments(std::nullopt, {}, never_);
  WW_ASSERT_OK(first);
  const auto generation = (*first)->generation;
  EXPECT_EQ(Must(link.GetAssignments(generation, std::chrono::seconds(0), never_)), std::nullopt);
  const auto before = link.wire_bytes();
  EXPECT_EQ(Must(link.GetAssignments(generation, std::chrono::seconds(0), never_)), std::nullopt);
  EXPECT_LT(link.wire_bytes() - before, 600u);
  auto waiting = std::async(std::launch::async, [&] {
    return link.GetAssignments(generation, std::chrono::seconds(30), never_);
  });
  site_.directory.SetLimit("dp1", 5);
  EXPECT_EQ((*Must(waiting.get())).bytes_per_second, 5u);
}

TEST_F(SiteHandlerTest, RenewsACertificate) {
  WW_ASSERT_OK(EnrollAs("a", site_.Token("dp1")));
  auto link = LinkOf("a");
  const auto made = Must(MakeKeyAndRequest());
  const auto answer =
      Must(ParseEnrollmentAnswer(Must(link.PostForAnswer("renew", made.request_pem, never_))));
  EXPECT_EQ(CodeOf(Drop(link.GetAssignments(std::nullopt, {}, never_))), Code::kUsage);
  WriteWhole(folder_ / "a/tls/point.pem", AsBytes(answer.certificate_pem + made.key_pem));
  link.Reconnect();
  WW_ASSERT_OK(link.GetAssignments(std::nullopt, {}, never_));
}

TEST_F(SiteHandlerTest, RefusesBadRequests) {
  WW_ASSERT_OK(EnrollAs("a", site_.Token("dp1")));
  auto link = LinkOf("a");
  for (const auto* body : {"", "{}", "[]", R"({"reports":[{}]})", R"({"reports":5})"}) {
    EXPECT_EQ(CodeOf(link.Post("status", body, never_)), Code::kCorrupt) << body;
    EXPECT_EQ(CodeOf(link.Post("heartbeat", body, never_)), Code::kCorrupt) << body;
    EXPECT_EQ(CodeOf(link.Post("enroll", body, never_)), Code::kCorrupt) << body;
  }
  EXPECT_EQ(CodeOf(link.Post("renew", "no request", never_)), Code::kCorrupt);
  EXPECT_EQ(CodeOf(Drop(link.GetText("blocks/xyz", never_))), Code::kNotFound);
  EXPECT_EQ(CodeOf(Drop(link.GetText("file/..%2f..%2fetc", never_))), Code::kNotFound);
}

}  // namespace
}  // namespace ww::distribution
