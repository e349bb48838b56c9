// The pure parts: targets, ranges, dates, events, passwords, certificates, metrics.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>

#include "range.h"
#include "text_util.h"
#include "wimwright/http/certificate.h"
#include "wimwright/http/metrics.h"
#include "wimwright/http/password_hash.h"
#include "wimwright/http/response.h"
#include "wimwright/http/target.h"

namespace ww::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(Target, DecodesEachSegmentByItself) {
  const auto target =
      ParseTarget("/AdminService//wmi/./SMS_Package('a%2Fb')/x%20y/?$filter=a+eq+%27b%27#no");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->segments, ElementsAre("AdminService", "wmi", "SMS_Package('a/b')", "x y"));
  EXPECT_EQ(target->path, "/AdminService/wmi/SMS_Package('a/b')/x y/");
  EXPECT_EQ(target->query, "$filter=a+eq+%27b%27");
  EXPECT_EQ(ParseTarget("/")->path, "/");
  EXPECT_EQ(ParseTarget("http://host:80/a?b")->path, "/a");
  EXPECT_EQ(ParseTarget("https://host")->path, "/");
  EXPECT_EQ(ParseTarget("*")->path, "*");
  EXPECT_EQ(ParseTarget("/%E2%82%AC")->path, "/\xE2\x82\xAC");
}

TEST(Target, RefusesWhatClimbsOrIsNoText) {
  for (const char* bad : {"", "a", "/..", "/a/../b", "/%2e%2e/x", "/a/%2E.", "/%", "/%4", "/%zz",
                          "/%00", "/%0a", "/%ff", "/%C0%AF", "ftp://x/", "/a\tb", "//..//"}) {
    EXPECT_FALSE(ParseTarget(bad)) << bad;
  }
  EXPECT_FALSE(ParseTarget("/" + std::string(300, '/') + [] {
    std::string s;
    for (int i = 0; i < 101; ++i) s += "a/";
    return s;
  }()));
}

TEST(Query, DecodesPairsInOrder) {
  EXPECT_THAT(*ParseQuery("$filter=Name+eq+'a%2Bb'&&$top=5&flag&e="),
              ElementsAre(Pair("$filter", "Name eq 'a+b'"), Pair("$top", "5"), Pair("flag", ""),
                          Pair("e", "")));
  EXPECT_FALSE(ParseQuery("a=%x"));
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "a&";
  EXPECT_EQ(ParseQuery(many).error().code, Code::kLimit);
  EXPECT_EQ(PercentEncode("a b/ä~"), "a%20b%2F%C3%A4~");
}

TEST(Range, CutsToTheBody) {
  const auto one = [](std::uint64_t first, std::uint64_t length) {
    return ByteRange{first, length};
  };
  EXPECT_EQ(ParseRange("bytes=0-0", 10).range, one(0, 1));
  EXPECT_EQ(ParseRange("bytes=5-", 10).range, one(5, 5));
  EXPECT_EQ(ParseRange("bytes=5-99999999999999999999999", 10).range, one(5, 5));
  EXPECT_EQ(ParseRange("bytes=-3", 10).range, one(7, 3));
  EXPECT_EQ(ParseRange("bytes=-30", 10).range, one(0, 10));
  EXPECT_EQ(ParseRange(" Bytes= 2 - 3 ", 10).range, one(2, 2));
  for (const char* none : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=3-2",
                           "bytes=1-2,4-5", "items=1-2", "bytes=+1-2"}) {
    EXPECT_EQ(ParseRange(none, 10).kind, RangeKind::kNone) << none;
  }
  for (const char* no : {"bytes=10-", "bytes=-0", "bytes=99999999999999999999999-"}) {
    EXPECT_EQ(ParseRange(no, 10).kind, RangeKind::kUnsatisfiable) << no;
  }
  EXPECT_EQ(ParseRange("bytes=-1", 0).kind, RangeKind::kUnsatisfiable);
  EXPECT_TRUE(ListsEtag("\"a\" , W/\"b\"", "\"b\""));
  EXPECT_TRUE(ListsEtag("*", "\"b\""));
  EXPECT_FALSE(ListsEtag("\"ab\"", "\"b\""));
}

