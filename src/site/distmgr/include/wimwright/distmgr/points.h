// Distribution points as their servers see the site: who they are, what they should have, and what
// they say of it. Whoever speaks with them (HTTP) stands above and knows certificates and sockets.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/progress.h"
#include "wimwright/distmgr/versions.h"

namespace ww::distmgr {

// A point's certificate, as whoever signs it tells.
struct PointCertificate {
  std::string fingerprint;  // SHA-256 of the DER form: 64 lower-case hexadecimal digits
  std::string serial;       // hexadecimal
  TimePoint expires;
};

struct PointIdentity {
  std::string nal_path;     // SMS_DistributionPointInfo.NALPath: what it is called everywhere here
  std::string server_name;  // the name in its certificate
};

struct Assignment {
  std::string package_id;
  std::string name;           // of the package, for people
  std::uint32_t version = 0;  // SourceVersion
  // Another number means that the site wants it to be looked at again, even if the version is the
  // same: redistribution (RefreshNow) and VerifyPackage raise it.
  std::uint64_t request = 0;
  bool verify = false;         // read again what is there, and heal it
  bool remove = false;         // take it away and report kRemoved; `files` is empty
  std::uint32_t priority = 2;  // of the package: 1 high, 2 normal, 3 low
  std::vector<PackageFile> files;
};

struct Assignments {
  std::uint64_t generation = 0;  // another one whenever anything here changed
  // What a point has and does not find here goes too; nobody waits for a report of that.
  std::vector<Assignment> packages;
  // SMS_DistributionPointInfo: Priority 1 high, 2 normal, 3 low; 0 bytes per second: no limit.
  std::uint32_t priority = 2;
  std::uint64_t bytes_per_second = 0;
  // Who may download from the point: everybody, or whoever shows a token with one of these SHA-256
  // digests (lower-case hexadecimal).
  bool anonymous = false;
  std::vector<std::string> token_sha256;
};

// Numbers of WW_DistributionProgress.State.
enum class ProgressState : std::uint32_t {
  kWaiting = 0,       // its turn in a staged rollout comes later
  kPending = 1,       // the point has not begun
  kTransferring = 2,  // it is fetching
  kInstalled = 3,
  kRetrying = 4,  // it failed and tries again
  kFailed = 5,    // it gave up
  kRemoving = 6,
  kCancelled = 7,
};

// What a point says of one package.
struct PointReport {
  enum class Kind { kTransferring, kInstalled, kRetrying, kFailed, kRemoved, kRemovalFailed };
  std::string package_id;
  std::uint32_t version = 0;
  std::uint64_t request = 0;  // the assignment's
  Kind kind = Kind::kTransferring;
  std::uint64_t bytes_total = 0;  // of the version
  std::uint64_t bytes_done = 0;   // of these there already
  std::uint64_t bytes_sent = 0;   // over the wire for this version so far
  std::string problem = {};       // of failures
  std::uint32_t win32_error = 0;
  // Contents that were damaged there, when it looked.
  std::vector<content::ContentId> damaged = {};
};

struct PointDrive {
  std::string drive;  // "C", or the folder
  std::uint64_t bytes_total = 0, bytes_free = 0;
};

// Thread-safe; every call is a transaction of its own.
class Points {
 public:
  virtual ~Points() = default;

  // A word that lets one server become this point, once, until `life` has passed. Earlier ones of
  // the point end. kNotFound: the site has no such point (`point`: NAL path or name of the server).
  virtual Result<std::string> CreateToken(std::string_view point, std::chrono::seconds life) = 0;
  // Who the token is for, without using it up: before anything is signed. kUsage: unknown, used or
  // expired, and no difference is told.
  virtual Result<PointIdentity> CheckToken(std::string_view token) = 0;
  // Uses the token up; from now on `certificate` is the point's and an earlier one is not.
  virtual Result<PointIdentity> Enroll(std::string_view token,
                                       const PointCertificate& certificate) = 0;
  // A point renews its certificate.
  virtual Status Replace(std::string_view nal_path, const PointCertificate& certificate) = 0;
  // Whose certificate it is. kNotFound: nobody's, or it was revoked or has expired.
  virtual Result<PointIdentity> Identify(std::string_view fingerprint) = 0;
  virtual Status Revoke(std::string_view point) = 0;

  virtual Result<Assignments> AssignmentsOf(std::string_view nal_path) = 0;
  // Waits until the generation is another one than `known`, at most as long as `patience`. Answers
  // the generation. Changes made by other servers are seen some seconds later.
  virtual Result<std::uint64_t> WaitForChange(std::string_view nal_path, std::uint64_t known,
                                              std::chrono::milliseconds patience,
                                              const Cancellation& cancelled) = 0;
  // Whether a version that this point is to have contains it. What it may not have is as if it
  // did not exist.
  virtual Result<bool> MayRead(std::string_view nal_path, const content::ContentId& id) = 0;

  // A report about something that is no longer asked for changes nothing and is no error.
  virtual Status Report(std::string_view nal_path, const std::vector<PointReport>& reports) = 0;
  // The point is alive; `address`: where clients reach it (https://host:port).
  virtual Status Seen(std::string_view nal_path, std::string_view address,
                      std::string_view software_version, const std::vector<PointDrive>& drives) = 0;
};

}  // namespace ww::distmgr
