#include "site_points.h"

namespace ww::server {
namespace {

using distribution::PointIdentity;

PointIdentity Translate(const distmgr::PointIdentity& point) {
  return {point.nal_path, point.server_name};
}
distmgr::PointCertificate Translate(const distribution::PointCertificate& certificate) {
  return {certificate.fingerprint, certificate.serial, certificate.expires};
}

// What administrators search for: Win32 numbers.
std::uint32_t Win32Of(std::string_view code) {
  constexpr std::uint32_t kFileNotFound = 2, kCrc = 23, kDiskFull = 112, kCancelled = 1223,
                          kConnectionInvalid = 1229, kAccessDenied = 5;
  if (code.empty()) return 0;
  if (code == CodeName(Code::kNotFound)) return kFileNotFound;
  if (code == CodeName(Code::kVerificationFailed)) return kCrc;
  if (code == CodeName(Code::kNoSpace)) return kDiskFull;
  if (code == CodeName(Code::kCancelled)) return kCancelled;
  if (code == CodeName(Code::kUsage)) return kAccessDenied;
  return kConnectionInvalid;
}

distmgr::PointReport Translate(const distribution::PointReport& report) {
  using From = distribution::PointReport::Kind;
  using To = distmgr::PointReport::Kind;
  distmgr::PointReport out;
  out.package_id = report.package_id;
  out.version = report.version;
  out.request = report.request;
  switch (report.kind) {
    case From::kTransferring:
      out.kind = To::kTransferring;
      break;
    case From::kInstalled:
      out.kind = To::kInstalled;
      break;
    case From::kRetrying:
      out.kind = To::kRetrying;
      break;
    case From::kFailed:
      out.kind = To::kFailed;
      break;
    case From::kRemoved:
      out.kind = To::kRemoved;
      break;
    case From::kRemovalFailed:
      out.kind = To::kRemovalFailed;
      break;
  }
  out.bytes_total = report.bytes_total;
  out.bytes_done = report.bytes_done;
  out.bytes_sent = report.bytes_sent;
  out.problem = report.problem;
  out.win32_error = Win32Of(report.code);
  out.damaged = report.damaged;
  return out;
}

}  // namespace

Result<PointIdentity> SitePoints::CheckToken(std::string_view word) {
  return points_.CheckToken(word).map(
      [](const distmgr::PointIdentity& point) { return Translate(point); });
}

Result<PointIdentity> SitePoints::Enroll(std::string_view word,
                                         const distribution::PointCertificate& certificate) {
  return points_.Enroll(word, Translate(certificate)).map([](const distmgr::PointIdentity& point) {
    return Translate(point);
  });
}

Result<PointIdentity> SitePoints::Identify(std::string_view fingerprint) {
  return points_.Identify(fingerprint).map([](const distmgr::PointIdentity& point) {
    return Translate(point);
  });
}

Status SitePoints::Replace(std::string_view id, const distribution::PointCertificate& certificate) {
  return points_.Replace(id, Translate(certificate));
}

Result<distribution::Assignments> SitePoints::AssignmentsOf(std::string_view id) {
  WW_TRY(const auto from, points_.AssignmentsOf(id), "assignments");
  distribution::Assignments out;
  out.generation = from.generation;
  out.bytes_per_second = from.bytes_per_second;
  out.access = {from.anonymous, from.token_sha256};
  for (const auto& package : from.packages) {
    distribution::Assignment assignment;
    assignment.package_id = package.package_id;
    assignment.name = package.name;
    assignment.version = package.version;
    assignment.request = package.request;
    assignment.verify = package.verify;
    assignment.remove = package.remove;
    assignment.priority = package.priority;
    for (const auto& file : package.files) {
      assignment.files.push_back({file.path, {file.id, file.bytes}});
    }
    out.packages.push_back(std::move(assignment));
  }
  return out;
}

Result<std::uint64_t> SitePoints::WaitForChange(std::string_view id, std::uint64_t known,
                                                std::chrono::milliseconds patience,
                                                const Cancellation& cancelled) {
  return points_.WaitForChange(id, known, patience, cancelled);
}

Result<bool> SitePoints::MayRead(std::string_view id, const content::ContentId& content) {
  return points_.MayRead(id, content);
}

Status SitePoints::Report(std::string_view id,
                          const std::vector<distribution::PointReport>& reports) {
  std::vector<distmgr::PointReport> out;
  for (const auto& report : reports) out.push_back(Translate(report));
  return points_.Report(id, out);
}

Status SitePoints::Seen(std::string_view id, std::string_view address, std::string_view software,
                        const std::vector<distribution::PointDrive>& drives) {
  std::vector<distmgr::PointDrive> out;
  for (const auto& drive : drives) {
    out.push_back({drive.drive, drive.bytes_total, drive.bytes_free});
  }
  return points_.Seen(id, address, software, out);
}

}  // namespace ww::server
