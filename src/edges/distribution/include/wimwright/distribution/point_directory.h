// What the site knows of its distribution points, as their HTTP routes need it: who they are, what
// they should have, and where goes what they say. The site implements it over its database,
// memory_directory.h for tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/progress.h"
#include "wimwright/content/content_id.h"

namespace ww::distribution {

struct PointCertificate {
  std::string fingerprint;  // SHA-256 of the DER form: 64 lower-case hexadecimal digits
  std::string serial;       // hexadecimal
  TimePoint expires;
};

struct PointIdentity {
  std::string id;           // what the site calls it: the NAL path
  std::string server_name;  // for people
};

struct ContentFile {
  std::string path;  // inside the package, '/' between segments
  content::StoredFile stored;
  bool operator==(const ContentFile&) const = default;
};

struct Assignment {
  std::string package_id;
  std::string name;           // of the package, for people
  std::uint32_t version = 0;  // SourceVersion
  // Another number: look at it again even if the version is the same.
  std::uint64_t request = 0;
  bool verify = false;         // read again what is there, and heal it
  bool remove = false;         // take it away and say so; without files
  std::uint32_t priority = 2;  // 1 high, 2 normal, 3 low
  std::vector<ContentFile> files;
  bool operator==(const Assignment&) const = default;
};

// Who may download content from points.
struct ContentAccess {
  bool anonymous = false;
  std::vector<std::string> token_sha256;  // of bearer tokens, lower-case hexadecimal
  bool operator==(const ContentAccess&) const = default;
};

struct Assignments {
  std::uint64_t generation = 0;  // another one whenever anything here changed
  // What a point has and does not find here goes too, without a report.
  std::vector<Assignment> packages;
  std::uint64_t bytes_per_second = 0;  // 0: no limit but the point's own
  ContentAccess access;
};

// What a point says of one package.
struct PointReport {
  enum class Kind { kTransferring, kInstalled, kRetrying, kFailed, kRemoved, kRemovalFailed };
  std::string package_id;
  std::uint32_t version = 0;
  std::uint64_t request = 0;  // the assignment's
  Kind kind = Kind::kTransferring;
  std::uint64_t bytes_total = 0;                 // of the version
  std::uint64_t bytes_done = 0;                  // of these there already
  std::uint64_t bytes_sent = 0;                  // over the wire for this version so far
  std::string code = {};                         // CodeName() of failures
  std::string problem = {};                      // their sentence
  std::vector<content::ContentId> damaged = {};  // found when it looked
  bool operator==(const PointReport&) const = default;
};

struct PointDrive {
  std::string drive;  // the folder
  std::uint64_t bytes_total = 0, bytes_free = 0;
};

// Thread-safe; calls may wait for a database.
class PointDirectory {
 public:
  virtual ~PointDirectory() = default;

  // Who the word of a token is for, without using it up: before anything is signed. kUsage:
  // unknown, used or expired, and no difference is told.
  virtual Result<PointIdentity> CheckToken(std::string_view word) = 0;
  // Uses the word up; from now on `certificate` is the point's and an earlier one is not.
  virtual Result<PointIdentity> Enroll(std::string_view word,
                                       const PointCertificate& certificate) = 0;
  // Whose certificate it is. kNotFound: nobody's, or it was revoked or has expired.
  virtual Result<PointIdentity> Identify(std::string_view fingerprint) = 0;
  // A point renews its certificate; the earlier one ends.
  virtual Status Replace(std::string_view id, const PointCertificate& certificate) = 0;

  virtual Result<Assignments> AssignmentsOf(std::string_view id) = 0;
  // Waits until the generation is another one than `known`, at most as long as `patience`. Answers
  // the generation.
  virtual Result<std::uint64_t> WaitForChange(std::string_view id, std::uint64_t known,
                                              std::chrono::milliseconds patience,
                                              const Cancellation& cancelled) = 0;
  // Whether something assigned to the point contains it.
  virtual Result<bool> MayRead(std::string_view id, const content::ContentId& content) = 0;

  // About something that is no longer asked for: changes nothing and is no error.
  virtual Status Report(std::string_view id, const std::vector<PointReport>& reports) = 0;
  // The point is alive; `address`: where clients reach it (https://host:port).
  virtual Status Seen(std::string_view id, std::string_view address, std::string_view software,
                      const std::vector<PointDrive>& drives) = 0;
};

}  // namespace ww::distribution
