#include "wimwright/distribution/memory_directory.h"

#include <algorithm>
#include <random>

#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::distribution {
namespace {

tl::unexpected<Error> NoPoint() { return Fail(Code::kNotFound, "there is no such point"); }

}  // namespace

MemoryDirectory::Point* MemoryDirectory::Find(std::string_view id) {
  const auto found = points_.find(id);
  return found == points_.end() ? nullptr : &found->second;
}

void MemoryDirectory::Changed(Point& point) {
  ++point.assignments.generation;
  changed_.notify_all();
}

std::string MemoryDirectory::CreateToken(std::string_view name, std::chrono::seconds life) {
  const std::lock_guard lock(mutex_);
  auto& point = points_[std::string(name)];
  if (point.assignments.generation == 0) point.assignments.generation = 1;
  std::random_device random;
  point.word = ToHex(Sha256(AsBytes(std::to_string(random()) + std::to_string(random()))));
  point.word_expires = clock_.Now() + life;
  return point.word;
}

void MemoryDirectory::Revoke(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (auto* point = Find(name)) point->fingerprint.clear();
}

void MemoryDirectory::Assign(std::string_view name, Assignment assignment) {
  const std::lock_guard lock(mutex_);
  auto& point = points_[std::string(name)];
  std::erase_if(point.assignments.packages,
                [&](const Assignment& a) { return a.package_id == assignment.package_id; });
  point.assignments.packages.push_back(std::move(assignment));
  Changed(point);
}

void MemoryDirectory::Forget(std::string_view name, std::string_view package_id) {
  const std::lock_guard lock(mutex_);
  auto& point = points_[std::string(name)];
  std::erase_if(point.assignments.packages,
                [&](const Assignment& a) { return a.package_id == package_id; });
  Changed(point);
}

void MemoryDirectory::SetAccess(std::string_view name, ContentAccess access) {
  const std::lock_guard lock(mutex_);
  auto& point = points_[std::string(name)];
  point.assignments.access = std::move(access);
  Changed(point);
}

void MemoryDirectory::SetLimit(std::string_view name, std::uint64_t bytes_per_second) {
  const std::lock_guard lock(mutex_);
  auto& point = points_[std::string(name)];
  point.assignments.bytes_per_second = bytes_per_second;
  Changed(point);
}

PointReport MemoryDirectory::ReportOf(std::string_view name, std::string_view package_id) const {
  const std::lock_guard lock(mutex_);
  const auto point = points_.find(name);
  if (point == points_.end()) return {};
  const auto report = point->second.reports.find(package_id);
  return report == point->second.reports.end() ? PointReport() : report->second;
}

bool MemoryDirectory::WaitForReport(std::string_view name, std::string_view package_id,
                                    std::uint32_t version, PointReport::Kind kind,
                                    std::chrono::seconds patience) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] {
    const auto point = points_.find(name);
    if (point == points_.end()) return false;
    const auto report = point->second.reports.find(package_id);
    return report != point->second.reports.end() && report->second.version == version &&
           report->second.kind == kind;
  });
}

std::string MemoryDirectory::AddressOf(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto point = points_.find(name);
  return point == points_.end() ? std::string() : point->second.address;
}

std::map<std::string, MemoryDirectory::Point, std::less<>>::iterator MemoryDirectory::FindWord(
    std::string_view word) {
  return std::ranges::find_if(points_, [&](const auto& entry) {
    return !word.empty() && entry.second.word == word && clock_.Now() < entry.second.word_expires;
  });
}

Result<PointIdentity> MemoryDirectory::CheckToken(std::string_view word) {
  const std::lock_guard lock(mutex_);
  const auto found = FindWord(word);
  if (found == points_.end()) return Fail(Code::kUsage, "the token is unknown, used or expired");
  return PointIdentity{found->first, found->first};
}

Result<PointIdentity> MemoryDirectory::Enroll(std::string_view word,
                                              const PointCertificate& certificate) {
  const std::lock_guard lock(mutex_);
  const auto found = FindWord(word);
  if (found == points_.end()) return Fail(Code::kUsage, "the token is unknown, used or expired");
  found->second.word.clear();
  found->second.fingerprint = certificate.fingerprint;
  return PointIdentity{found->first, found->first};
}

Result<PointIdentity> MemoryDirectory::Identify(std::string_view fingerprint) {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, point] : points_) {
    if (!fingerprint.empty() && point.fingerprint == fingerprint) return PointIdentity{name, name};
  }
  return NoPoint();
}

Status MemoryDirectory::Replace(std::string_view id, const PointCertificate& certificate) {
  const std::lock_guard lock(mutex_);
  auto* const point = Find(id);
  if (point == nullptr) return NoPoint();
  point->fingerprint = certificate.fingerprint;
  return {};
}

Result<Assignments> MemoryDirectory::AssignmentsOf(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto* const point = Find(id);
  if (point == nullptr) return NoPoint();
  return point->assignments;
}

Result<std::uint64_t> MemoryDirectory::WaitForChange(std::string_view id, std::uint64_t known,
                                                     std::chrono::milliseconds patience,
                                                     const Cancellation& cancelled) {
  const auto until = std::chrono::steady_clock::now() + patience;
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto* const point = Find(id);
    if (point == nullptr) return NoPoint();
    const auto now = std::chrono::steady_clock::now();
    if (point->assignments.generation != known || now >= until || cancelled.requested()) {
      return point->assignments.generation;
    }
    changed_.wait_until(lock, std::min(until, now + std::chrono::milliseconds(100)));
  }
}

Result<bool> MemoryDirectory::MayRead(std::string_view id, const content::ContentId& content) {
  const std::lock_guard lock(mutex_);
  const auto* const point = Find(id);
  if (point == nullptr) return NoPoint();
  for (const auto& package : point->assignments.packages) {
    for (const auto& file : package.files) {
      if (file.stored.id == content) return true;
    }
  }
  return false;
}

Status MemoryDirectory::Report(std::string_view id, const std::vector<PointReport>& reports) {
  const std::lock_guard lock(mutex_);
  auto* const point = Find(id);
  if (point == nullptr) return NoPoint();
  for (const auto& report : reports) point->reports.insert_or_assign(report.package_id, report);
  changed_.notify_all();
  return {};
}

Status MemoryDirectory::Seen(std::string_view id, std::string_view address, std::string_view,
                             const std::vector<PointDrive>&) {
  const std::lock_guard lock(mutex_);
  auto* const point = Find(id);
  if (point == nullptr) return NoPoint();
  point->address = address;
  changed_.notify_all();
  return {};
}

}  // namespace ww::distribution
