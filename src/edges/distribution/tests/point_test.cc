#include "wimwright/distribution/point.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "distribution_testing.h"

namespace ww::distribution {
namespace {

using std::chrono::seconds;
using Kind = PointReport::Kind;

constexpr seconds kPatience{60};
constexpr const char* kName = "dp1.example";

class PointTest : public testing::Test {
 protected:
  void SetUp() override {
    WW_ASSERT_OK(Enroll({folder_ / "point"}, site_.url(), site_.Token(kName)));
  }

  PointOptions Options() { return QuickOptions(folder_ / "point", site_); }
  void Open() { Open(Options()); }
  void Open(PointOptions options) {
    point_.reset();
    auto opened = Point::Open(std::move(options));
    WW_ASSERT_OK(opened);
    point_ = *std::move(opened);
  }
  void Start() {
    Open();
    point_->Start();
  }
  bool Installed(const std::string& package, std::uint32_t version) {
    return site_.directory.WaitForReport(kName, package, version, Kind::kInstalled, kPatience);
  }
  stdfs::path PartOf(const content::ContentId& id) {
    return folder_ / "point/content/partial" / (id.ToText() + ".part");
  }

  // As a client with the right to read sees it.
  http::Response Get(const std::string& path) {
    http::Request request;
    request.method = "GET";
    request.target = Must(http::ParseTarget(path));
    return point_->content().Handle(request);
  }
  Bytes Content(const std::string& path) {
    const auto response = Get(path);
    const auto* const file = std::get_if<http::FileBody>(&response.body);
    if (response.status != 200 || file == nullptr) return {};
    return Must(ReadFile(RealFileSystem(), file->path, 1 << 30));
  }

