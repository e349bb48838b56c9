// The points of a site over its database.
#pragma once

#include <condition_variable>
#include <mutex>

#include "dispatch.h"
#include "wimwright/distmgr/points.h"

namespace ww::distmgr {

class PointRegistry final : public Points {
 public:
  explicit PointRegistry(Core& core) : core_(core) {}

  Result<std::string> CreateToken(std::string_view point, std::chrono::seconds life) override;
  Result<PointIdentity> CheckToken(std::string_view token) override;
  Result<PointIdentity> Enroll(std::string_view token,
                               const PointCertificate& certificate) override;
  Status Replace(std::string_view nal_path, const PointCertificate& certificate) override;
  Result<PointIdentity> Identify(std::string_view fingerprint) override;
  Status Revoke(std::string_view point) override;
  Result<Assignments> AssignmentsOf(std::string_view nal_path) override;
  Result<std::uint64_t> WaitForChange(std::string_view nal_path, std::uint64_t known,
                                      std::chrono::milliseconds patience,
                                      const Cancellation& cancelled) override;
  Result<bool> MayRead(std::string_view nal_path, const content::ContentId& id) override;
  Status Report(std::string_view nal_path, const std::vector<PointReport>& reports) override;
  Status Seen(std::string_view nal_path, std::string_view address,
              std::string_view software_version, const std::vector<PointDrive>& drives) override;

  // Something may have changed for somebody: whoever waits looks again.
  void Wake();
  // Inside a transaction, for the methods of WW_DistributionPointEnrolment.
  struct Token {
    std::string text;
    TimePoint expires;
  };
  Result<Token> MakeToken(provider::Call& call, std::string_view point, std::chrono::seconds life);
  Status RevokeIn(provider::Call& call, std::string_view point);
  // The point is no longer one.
  Status ForgetIn(provider::Call& call, std::string_view nal_path);

 private:
  Result<PointIdentity> OwnerOf(provider::Call& call, std::string_view token);
  Status SetCertificate(provider::Call& call, const PointIdentity& point,
                        const PointCertificate& certificate);
  Status Apply(provider::Call& call, std::string_view nal_path, const PointReport& report);

  Core& core_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t wakes_ = 0;
};

}  // namespace ww::distmgr