TEST(Date, RoundTrips) {
  const auto time = std::chrono::sys_seconds(std::chrono::seconds(784111777));
  EXPECT_EQ(FormatHttpDate(time), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), time);
  EXPECT_FALSE(ParseHttpDate("Sun, 31 Feb 1994 08:49:37 GMT"));
  EXPECT_FALSE(ParseHttpDate("06 Nov 1994"));
}

TEST(Event, KeepsLinesInTheirFields) {
  EXPECT_EQ(FormatEvent("a\nb", "1\r\n2\r3\n", ""),
            "event: ab\ndata: 1\ndata: 2\ndata: 3\ndata: \n\n");
}

TEST(Password, VerifiesWhatItHashed) {
  const auto hash = HashPassword("correct horse");
  ASSERT_TRUE(hash);
  EXPECT_THAT(*hash, testing::StartsWith("$scrypt$ln=15,r=8,p=1$"));
  EXPECT_TRUE(VerifyPassword("correct horse", *hash));
  EXPECT_FALSE(VerifyPassword("correct horsf", *hash));
  EXPECT_NE(*hash, *HashPassword("correct horse"));
  EXPECT_FALSE(HashPassword(""));
  for (const char* bad : {"", "$", "$scrypt$ln=30,r=8,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA",
                          "$md5$x$AAAA$AAAA", "plain", "$scrypt$ln=15,r=8,p=1$AAAA$"}) {
    EXPECT_FALSE(VerifyPassword("", bad)) << bad;
  }
  // RFC 7914 11, the second vector of PBKDF2-HMAC-SHA-256.
  const std::string pbkdf2 =
      "$pbkdf2-sha256$i=80000$TmFDbA==$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBtR"
      "ybMXaicr3ruh0HhHj2Kzl/M8jQ==";
  EXPECT_TRUE(VerifyPassword("Password", pbkdf2));
  EXPECT_FALSE(VerifyPassword("password", pbkdf2));
  EXPECT_TRUE(EqualConstantTime("a", "a"));
  EXPECT_FALSE(EqualConstantTime("a", "ab"));
}

TEST(Certificate, CarriesItsNames) {
  auto pattern = (std::filesystem::temp_directory_path() / "ww_cert_XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  const auto made = MakeSelfSigned({"site.example.org", "10.0.0.1", "::1"}, std::chrono::days(10));
  ASSERT_TRUE(made) << made.error().message;
  const auto certificate = folder / "c.pem", key = folder / "k.pem";
  ASSERT_TRUE(WriteCertificate(*made, certificate, key));
  EXPECT_FALSE(WriteCertificate(*made, certificate, key));
  struct stat info = {};
  ASSERT_EQ(::stat(key.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(CertificateFingerprint(certificate)->size(), 95u);
  EXPECT_FALSE(MakeSelfSigned({"a,DNS:evil"}, std::chrono::days(10)));
  EXPECT_FALSE(MakeSelfSigned({""}, std::chrono::days(10)));
  EXPECT_FALSE(MakeSelfSigned({}, std::chrono::days(10)));
  std::filesystem::remove_all(folder);
}

TEST(Metrics, GiveOneObjectForOneName) {
  Metrics metrics;
  metrics.AddCounter("c", "h", {{"a", "x\"y\\\n"}}).Add(2);
  metrics.AddCounter("c", "h", {{"a", "x\"y\\\n"}}).Add(3);
  metrics.AddGauge("g", "h").Set(1.5);
  auto& histogram = metrics.AddHistogram("s", "h", {1, 2});
  for (const double v : {0.5, 1.0, 1.5, 5.0}) histogram.Observe(v);
  const auto text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("c{a=\"x\\\"y\\\\\\n\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("g 1.5\n"));
  EXPECT_THAT(text, HasSubstr("s_bucket{le=\"1\"} 2\ns_bucket{le=\"2\"} 3\ns_bucket{le=\"+Inf\"} "
                              "4\ns_sum 8\ns_count 4\n"));
}

}  // namespace
}  // namespace ww::http
