// The site's own small certificate authority: it signs the certificates of its distribution points
// and that of the listener they speak with, nothing else.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/distribution/point_directory.h"

namespace ww::distribution {

struct SignedPoint {
  std::string certificate_pem;
  PointCertificate certificate;
};

// A key of a point and the request for its certificate.
struct KeyAndRequest {
  std::string key_pem, request_pem;
};
Result<KeyAndRequest> MakeKeyAndRequest();

// Thread-safe.
class Authority {
 public:
  // DIR/distribution-ca.pem and -ca.key, made when they are not there (mode 0600).
  static Result<std::unique_ptr<Authority>> Open(const std::filesystem::path& dir,
                                                 const Clock& clock = SystemClock());
  virtual ~Authority() = default;

  virtual const std::filesystem::path& certificate_path() const = 0;
  virtual const std::string& certificate_pem() const = 0;
  // SHA-256 of its DER form, lower-case hexadecimal.
  virtual const std::string& fingerprint() const = 0;

  // A certificate for the request's key that proves a client, and nothing the request wishes
  // beside. kCorrupt: not a request, or not signed by its key; kUnsupported: a weak key.
  virtual Result<SignedPoint> SignPoint(std::string_view request_pem, std::string_view name,
                                        std::chrono::days validity) = 0;

  // Writes key and certificate of a server for those names, unless the files are there and good for
  // another half a year.
  virtual Status EnsureServer(const std::vector<std::string>& names,
                              const std::filesystem::path& certificate,
                              const std::filesystem::path& key) = 0;
};

// SHA-256 of the first certificate's DER form, lower-case hexadecimal.
Result<std::string> FingerprintOfPem(std::string_view certificate_pem);

// When the first certificate ends.
Result<TimePoint> ExpiryOfPem(std::string_view certificate_pem);

}  // namespace ww::distribution
