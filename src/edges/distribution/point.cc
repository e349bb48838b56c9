#include "wimwright/distribution/point.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <random>
#include <thread>

#include "content_handler.h"
#include "point_state.h"
#include "puller.h"
#include "rate_limit.h"
#include "site_link.h"
#include "small_file.h"
#include "wimwright/distribution/authority.h"
#include "wire.h"
#include "worker.h"

namespace ww::distribution {
namespace {

namespace stdfs = std::filesystem;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr std::string_view kComponent = "SMS_DISTRIBUTION_POINT";
constexpr milliseconds kTick{1000};
constexpr std::chrono::hours kCollectEvery{1};
constexpr std::chrono::hours kLookAtCertificateEvery{12};
constexpr std::chrono::days kRenewBefore{90};

// Wakes whoever waits, and ends their waiting for good.
class Wake {
 public:
  void Notify() {
    {
      const std::lock_guard lock(mutex_);
      ++count_;
    }
    changed_.notify_all();
  }
  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
  }
  bool stopped() const {
    const std::lock_guard lock(mutex_);
    return stopped_;
  }
  // Until Notify() was called since `seen`, which becomes the present count.
  void WaitFor(milliseconds patience, std::uint64_t& seen) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return stopped_ || count_ != seen; });
    seen = count_;
  }
  void Sleep(milliseconds patience) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [this] { return stopped_; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
  bool stopped_ = false;
};

class PointImpl final : public Point {
 public:
  PointImpl(PointOptions options, std::unique_ptr<content::Library> library)
      : options_(std::move(options)),
        metrics_(options_.metrics != nullptr ? *options_.metrics : own_metrics_),
        library_(std::move(library)),
        state_(options_.folder.state(), *options_.clock),
        puller_({.library = library_.get(),
                 .partial = options_.folder.partial(),
                 .reserve = options_.reserve,
                 .limit = &limit_,
                 .log = options_.log}),
        wire_bytes_(
            metrics_.AddCounter("ww_distribution_wire_bytes_total", "Bytes from and to the site")),
        content_(state_, *library_, options_.anonymous,
                 &metrics_.AddCounter("ww_distribution_files_served_total",
                                      "Files, or ranges of them, that clients asked for")),
        authenticator_(MakeContentAuthenticator(state_, options_.token_sha256, *options_.clock)),
        address_(options_.address) {
    const auto gauge = [this](const char* state) -> http::Gauge& {
      return metrics_.AddGauge("ww_distribution_packages", "Versions of packages",
                               {{"state", state}});
    };
    metrics_.OnCollect([this, &installed = gauge("installed"), &waiting = gauge("waiting"),
                        &failing = gauge("failing")] {
      const auto counts = state_.Count();
      installed.Set(static_cast<double>(counts.installed));
      waiting.Set(static_cast<double>(counts.waiting));
      failing.Set(static_cast<double>(counts.failing));
    });
  }
  ~PointImpl() override { Stop(); }

  Status Load() {
    WW_TRY_STATUS(state_.Load(), "distribution point");
    return state_.CheckPresence([this](const content::StoredFile& file) {
      const auto size = library_->Size(file.id);
      return size && *size == file.bytes;
    });
  }

  http::Handler& content() override { return content_; }
  http::Authenticator& authenticator() override { return *authenticator_; }
  content::Library& library() override { return *library_; }
  void SetAddress(std::string address) override { address_ = std::move(address); }

  void Start() override {
    if (started_.exchange(true)) return;
    SetRate();
    Run("poll", [this] { Poll(); });
    Run("report", [this] { Tend(); });
    for (int i = 0; i < std::clamp(options_.parallel, 1, 16); ++i) Run("work", [this] { Work(); });
  }

