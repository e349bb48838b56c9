// A directory of points in memory: for tests and benchmarks.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

#include "wimwright/distribution/point_directory.h"

namespace ww::distribution {

class MemoryDirectory final : public PointDirectory {
 public:
  explicit MemoryDirectory(const Clock& clock = SystemClock()) : clock_(clock) {}

  // Makes the point if there is none of that name; answers the word of a token.
  std::string CreateToken(std::string_view point, std::chrono::seconds life);
  void Revoke(std::string_view point);
  void Assign(std::string_view point, Assignment assignment);  // in place of the package's others
  void Forget(std::string_view point, std::string_view package_id);
  void SetAccess(std::string_view point, ContentAccess access);
  void SetLimit(std::string_view point, std::uint64_t bytes_per_second);
  // The latest report of a package; one of version 0 before any.
  PointReport ReportOf(std::string_view point, std::string_view package_id) const;
  // Waits until the latest report of the package is of that version and kind.
  bool WaitForReport(std::string_view point, std::string_view package_id, std::uint32_t version,
                     PointReport::Kind kind, std::chrono::seconds patience) const;
  std::string AddressOf(std::string_view point) const;

  Result<PointIdentity> CheckToken(std::string_view word) override;
  Result<PointIdentity> Enroll(std::string_view word, const PointCertificate& certificate) override;
  Result<PointIdentity> Identify(std::string_view fingerprint) override;
  Status Replace(std::string_view id, const PointCertificate& certificate) override;
  Result<Assignments> AssignmentsOf(std::string_view id) override;
  Result<std::uint64_t> WaitForChange(std::string_view id, std::uint64_t known,
                                      std::chrono::milliseconds patience,
                                      const Cancellation& cancelled) override;
  Result<bool> MayRead(std::string_view id, const content::ContentId& content) override;
  Status Report(std::string_view id, const std::vector<PointReport>& reports) override;
  Status Seen(std::string_view id, std::string_view address, std::string_view software,
              const std::vector<PointDrive>& drives) override;

 private:
  struct Point {
    std::string word;
    TimePoint word_expires;
    std::string fingerprint, address;
    Assignments assignments;
    std::map<std::string, PointReport, std::less<>> reports;
  };
  Point* Find(std::string_view id);
  std::map<std::string, Point, std::less<>>::iterator FindWord(std::string_view word);
  void Changed(Point& point);

  const Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::string, Point, std::less<>> points_;
};

}  // namespace ww::distribution
