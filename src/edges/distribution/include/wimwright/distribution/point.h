// A distribution point: fetches what the site assigns to it, and gives it to clients.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/log.h"
#include "wimwright/content/library.h"
#include "wimwright/http/authenticator.h"
#include "wimwright/http/handler.h"
#include "wimwright/http/metrics.h"

namespace ww::distribution {

// The folder of a point:
//   tls/point.pem                    its key and certificate for the site, from enrollment
//   tls/site-ca.pem                  the site's authority
//   state.json                       what it should have, what it has
//   content/                         its content library; content/partial: what is on its way
struct PointFolder {
  std::filesystem::path dir;
  // Both in one file, so that one rename replaces both.
  std::filesystem::path certificate() const { return dir / "tls" / "point.pem"; }
  std::filesystem::path authority() const { return dir / "tls" / "site-ca.pem"; }
  std::filesystem::path state() const { return dir / "state.json"; }
  std::filesystem::path content() const { return dir / "content"; }
  std::filesystem::path partial() const { return content() / "partial"; }
};

struct EnrollmentResult {
  std::string id, server_name;  // as the site calls the point
};
// Makes key and request, proves by the token that `site_url` is the site, and gets the certificate.
// May be done again with a new token: the earlier certificate ends. kUsage: not a token, or the
// site refuses it; kVerificationFailed: another server answers there; kIo.
Result<EnrollmentResult> Enroll(const PointFolder& folder, const std::string& site_url,
                                std::string_view token);

// Local time; from 22 to 6 passes midnight. The first that fits counts.
struct RateHours {
  int from = 0, to = 24;
  std::uint64_t bytes_per_second = 0;  // 0: no limit
};

struct PointOptions {
  PointFolder folder;
  std::string site_url;  // https://host:port of the site's listener for points
  std::string address;   // where clients reach this point; told to the site
  std::uint64_t bytes_per_second = 0;
  std::vector<RateHours> hours;
  int parallel = 2;  // packages at a time
  std::uint64_t reserve = 256 << 20;
  std::chrono::seconds wait{25};          // for a change, at the site
  std::chrono::milliseconds poll{5'000};  // between questions when the site does not let it wait
  std::chrono::milliseconds retry_first{1'000}, retry_most{300'000};
  std::chrono::seconds removal_grace{60};
  std::chrono::seconds heartbeat{60};
  // Beside what the site says.
  bool anonymous = false;
  std::vector<std::string> token_sha256;
  Logger* log = &NullLogger();
  const Clock* clock = &SystemClock();
  http::Metrics* metrics = nullptr;
};

// GET, HEAD /content/<PackageID>/<version or "current">/<path>: ranges, ETag is the digest; a
// folder, and /content/ itself, is answered as a list in JSON. "current" is the highest version
// that is all there.
class Point {
 public:
  // Reads its state and looks whether what it claims to have is there. kNotFound: not enrolled.
  static Result<std::unique_ptr<Point>> Open(PointOptions options);
  virtual ~Point() = default;  // stops

  virtual http::Handler& content() = 0;
  virtual http::Authenticator& authenticator() = 0;
  virtual content::Library& library() = 0;
  // Known only when the server listens; before Start().
  virtual void SetAddress(std::string address) = 0;

  // Begins to speak with the site.
  virtual void Start() = 0;
  virtual void Stop() = 0;
};

}  // namespace ww::distribution