  void Stop() override {
    stopping_.Request();
    wake_.Stop();
    state_.CancelAll();
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  void Run(std::string_view name, std::function<void()> work) {
    threads_.emplace_back([this, name = std::string(name), work = std::move(work)] {
      // Nothing is thrown but by memory that ran out: the thread goes on after a while.
      while (!wake_.stopped()) {
        try {
          work();
        } catch (const std::exception& e) {
          options_.log->Error(kComponent, "{}: {}", name, e.what());
          wake_.Sleep(options_.retry_first);
        }
      }
    });
  }

  SiteLink Link() const {
    return SiteLink({.site_url = options_.site_url,
                     .authority = options_.folder.authority().string(),
                     .certificate = options_.folder.certificate().string()});
  }

  // first, first * 2, ... at most `retry_most`; a quarter more or less, so that the points of a
  // site that was away do not come all at once.
  milliseconds Backoff(int failures) {
    auto pause = options_.retry_first;
    for (int i = 0; i < failures && pause < options_.retry_most; ++i) pause *= 2;
    pause = std::min(pause, options_.retry_most);
    thread_local std::minstd_rand random(std::random_device{}());
    return pause * static_cast<int>(75 + random() % 51) / 100;
  }

  // --- what the site wants -----------------------------------------------------------------------
  void Poll() {
    auto link = Link();
    int failures = 0;
    std::uint64_t wire = 0;
    std::uint64_t renewed = renewals_;
    while (!wake_.stopped()) {
      if (renewals_ != renewed) {
        renewed = renewals_;
        link.Reconnect();
      }
      const auto begun = Steady::now();
      const auto known = state_.generation();
      const auto answer = link.GetAssignments(known, options_.wait, stopping_);
      wire_bytes_.Add(link.wire_bytes() - wire);
      wire = link.wire_bytes();
      if (stopping_.requested()) return;
      if (!answer) {
        // Once a series: an hour without a site is not a thousand lines.
        if (failures == 0) Warn("the site", answer.error());
        wake_.Sleep(Backoff(failures++));
        continue;
      }
      if (failures > 0) options_.log->Info(kComponent, "the site answers again");
      failures = 0;
      if (*answer) {
        if (const auto applied = state_.Apply(**answer); !applied) {
          Warn("state", applied.error());
        }
        options_.log->Info(kComponent, "the site assigns {} versions of packages",
                           (*answer)->packages.size());
        if (!known) state_.ReportEverything();
        SetRate();
        wake_.Notify();
        continue;
      }
      // A site that has no room for waits answers at once.
      const auto took = std::chrono::duration_cast<milliseconds>(Steady::now() - begun);
      if (took < std::min<milliseconds>(options_.poll, options_.wait)) {
        wake_.Sleep(options_.poll - took);
      }
    }
  }

  // --- bringing content --------------------------------------------------------------------------
  void Work() {
    auto link = Link();
    std::uint64_t seen = 0, wire = 0;
    std::uint64_t renewed = renewals_;
    const WorkerOptions worker{&state_, library_.get(), &puller_, &in_flight_, options_.log};
    while (!wake_.stopped()) {
      if (renewals_ != renewed) {
        renewed = renewals_;
        link.Reconnect();
      }
      const auto held = state_.Claim();
      if (!held) {
        wake_.WaitFor(UntilDue(), seen);
        continue;
      }
      const PackageKey key{held->assignment.package_id, held->assignment.version};
      if (stopping_.requested()) return;  // or Stop() has cancelled it
      const auto result = CarryOut(worker, *held, link);
      wire_bytes_.Add(link.wire_bytes() - wire);
      wire = link.wire_bytes();
      if (stopping_.requested()) return;
      if (!result.status && result.status.error().code != Code::kCancelled) {
        Warn(fmt::format("{} version {}", key.package_id, key.version), result.status.error());
      }
      const auto saved =
          state_.Finish(key, held->assignment.request, result.status,
                        Backoff(state_.FailuresOf(key)), result.bytes_sent, result.damaged);
      if (!saved) Warn("state", saved.error());
      wake_.Notify();
    }
  }

  milliseconds UntilDue() const {
    const auto due = state_.NextDue();
    if (!due) return std::chrono::minutes(1);
    const auto left = std::chrono::ceil<milliseconds>(*due - options_.clock->Now());
    return std::clamp(left, milliseconds(1), milliseconds(60'000));
  }

  // --- telling the site, and housekeeping --------------------------------------------------------
  void Tend() {
    auto link = Link();
    int failures = 0;
    std::uint64_t wire = 0;
    auto next_heartbeat = Steady::now();
    auto next_collect = Steady::now();
    auto next_certificate = Steady::now();
    auto next_report = Steady::now();
    while (!wake_.stopped()) {
      state_.WaitForReports(failures > 0 ? milliseconds(0) : kTick);
      if (wake_.stopped()) return;
      const auto now = Steady::now();
      bool good = true;
      if (now >= next_report) {
        good = SendReports(link);
        if (good && now >= next_heartbeat) {
          good = SendHeartbeat(link);
          next_heartbeat = now + options_.heartbeat;
        }
        // Changes of one package within a moment become one report.
        next_report = now + (good ? milliseconds(200) : Backoff(failures));
        failures = good ? 0 : failures + 1;
        wire_bytes_.Add(link.wire_bytes() - wire);
        wire = link.wire_bytes();
      }
      SetRate();
      const auto removed = state_.RemoveRetired(options_.removal_grace);
      if (removed && *removed > 0) next_collect = now;
      if (now >= next_collect) {
        Collect();
        next_collect = now + kCollectEvery;
      }
      if (now >= next_certificate) {
        RenewCertificate(link);
        next_certificate = now + kLookAtCertificateEvery;
      }
      wake_.Sleep(
          std::min<milliseconds>(kTick, std::chrono::ceil<milliseconds>(std::max(
                                            next_report - Steady::now(), Steady::duration(0)))));
    }
  }

  bool SendReports(SiteLink& link) {
    auto reports = state_.TakeReports();
    if (reports.empty()) return true;
    const auto sent = link.Post("status", ToJson(reports), stopping_);
    if (sent) return true;
    // What the site calls wrong would be wrong the next time, too.
    if (sent.error().code != Code::kCorrupt) state_.ReturnReports(std::move(reports));
    return false;
  }

  bool SendHeartbeat(SiteLink& link) {
    std::error_code error;
    const auto space = stdfs::space(options_.folder.content(), error);
    Heartbeat beat{address_, WW_VERSION, {}};
    if (!error) {
      beat.drives.push_back({options_.folder.content().string(), space.capacity, space.available});
    }
    return link.Post("heartbeat", ToJson(beat), stopping_).has_value();
  }

  void SetRate() {
    const auto time = std::chrono::system_clock::to_time_t(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(options_.clock->Now()));
    std::tm local{};
    if (::localtime_r(&time, &local) == nullptr) return;
    const auto own = RateAt(options_.hours, local.tm_hour, options_.bytes_per_second);
    limit_.SetRate(Stricter(own, state_.bytes_per_second()));
  }

  void Collect() {
    const auto live = state_.Live();
    const auto garbage = library_->CollectGarbage(
        [&live](const content::ContentId& id) { return live.contains(id); },
        options_.removal_grace);
    if (!garbage) return Warn("garbage collection", garbage.error());
    std::error_code error;
    for (const auto& entry : stdfs::directory_iterator(options_.folder.partial(), error)) {
      const auto id = content::ContentId::FromText(entry.path().stem().string());
      std::error_code ignored;
      if (!id || !live.contains(*id)) stdfs::remove(entry.path(), ignored);
    }
  }

  void RenewCertificate(SiteLink& link) {
    const auto pem = ReadText(options_.folder.certificate(), 1 << 20);
    const auto expiry = pem ? ExpiryOfPem(*pem) : Result<TimePoint>(Fail(pem.error()));
    if (!expiry) return Warn("certificate", expiry.error());
    if (*expiry - options_.clock->Now() > kRenewBefore) return;
    const auto renew = [&]() -> Status {
      WW_TRY(const auto made, MakeKeyAndRequest(), "renewal");
      WW_TRY(const auto text, link.PostForAnswer("renew", made.request_pem, stopping_), "renewal");
      WW_TRY(const auto answer, ParseEnrollmentAnswer(text), "renewal");
      return ReplaceText(options_.folder.certificate(), answer.certificate_pem + made.key_pem);
    };
    if (const auto done = renew(); !done) return Warn("renewal of the certificate", done.error());
    options_.log->Info(kComponent, "the certificate was renewed");
    ++renewals_;
    link.Reconnect();
  }

  void Warn(std::string_view what, const Error& error) const {
    options_.log->Warning(kComponent, "{}: {} ({})", what, error.message, CodeName(error.code));
  }

  const PointOptions options_;
  http::Metrics own_metrics_;
  http::Metrics& metrics_;
  const std::unique_ptr<content::Library> library_;
  PointState state_;
  RateLimit limit_;
  InFlight in_flight_;
  const Puller puller_;
  http::Counter& wire_bytes_;
  ContentHandler content_;
  const std::unique_ptr<http::Authenticator> authenticator_;
  std::string address_;
  Wake wake_;
  Cancellation stopping_;
  std::atomic<bool> started_{false};
  std::atomic<std::uint64_t> renewals_{0};
  std::vector<std::thread> threads_;
};

}  // namespace

Result<std::unique_ptr<Point>> Point::Open(PointOptions options) {
  std::error_code error;
  if (!stdfs::exists(options.folder.certificate(), error)) {
    return Fail(
        Error{Code::kNotFound,
              fmt::format("{} is no enrolled distribution point", options.folder.dir.string()),
              "Enroll it: wimwrightd point init --data DIR --site URL --token TOKEN", 0});
  }
  WW_TRY(auto library,
         content::OpenFolderLibrary({.dir = options.folder.content(),
                                     .clock = options.clock,
                                     .log = options.log,
                                     .reserve = options.reserve}),
         "content library");
  stdfs::create_directories(options.folder.partial(), error);
  if (error) return Fail(Code::kIo, options.folder.partial().string() + ": " + error.message());
  auto point = std::make_unique<PointImpl>(std::move(options), std::move(library));
  WW_RETURN_IF_ERROR(point->Load());
  return point;
}

}  // namespace ww::distribution
