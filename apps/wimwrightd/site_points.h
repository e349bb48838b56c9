// The distribution manager's points in the words of their HTTP routes.
#pragma once

#include "wimwright/distmgr/points.h"
#include "wimwright/distribution/point_directory.h"

namespace ww::server {

class SitePoints final : public distribution::PointDirectory {
 public:
  explicit SitePoints(distmgr::Points& points) : points_(points) {}

  Result<distribution::PointIdentity> CheckToken(std::string_view word) override;
  Result<distribution::PointIdentity> Enroll(
      std::string_view word, const distribution::PointCertificate& certificate) override;
  Result<distribution::PointIdentity> Identify(std::string_view fingerprint) override;
  Status Replace(std::string_view id, const distribution::PointCertificate& certificate) override;
  Result<distribution::Assignments> AssignmentsOf(std::string_view id) override;
  Result<std::uint64_t> WaitForChange(std::string_view id, std::uint64_t known,
                                      std::chrono::milliseconds patience,
                                      const Cancellation& cancelled) override;
  Result<bool> MayRead(std::string_view id, const content::ContentId& content) override;
  Status Report(std::string_view id,
                const std::vector<distribution::PointReport>& reports) override;
  Status Seen(std::string_view id, std::string_view address, std::string_view software,
              const std::vector<distribution::PointDrive>& drives) override;

 private:
  distmgr::Points& points_;
};

}  // namespace ww::server
