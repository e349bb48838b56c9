#include "wimwright/distribution/site_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>

#include "wimwright/base/text.h"
#include "wimwright/base/windows_code.h"
#include "wire.h"

namespace ww::distribution {
namespace {

constexpr std::string_view kComponent = "SMS_DISTRIBUTION_MANAGER";
constexpr std::string_view kPrefix = "/distribution/v1/";
constexpr std::uint64_t kMostBody = 16 << 20;
constexpr std::chrono::seconds kMostWait{50};
// Waits take a worker each. Points that find no room ask again after their poll interval.
constexpr int kMostWaiting = 32;

int StatusOf(Code code) {
  switch (code) {
    case Code::kCorrupt:
    case Code::kUnsupported:
    case Code::kLimit:
      return 400;
    case Code::kUsage:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kBusy:
    case Code::kCancelled:
      return 503;
    default:
      return 500;
  }
}

http::Response Refuse(const Error& error) {
  const bool later = error.hresult == kServerUnavailable || error.hresult == kOutcomeUnknown;
  return http::Response::Text(later ? 503 : StatusOf(error.code), error.message + "\n");
}
http::Response Refuse(int status, std::string_view text) {
  return http::Response::Text(status, std::string(text) + "\n");
}

class Impl final : public SiteHandler {
 public:
  explicit Impl(SiteOptions options) : options_(std::move(options)) {}

  void Stop() override { stopping_.Request(); }

  http::Treatment TreatmentOf(const http::Request& head) const override {
    // Users are points, known by their certificates; this handler looks itself.
    http::Treatment treatment{.needs_user = false, .max_body = 64 << 10};
    if (!head.peer.client_certificate.empty()) treatment.max_body = kMostBody;
    return treatment;
  }

  http::Response Handle(const http::Request& request) override {
    const auto& path = request.target.path;
    if (!path.starts_with(kPrefix)) return Refuse(404, "not found");
    const auto what = std::string_view(path).substr(kPrefix.size());
    const bool get = request.method == "GET" || request.method == "HEAD";
    const bool post = request.method == "POST";
    if (get && what == "authority") {
      return {.headers = {{"Content-Type", "application/x-pem-file"}},
              .body = options_.authority->certificate_pem()};
    }
    if (post && what == "enroll") return Enroll(request);
    if (request.peer.client_certificate.empty()) {
      return Refuse(401, "a certificate of a distribution point is needed");
    }
    const auto point = options_.directory->Identify(request.peer.client_certificate);
    if (!point) {
      if (point.error().code != Code::kNotFound) return Refuse(point.error());
      options_.log->Warning(kComponent, "refused a certificate of no point from {}: {}",
                            request.peer.address, request.peer.client_certificate);
      return Refuse(403, "this certificate is not a distribution point's, or not any more");
    }
    if (get && what == "assignments") return GetAssignments(*point, request);
    if (get && what.starts_with("file/")) return GetFile(*point, what.substr(5));
    if (get && what.starts_with("blocks/")) return GetBlocks(*point, what.substr(7));
    if (post && what == "status") return PostStatus(*point, request);
    if (post && what == "heartbeat") return PostHeartbeat(*point, request);
    if (post && what == "renew") return Renew(*point, request);
    return Refuse(404, "not found");
  }

 private:
  http::Response Enroll(const http::Request& request) {
    const auto wish = ParseEnrollmentRequest(request.body);
    if (!wish) return Refuse(wish.error());
    const auto refuse = [&](const Error& error) {
      options_.log->Warning(kComponent, "enrollment from {} refused: {}", request.peer.address,
                            error.message);
      return Refuse(error);
    };
    const auto expected = options_.directory->CheckToken(wish->word);
    if (!expected) return refuse(expected.error());
    const auto made = options_.authority->SignPoint(wish->request_pem, expected->server_name,
                                                    options_.certificate_validity);
    if (!made) return refuse(made.error());
    const auto point = options_.directory->Enroll(wish->word, made->certificate);
    if (!point) return refuse(point.error());
    options_.log->Info(kComponent, "{} enrolled from {}; its certificate is {}", point->id,
                       request.peer.address, made->certificate.fingerprint);
    return http::Response::Json(
        200, ToJson(EnrollmentAnswer{point->id, point->server_name, made->certificate_pem}));
  }

