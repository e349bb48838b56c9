// What a point should have and what it has: the one thing that its threads share, kept on disk.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/progress.h"
#include "wimwright/content/content_id.h"
#include "wimwright/distribution/point_directory.h"

namespace ww::distribution {

// Of one package: which version, by number.
struct PackageKey {
  std::string package_id;
  std::uint32_t version = 0;
  auto operator<=>(const PackageKey&) const = default;
};

struct Held {
  Assignment assignment;
  bool installed = false;            // all files are in the library
  std::uint64_t done_request = 0;    // the request that was last carried out
  std::uint64_t bytes_sent = 0;      // over the wire, for this version
  std::optional<TimePoint> retired;  // the site does not want it any more, since then
  bool report_removal = false;

  // Not kept on disk.
  bool working = false;
  std::uint64_t bytes_done = 0;
  int failures = 0;
  TimePoint retry_at{};
  std::shared_ptr<Cancellation> cancellation = std::make_shared<Cancellation>();

  std::uint64_t bytes_total() const;
};

struct ServedPackage {
  PackageKey key;
  std::vector<ContentFile> files;
};

// Thread-safe.
class PointState {
 public:
  PointState(std::filesystem::path path, const Clock& clock)
      : path_(std::move(path)), clock_(clock) {}

  // kNotFound is no error: a new point has nothing. kCorrupt: the file is not what Save() writes.
  Status Load();

  // What the site says now. Changes are reports; the caller wakes whoever works.
  Status Apply(const Assignments& assignments);

  // The most urgent thing to do by now, claimed until Finish(): by priority, then in the site's
  // order. Nothing: nothing is due.
  std::optional<Held> Claim();
  // When Claim() could have something that it does not have now.
  std::optional<TimePoint> NextDue() const;
  void SetProgress(const PackageKey& key, std::uint64_t bytes_done, std::uint64_t bytes_sent);
  // Not all is there any more.
  Status SetDamaged(const PackageKey& key);
  // `pause` before it may be claimed again, after a failure.
  Status Finish(const PackageKey& key, std::uint64_t request, const Status& outcome,
                std::chrono::nanoseconds pause, std::uint64_t bytes_sent,
                const std::vector<content::ContentId>& damaged);
  void CancelAll();  // the process ends
  int FailuresOf(const PackageKey& key) const;

  // Retired longer than `grace` ago and not worked on: forgotten, with reports. Answers how many.
  Result<std::size_t> RemoveRetired(std::chrono::seconds grace);
  // Everything that some version refers to.
  std::set<content::ContentId> Live() const;
  // Files of other versions of the package, same path first, then those of other packages.
  std::vector<content::ContentId> SimilarTo(const PackageKey& key, const ContentFile& file) const;
  // Marks what is not in the library as not installed; answers how many versions.
  Status CheckPresence(const std::function<bool(const content::StoredFile&)>& has);

  // Reports that were not sent. Those of a package replace each other.
  std::vector<PointReport> TakeReports();
  void ReturnReports(std::vector<PointReport> reports);  // they could not be sent
  void ReportEverything();
  bool WaitForReports(std::chrono::milliseconds patience) const;

  // For clients. Version: a number, or nothing for the highest one that is installed.
  std::optional<ServedPackage> Find(std::string_view package_id,
                                    std::optional<std::uint32_t> version) const;
  std::optional<content::StoredFile> FindFile(std::string_view package_id,
                                              std::optional<std::uint32_t> version,
                                              std::string_view path) const;
  std::vector<ServedPackage> Served() const;  // without files

  ContentAccess access() const;
  std::uint64_t bytes_per_second() const;
  std::optional<std::uint64_t> generation() const;
  struct Counts {
    std::size_t installed = 0, waiting = 0, failing = 0;
  };
  Counts Count() const;

 private:
  Status SaveLocked() const;
  void ReportLocked(const Held& held, PointReport::Kind kind, const Error* error = nullptr,
                    std::vector<content::ContentId> damaged = {});
  const Held* BestLocked(std::string_view package_id, std::optional<std::uint32_t> version) const;

  const std::filesystem::path path_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::condition_variable reports_changed_;
  std::map<PackageKey, Held> held_;
  std::vector<PackageKey> order_;  // the site's
  std::map<std::string, PointReport> reports_;
  bool ending_ = false;
  ContentAccess access_;
  std::uint64_t bytes_per_second_ = 0;
  std::optional<std::uint64_t> generation_;  // not kept: after a start the site is asked for all
};

}  // namespace ww::distribution