  TestFolder folder_;
  Site site_{folder_ / "site"};
  std::unique_ptr<Point> point_;
};

TEST_F(PointTest, BringsWhatIsAssignedAndServesIt) {
  const auto a = RandomBytes(3'000'000, 1), b = RandomBytes(77, 2);
  site_.directory.Assign(kName,
                         site_.Package("LAB00001", 3,
                                       {site_.Add("image.wim", a), site_.Add("sub/readme.txt", b),
                                        site_.Add("sub/empty", {})}));
  Start();
  ASSERT_TRUE(Installed("LAB00001", 3));
  EXPECT_EQ(Content("/content/LAB00001/3/image.wim"), a);
  EXPECT_EQ(Content("/content/LAB00001/current/sub/readme.txt"), b);
  EXPECT_EQ(Get("/content/LAB00001/3/sub/empty").status, 200);
  for (const char* absent : {"/content/LAB00001/2/image.wim", "/content/LAB00001/3/other",
                             "/content/LAB00002/3/image.wim", "/content/LAB00001",
                             "/content/LAB00001/3x/image.wim", "/content/LAB00001/3/sub%2Fempty"}) {
    EXPECT_EQ(Get(absent).status, 404) << absent;
  }
  const auto list = Get("/content/LAB00001/current/sub");
  EXPECT_NE(std::get<std::string>(list.body).find(R"("path":"sub/readme.txt")"), std::string::npos);
  EXPECT_EQ(std::get<std::string>(list.body).find("image.wim"), std::string::npos);
  EXPECT_NE(std::get<std::string>(Get("/content/").body).find("LAB00001"), std::string::npos);
  const auto report = site_.directory.ReportOf(kName, "LAB00001");
  EXPECT_EQ(report.bytes_total, 3'000'077u);
  EXPECT_EQ(report.bytes_done, 3'000'077u);
  EXPECT_EQ(report.request, 3u);
  EXPECT_GE(report.bytes_sent, 3'000'077u);
  EXPECT_LT(report.bytes_sent, 3'010'000u);
}

TEST_F(PointTest, FetchesOnlyTailAndChangedBlocksOfANewVersion) {
  const auto old = RandomBytes(20'000'000, 1);
  site_.directory.Assign(kName, site_.Package("LAB00001", 1, {site_.Add("image.wim", old)}));
  Start();
  ASSERT_TRUE(Installed("LAB00001", 1));
  auto next = old;
  Append(next, RandomBytes(15'000'000, 2));
  next[60] ^= std::byte{1};
  site_.directory.Assign(kName, site_.Package("LAB00001", 2, {site_.Add("image.wim", next)}));
  ASSERT_TRUE(Installed("LAB00001", 2));
  EXPECT_EQ(Content("/content/LAB00001/current/image.wim"), next);
  EXPECT_LT(site_.directory.ReportOf(kName, "LAB00001").bytes_sent, 15'000'000 * 102 / 100);
}

TEST_F(PointTest, ServesTheOldVersionUntilTheNewOneIsWhole) {
  const auto old = RandomBytes(500'000, 1), next = RandomBytes(600'000, 2);
  site_.directory.Assign(kName, site_.Package("LAB00001", 1, {site_.Add("a", old)}));
  Start();
  ASSERT_TRUE(Installed("LAB00001", 1));
  const auto file = site_.Add("a", next);
  WW_ASSERT_OK(site_.library().Remove(file.stored.id));
  site_.directory.Assign(kName, site_.Package("LAB00001", 2, {file}));
  ASSERT_TRUE(site_.directory.WaitForReport(kName, "LAB00001", 2, Kind::kRetrying, kPatience));
  EXPECT_EQ(site_.directory.ReportOf(kName, "LAB00001").code, "WW_E_NOT_FOUND");
  EXPECT_EQ(Content("/content/LAB00001/current/a"), old);
  site_.Add("a", next);
  ASSERT_TRUE(Installed("LAB00001", 2));
  EXPECT_EQ(Content("/content/LAB00001/current/a"), next);
  // Then the old one goes.
  for (int i = 0; i < 600 && point_->library().List()->size() > 1; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(point_->library().List()->size(), 1u);
  EXPECT_EQ(Get("/content/LAB00001/1/a").status, 404);
}

TEST_F(PointTest, RemovesWhatTheSiteTakesAwayAndSaysSo) {
  site_.directory.Assign(kName,
                         site_.Package("LAB00001", 1, {site_.Add("a", RandomBytes(500, 1))}));
  site_.directory.Assign(kName,
                         site_.Package("LAB00002", 1, {site_.Add("a", RandomBytes(600, 2))}));
  Start();
  ASSERT_TRUE(Installed("LAB00001", 1));
  ASSERT_TRUE(Installed("LAB00002", 1));
  Assignment removal = site_.Package("LAB00001", 1, {});
  removal.remove = true;
  removal.request = 9;
  site_.directory.Assign(kName, removal);
  ASSERT_TRUE(site_.directory.WaitForReport(kName, "LAB00001", 1, Kind::kRemoved, kPatience));
  EXPECT_EQ(site_.directory.ReportOf(kName, "LAB00001").request, 9u);
  EXPECT_EQ(Get("/content/LAB00001/1/a").status, 404);
  EXPECT_EQ(Get("/content/LAB00002/1/a").status, 200);
  // Of what is not there, too.
  removal.package_id = "LAB00003";
  site_.directory.Assign(kName, removal);
  EXPECT_TRUE(site_.directory.WaitForReport(kName, "LAB00003", 1, Kind::kRemoved, kPatience));
}

TEST_F(PointTest, ReadsAgainAndHealsWhenItIsAsked) {
  const auto bytes = RandomBytes(700'000, 1);
  auto package = site_.Package("LAB00001", 1, {site_.Add("a", bytes)});
  const auto id = package.files[0].stored.id;
  site_.directory.Assign(kName, package);
  Start();
  ASSERT_TRUE(Installed("LAB00001", 1));
  const auto path = *point_->library().PathOf(id);
  stdfs::permissions(path, stdfs::perms(0644));
  auto damaged = bytes;
  damaged[5] ^= std::byte{1};
  WriteWhole(path, damaged);
  package.verify = true;
  package.request = 2;
  site_.directory.Assign(kName, package);
  for (int i = 0; i < 600; ++i) {
    const auto report = site_.directory.ReportOf(kName, "LAB00001");
    if (report.kind == Kind::kInstalled && report.request == 2) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const auto report = site_.directory.ReportOf(kName, "LAB00001");
  EXPECT_EQ(report.request, 2u);
  EXPECT_EQ(report.damaged, std::vector<content::ContentId>{id});
  EXPECT_EQ(Content("/content/LAB00001/1/a"), bytes);
}

TEST_F(PointTest, LooksAtItsStartWhetherWhatItClaimsIsThere) {
  const auto bytes = RandomBytes(700'000, 1);
  const auto file = site_.Add("a", bytes);
  site_.directory.Assign(kName, site_.Package("LAB00001", 1, {file}));
  Start();
  ASSERT_TRUE(Installed("LAB00001", 1));
  point_->Stop();
  Open();  // without its site
  EXPECT_EQ(Content("/content/LAB00001/1/a"), bytes);
  WW_ASSERT_OK(point_->library().Remove(file.stored.id));
  Open();
  EXPECT_EQ(Get("/content/LAB00001/1/a").status, 404);
  point_->Start();
  for (int i = 0; i < 600 && Get("/content/LAB00001/1/a").status != 200; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(Content("/content/LAB00001/1/a"), bytes);
}

TEST_F(PointTest, GoesOnAfterTheSiteWasAway) {
  Start();
  site_.Stop();
  const auto bytes = RandomBytes(2'000'000, 1);
  site_.directory.Assign(kName, site_.Package("LAB00001", 1, {site_.Add("a", bytes)}));
  site_.Restart();
  ASSERT_TRUE(Installed("LAB00001", 1));
}

TEST_F(PointTest, FetchesWholeWhatLocalFilesMadeWrong) {
  const auto old = RandomBytes(5'000'000, 1);
  site_.directory.Assign(kName, site_.Package("LAB00001", 1, {site_.Add("a", old)}));
  Start();
  ASSERT_TRUE(Installed("LAB00001", 1));
  // The source rots where nobody looks.
  const auto rotten = content::ContentId{Sha256(old)};
  const auto path = *point_->library().PathOf(rotten);
  stdfs::permissions(path, stdfs::perms(0644));
  auto damaged = old;
  damaged[4'000'000] ^= std::byte{1};
  WriteWhole(path, damaged);
  auto next = old;
  Append(next, RandomBytes(1'000'000, 2));
  site_.directory.Assign(kName, site_.Package("LAB00001", 2, {site_.Add("a", next)}));
  ASSERT_TRUE(Installed("LAB00001", 2));
  EXPECT_EQ(Content("/content/LAB00001/2/a"), next);
  EXPECT_FALSE(point_->library().Has(rotten));
}

TEST_F(PointTest, NeverShowsWhatIsNotWhatItsNameSays) {
  const auto bytes = RandomBytes(900'000, 1);
  auto wrong = bytes;
  wrong[800'000] ^= std::byte{1};
  site_.meddle = [&](const http::Request& r) -> std::optional<http::Response> {
    if (!r.target.path.starts_with("/distribution/v1/file/")) return std::nullopt;
    return http::Response{.body = std::string(AsText(wrong))};
  };
  site_.directory.Assign(kName, site_.Package("LAB00001", 1, {site_.Add("a", bytes)}));
  Start();
  ASSERT_TRUE(site_.directory.WaitForReport(kName, "LAB00001", 1, Kind::kRetrying, kPatience));
  EXPECT_EQ(site_.directory.ReportOf(kName, "LAB00001").code, "WW_E_VERIFICATION_FAILED");
  EXPECT_EQ(Get("/content/LAB00001/1/a").status, 404);
  EXPECT_TRUE(point_->library().List()->empty());
}

TEST_F(PointTest, ResumesAStreamThatBroke) {
  const auto bytes = RandomBytes(6'000'000, 1);
  std::atomic<int> answers{0};
  std::atomic<std::uint64_t> asked{0};
  site_.meddle = [&](const http::Request& r) -> std::optional<http::Response> {
    if (!r.target.path.starts_with("/distribution/v1/file/")) return std::nullopt;
    std::uint64_t from = 0;
    if (const auto range = r.headers.Find("Range"))
      from = std::stoull(std::string(range->substr(6)));
    asked += bytes.size() - from;
    const auto last = r.headers.Get("Range").empty() ? bytes.size() : 0;
    static_cast<void>(last);
    if (++answers > 2) return std::nullopt;
    auto response = http::Response::Stream(
        from == 0 ? 200 : 206, "application/octet-stream", [&bytes, from](http::ResponseStream& s) {
          static_cast<void>(s.Write(AsText(ByteView(bytes).subspan(from, 2'000'000))));
          static_cast<void>(s.Flush());
          return Status(Fail(Code::kIo, "cut"));
        });
    response.headers.Set("Content-Range", "bytes " + std::to_string(from) + "-" +
                                              std::to_string(bytes.size() - 1) + "/" +
                                              std::to_string(bytes.size()));
    return response;
  };
  site_.directory.Assign(kName, site_.Package("LAB00001", 1, {site_.Add("a", bytes)}));
  Start();
  ASSERT_TRUE(Installed("LAB00001", 1));
  EXPECT_EQ(Content("/content/LAB00001/1/a"), bytes);
  EXPECT_LE(asked, 6'000'000u + 4'000'000u + 2'000'000u + 600'000u);
}

TEST_F(PointTest, WithoutPlaceSaysHowMuchIsMissing) {
  auto options = Options();
  options.reserve = std::uint64_t{1} << 60;
  Open(options);
  site_.directory.Assign(kName,
                         site_.Package("LAB00001", 1, {site_.Add("a", RandomBytes(9000, 1))}));
  point_->Start();
  ASSERT_TRUE(site_.directory.WaitForReport(kName, "LAB00001", 1, Kind::kRetrying, kPatience));
  EXPECT_EQ(site_.directory.ReportOf(kName, "LAB00001").code, "WW_E_NO_SPACE");
}

TEST_F(PointTest, BringsUrgentPackagesFirst) {
  std::vector<std::string> order;
  std::mutex mutex;
  std::map<std::string, std::string> names;
  for (const auto& [id, priority] :
       {std::pair{"LAB00001", 3u}, {"LAB00002", 1u}, {"LAB00003", 2u}}) {
    auto package = site_.Package(id, 1, {site_.Add("a", AsBytes(id))});
    package.priority = priority;
    names[package.files[0].stored.id.ToText()] = id;
    site_.directory.Assign(kName, package);
  }
  site_.meddle = [&](const http::Request& r) -> std::optional<http::Response> {
    const std::lock_guard lock(mutex);
    if (r.target.segments.size() == 4 && r.target.segments[2] == "file") {
      order.push_back(names[r.target.segments[3]]);
    }
    return std::nullopt;
  };
  auto options = Options();
  options.parallel = 1;
  Open(options);
  point_->Start();
  for (const auto* id : {"LAB00001", "LAB00002", "LAB00003"}) ASSERT_TRUE(Installed(id, 1));
  const std::lock_guard lock(mutex);
  EXPECT_EQ(order, (std::vector<std::string>{"LAB00002", "LAB00003", "LAB00001"}));
}

TEST_F(PointTest, KeepsToItsRate) {
  auto options = Options();
  options.bytes_per_second = 4'000'000;
  Open(options);
  site_.directory.Assign(kName,
                         site_.Package("LAB00001", 1, {site_.Add("a", RandomBytes(4'000'000, 1))}));
  const auto begun = std::chrono::steady_clock::now();
  point_->Start();
  ASSERT_TRUE(Installed("LAB00001", 1));
  EXPECT_GT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(600));
}

TEST_F(PointTest, OfARevokedCertificateIsRefused) {
  site_.directory.Revoke(kName);
  site_.directory.Assign(kName,
                         site_.Package("LAB00001", 1, {site_.Add("a", RandomBytes(900, 1))}));
  Start();
  EXPECT_FALSE(site_.directory.WaitForReport(kName, "LAB00001", 1, Kind::kInstalled, seconds(1)));
  point_->Stop();
  WW_ASSERT_OK(Enroll({folder_ / "point"}, site_.url(), site_.Token(kName)));
  Start();
  EXPECT_TRUE(Installed("LAB00001", 1));
}

TEST_F(PointTest, TellsWhereClientsReachIt) {
  Open();
  point_->SetAddress("https://dp1.example:8444");
  point_->Start();
  for (int i = 0; i < 600 && site_.directory.AddressOf(kName).empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(site_.directory.AddressOf(kName), "https://dp1.example:8444");
}

TEST_F(PointTest, KilledAtRandomMomentsConverges) {
  auto bytes = RandomBytes(16'000'000, 1);
  std::mt19937 random(3);
  for (std::uint32_t version = 1; version <= 6; ++version) {
    Append(bytes, RandomBytes(4'000'000, version + 10));
    bytes[version * 1000] ^= std::byte{1};
    site_.directory.Assign(kName, site_.Package("LAB00001", version, {site_.Add("a", bytes)}));
    for (int kill = 0; kill < 4; ++kill) {
      const auto child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        auto options = Options();
        options.bytes_per_second = 60'000'000;
        const auto point = Point::Open(options);
        if (!point) ::_exit(1);
        (*point)->Start();
        for (;;) ::pause();
      }
      ::usleep(static_cast<useconds_t>(random() % 250'000));
      ::kill(child, SIGKILL);
      int status = 0;
      ::waitpid(child, &status, 0);
      ASSERT_TRUE(WIFSIGNALED(status));
    }
    Start();
    ASSERT_TRUE(Installed("LAB00001", version));
    EXPECT_EQ(Content("/content/LAB00001/current/a"), bytes);
    point_->Stop();
    const auto files = Must(point_->library().List());
    for (const auto& file : files) {
      WW_ASSERT_OK(point_->library().Verify(file.id));
    }
    point_.reset();
  }
}

}  // namespace
}  // namespace ww::distribution