  http::Response Renew(const PointIdentity& point, const http::Request& request) {
    const auto made = options_.authority->SignPoint(request.body, point.server_name,
                                                    options_.certificate_validity);
    if (!made) return Refuse(made.error());
    if (const auto done = options_.directory->Replace(point.id, made->certificate); !done) {
      return Refuse(done.error());
    }
    options_.log->Info(kComponent, "{} renewed its certificate: {}", point.id,
                       made->certificate.fingerprint);
    return http::Response::Json(
        200, ToJson(EnrollmentAnswer{point.id, point.server_name, made->certificate_pem}));
  }

  http::Response GetAssignments(const PointIdentity& point, const http::Request& request) {
    auto known = request.headers.Get("If-None-Match");
    std::uint64_t generation = 0;
    bool has_known = false;
    if (known.size() > 2 && known.front() == '"' && known.back() == '"') {
      known = known.substr(1, known.size() - 2);
      const auto end = known.data() + known.size();
      const auto [at, error] = std::from_chars(known.data(), end, generation);
      has_known = error == std::errc() && at == end;
    }
    if (has_known) {
      const Waiting waiting(waiting_);
      const auto patience = waiting.granted() ? WaitOf(request) : std::chrono::milliseconds(0);
      const auto now = options_.directory->WaitForChange(point.id, generation, patience, stopping_);
      if (!now) return Refuse(now.error());
      if (*now == generation) {
        return {.status = 304, .headers = {{"ETag", fmt::format("\"{}\"", generation)}}};
      }
    }
    const auto assignments = options_.directory->AssignmentsOf(point.id);
    if (!assignments) return Refuse(assignments.error());
    auto response = http::Response::Json(200, ToJson(*assignments));
    response.headers.Set("ETag", fmt::format("\"{}\"", assignments->generation));
    return response;
  }

  static std::chrono::milliseconds WaitOf(const http::Request& request) {
    const auto query = http::ParseQuery(request.target.query);
    if (!query) return {};
    for (const auto& [name, value] : *query) {
      int seconds = 0;
      if (name != "wait") continue;
      std::from_chars(value.data(), value.data() + value.size(), seconds);
      return std::min<std::chrono::milliseconds>(std::chrono::seconds(std::max(seconds, 0)),
                                                 kMostWait);
    }
    return {};
  }

  // What a point may not have is as if it did not exist.
  std::optional<content::ContentId> Readable(const PointIdentity& point, std::string_view text) {
    const auto id = content::ContentId::FromText(text);
    if (!id) return std::nullopt;
    const auto may = options_.directory->MayRead(point.id, *id);
    if (!may || !*may) return std::nullopt;
    return id;
  }

  http::Response GetFile(const PointIdentity& point, std::string_view text) {
    const auto id = Readable(point, text);
    const auto path = id ? options_.library->PathOf(*id) : std::nullopt;
    if (!path) return Refuse(404, "there is no such content");
    return {.headers = {{"Content-Type", "application/octet-stream"}},
            .body = http::FileBody{*path, fmt::format("\"{}\"", text)}};
  }

  http::Response GetBlocks(const PointIdentity& point, std::string_view text) {
    const auto id = Readable(point, text);
    if (!id) return Refuse(404, "there is no such content");
    const auto map = options_.library->Blocks(*id);
    if (!map) return Refuse(map.error());
    return {.headers = {{"Content-Type", "application/octet-stream"}},
            .body = std::string(AsText(content::EncodeBlockMap(*map)))};
  }

  http::Response PostStatus(const PointIdentity& point, const http::Request& request) {
    const auto reports = ParseReports(request.body);
    if (!reports) return Refuse(reports.error());
    if (const auto done = options_.directory->Report(point.id, *reports); !done) {
      return Refuse(done.error());
    }
    return {.status = 204};
  }

  http::Response PostHeartbeat(const PointIdentity& point, const http::Request& request) {
    const auto heartbeat = ParseHeartbeat(request.body);
    if (!heartbeat) return Refuse(heartbeat.error());
    const auto done = options_.directory->Seen(point.id, heartbeat->address, heartbeat->software,
                                               heartbeat->drives);
    if (!done) return Refuse(done.error());
    return {.status = 204};
  }

  class Waiting {
   public:
    explicit Waiting(std::atomic<int>& count) : count_(count), granted_(++count <= kMostWaiting) {}
    ~Waiting() { --count_; }
    bool granted() const { return granted_; }

   private:
    std::atomic<int>& count_;
    const bool granted_;
  };

  const SiteOptions options_;
  Cancellation stopping_;
  std::atomic<int> waiting_{0};
};

}  // namespace

std::unique_ptr<SiteHandler> SiteHandler::Make(SiteOptions options) {
  return std::make_unique<Impl>(std::move(options));
}

}  // namespace ww::distribution
