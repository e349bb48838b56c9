#include "point_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "small_file.h"
#include "wire.h"

namespace ww::distribution {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kMostState = 512 << 20;
// Bytes that are no UTF-8 become three each on the wire.
constexpr std::size_t kMostProblem = kMostText / 4;

PackageKey KeyOf(const Assignment& assignment) {
  return {assignment.package_id, assignment.version};
}

}  // namespace

std::uint64_t Held::bytes_total() const {
  std::uint64_t sum = 0;
  for (const auto& file : assignment.files) sum += file.stored.bytes;
  return sum;
}

// The assignments in the form of the wire, and beside them what the point knows of each.
Status PointState::SaveLocked() const {
  Assignments all;
  all.bytes_per_second = bytes_per_second_;
  all.access = access_;
  auto beside = Json::array();
  const auto put = [&](const Held& held) {
    all.packages.push_back(held.assignment);
    beside.push_back({{"installed", held.installed},
                      {"done_request", held.done_request},
                      {"bytes_sent", held.bytes_sent},
                      {"retired", held.retired ? held.retired->time_since_epoch().count() : 0},
                      {"report_removal", held.report_removal}});
  };
  std::set<PackageKey> ordered;
  for (const auto& key : order_) {
    if (const auto found = held_.find(key); found != held_.end() && ordered.insert(key).second) {
      put(found->second);
    }
  }
  for (const auto& [key, held] : held_) {
    if (!ordered.contains(key)) put(held);
  }
  return ReplaceText(path_, ToJson(all) + "\n" + beside.dump() + "\n");
}

Status PointState::Load() {
  const auto text = ReadText(path_, kMostState);
  if (!text && text.error().code == Code::kNotFound) return {};
  if (!text) return Fail(text.error());
  const auto line = text->find('\n');
  const auto bad = [this] {
    return Fail(Error{Code::kCorrupt, path_.string() + " is damaged",
                      "Remove it: the point asks the site again and looks at what it has.", 0});
  };
  if (line == std::string::npos) return bad();
  const auto all = ParseAssignments(std::string_view(*text).substr(0, line));
  const auto beside = Json::parse(std::string_view(*text).substr(line + 1), nullptr, false);
  if (!all || !beside.is_array() || beside.size() != all->packages.size()) return bad();
  const std::lock_guard lock(mutex_);
  bytes_per_second_ = all->bytes_per_second;
  access_ = all->access;
  try {
    for (std::size_t i = 0; i < beside.size(); ++i) {
      Held held;
      held.assignment = all->packages[i];
      held.installed = beside[i].at("installed").get<bool>();
      held.done_request = beside[i].at("done_request").get<std::uint64_t>();
      held.bytes_sent = beside[i].at("bytes_sent").get<std::uint64_t>();
      held.report_removal = beside[i].at("report_removal").get<bool>();
      if (const auto at = beside[i].at("retired").get<std::int64_t>(); at != 0) {
        held.retired = TimePoint(std::chrono::nanoseconds(at));
      }
      const auto key = KeyOf(held.assignment);
      order_.push_back(key);
      held_.insert_or_assign(key, std::move(held));
    }
  } catch (const Json::exception&) {
    return bad();
  }
  return {};
}

Status PointState::Apply(const Assignments& assignments) {
  const auto now = clock_.Now();
  const std::lock_guard lock(mutex_);
  generation_ = assignments.generation;
  access_ = assignments.access;
  bytes_per_second_ = assignments.bytes_per_second;
  order_.clear();
  std::map<std::string, const Assignment*, std::less<>> removals;
  for (const auto& a : assignments.packages) {
    if (a.remove) {
      removals.emplace(a.package_id, &a);
      continue;
    }
    const auto key = KeyOf(a);
    order_.push_back(key);
    auto& held = held_[key];
    const bool again = held.assignment.request != a.request;
    // Versions are immutable: other files are another content under the same number.
    if (held.assignment.files != a.files) held.installed = false;
    held.assignment = a;
    held.report_removal = false;
    if (held.retired) {
      held.retired.reset();
      held.cancellation = std::make_shared<Cancellation>();
    }
    if (again || !held.installed) {
      held.failures = 0;
      held.retry_at = {};
    }
  }
  const std::set<PackageKey> wanted(order_.begin(), order_.end());
  for (auto& [key, held] : held_) {
    if (wanted.contains(key)) continue;
    if (const auto removal = removals.find(key.package_id); removal != removals.end()) {
      held.report_removal = true;
      held.assignment.request = removal->second->request;
    }
    if (!held.retired) held.retired = now;
    held.cancellation->Request();
  }
  for (const auto& [package_id, removal] : removals) {
    const bool there = std::ranges::any_of(
        held_, [&id = package_id](const auto& entry) { return entry.first.package_id == id; });
    if (there) continue;
    Held gone;
    gone.assignment = *removal;
    ReportLocked(gone, PointReport::Kind::kRemoved);
  }
  return SaveLocked();
}

void PointState::ReportLocked(const Held& held, PointReport::Kind kind, const Error* error,
                              std::vector<content::ContentId> damaged) {
  PointReport report;
  report.package_id = held.assignment.package_id;
  report.version = held.assignment.version;
  report.request = held.assignment.request;
  report.kind = kind;
  report.bytes_total = held.bytes_total();
  report.bytes_done = kind == PointReport::Kind::kInstalled ? report.bytes_total : held.bytes_done;
  report.bytes_sent = held.bytes_sent;
  report.damaged = std::move(damaged);
  if (error != nullptr) {
    report.code = CodeName(error->code);
    report.problem = error->message.substr(0, kMostProblem);
  }
  reports_.insert_or_assign(report.package_id, std::move(report));
  reports_changed_.notify_all();
}

std::optional<Held> PointState::Claim() {
  const auto now = clock_.Now();
  const std::lock_guard lock(mutex_);
  Held* best = nullptr;
  for (const auto& key : order_) {
    const auto found = held_.find(key);
    if (found == held_.end()) continue;
    auto& held = found->second;
    if (held.working || held.retired || held.retry_at > now) continue;
    if (held.installed && held.done_request == held.assignment.request) continue;
    if (best == nullptr || held.assignment.priority < best->assignment.priority) best = &held;
  }
  if (best == nullptr) return std::nullopt;
  best->working = true;
  best->bytes_done = 0;
  if (!best->installed) ReportLocked(*best, PointReport::Kind::kTransferring);
  return *best;
}

std::optional<TimePoint> PointState::NextDue() const {
  const std::lock_guard lock(mutex_);
  std::optional<TimePoint> next;
  for (const auto& key : order_) {
    const auto found = held_.find(key);
    if (found == held_.end()) continue;
    const auto& held = found->second;
    if (held.working || held.retired) continue;
    if (held.installed && held.done_request == held.assignment.request) continue;
    if (!next || held.retry_at < *next) next = held.retry_at;
  }
  return next;
}

void PointState::SetProgress(const PackageKey& key, std::uint64_t bytes_done,
                             std::uint64_t bytes_sent) {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(key);
  if (found == held_.end() || found->second.retired) return;
  auto& held = found->second;
  held.bytes_done = bytes_done;
  held.bytes_sent = bytes_sent;
  if (!held.installed) ReportLocked(held, PointReport::Kind::kTransferring);
}

Status PointState::SetDamaged(const PackageKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(key);
  if (found == held_.end()) return {};
  found->second.installed = false;
  return SaveLocked();
}

Status PointState::Finish(const PackageKey& key, std::uint64_t request, const Status& outcome,
                          std::chrono::nanoseconds pause, std::uint64_t bytes_sent,
                          const std::vector<content::ContentId>& damaged) {
  constexpr int kGivesUp = 10;  // in the site's eyes; it goes on trying
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(key);
  if (found == held_.end()) return {};
  auto& held = found->second;
  held.working = false;
  held.bytes_sent = bytes_sent;
  if (!outcome) {
    ++held.failures;
    held.retry_at = clock_.Now() + pause;
    if (!held.retired) {
      ReportLocked(
          held,
          held.failures < kGivesUp ? PointReport::Kind::kRetrying : PointReport::Kind::kFailed,
          &outcome.error(), damaged);
    }
    return SaveLocked();
  }
  held.installed = true;
  held.done_request = request;
  held.failures = 0;
  if (!held.retired) {
    // The report is about the request that was carried out; a later one is due again.
    auto done = held;
    done.assignment.request = request;
    ReportLocked(done, PointReport::Kind::kInstalled, nullptr, damaged);
  }
  return SaveLocked();
}

void PointState::CancelAll() {
  const std::lock_guard lock(mutex_);
  for (auto& [key, held] : held_) held.cancellation->Request();
  ending_ = true;
  reports_changed_.notify_all();
}

int PointState::FailuresOf(const PackageKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(key);
  return found == held_.end() ? 0 : found->second.failures;
}

Result<std::size_t> PointState::RemoveRetired(std::chrono::seconds grace) {
  const auto limit = clock_.Now() - grace;
  const std::lock_guard lock(mutex_);
  std::size_t removed = 0;
  for (auto at = held_.begin(); at != held_.end();) {
    const auto& key = at->first;  // lambdas of clang 14 capture no structured bindings
    const auto& held = at->second;
    bool stays = !held.retired || held.working || *held.retired > limit;
    if (!stays && held.installed && !held.report_removal) {
      // Its successor is not there yet: clients still get this one, and it has most of the blocks.
      stays = std::ranges::any_of(held_, [&key](const auto& other) {
        return other.first.package_id == key.package_id && !other.second.retired &&
               !other.second.installed;
      });
    }
    if (stays) {
      ++at;
      continue;
    }
    if (held.report_removal) ReportLocked(held, PointReport::Kind::kRemoved);
    at = held_.erase(at);
    ++removed;
  }
  if (removed != 0) WW_RETURN_IF_ERROR(SaveLocked());
  return removed;
}

std::set<content::ContentId> PointState::Live() const {
  const std::lock_guard lock(mutex_);
  std::set<content::ContentId> out;
  for (const auto& [key, held] : held_) {
    for (const auto& file : held.assignment.files) out.insert(file.stored.id);
  }
  return out;
}

std::vector<content::ContentId> PointState::SimilarTo(const PackageKey& key,
                                                      const ContentFile& file) const {
  struct Candidate {
    int rank;
    std::uint64_t bytes;
    content::ContentId id;
  };
  std::vector<Candidate> found;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [other, held] : held_) {
      for (const auto& f : held.assignment.files) {
        if (f.stored.id == file.stored.id) continue;
        const bool package = other.package_id == key.package_id;
        found.push_back({package && f.path == file.path ? 0
                         : package                      ? 1
                                                        : 2,
                         f.stored.bytes, f.stored.id});
      }
    }
  }
  std::ranges::stable_sort(found, [](const Candidate& a, const Candidate& b) {
    return a.rank != b.rank ? a.rank < b.rank : a.bytes > b.bytes;
  });
  std::vector<content::ContentId> out;
  std::set<content::ContentId> seen;
  for (const auto& candidate : found) {
    if (seen.insert(candidate.id).second) out.push_back(candidate.id);
  }
  return out;
}

Status PointState::CheckPresence(const std::function<bool(const content::StoredFile&)>& has) {
  const std::lock_guard lock(mutex_);
  for (auto& [key, held] : held_) {
    if (!held.installed) continue;
    held.installed = std::ranges::all_of(held.assignment.files, has, &ContentFile::stored);
  }
  return SaveLocked();
}

std::vector<PointReport> PointState::TakeReports() {
  const std::lock_guard lock(mutex_);
  std::vector<PointReport> out;
  for (auto& [id, report] : reports_) out.push_back(std::move(report));
  reports_.clear();
  return out;
}

void PointState::ReturnReports(std::vector<PointReport> reports) {
  const std::lock_guard lock(mutex_);
  for (auto& report : reports) {
    auto id = report.package_id;
    reports_.try_emplace(std::move(id), std::move(report));  // unless there is a later one
  }
}

void PointState::ReportEverything() {
  const std::lock_guard lock(mutex_);
  for (const auto& key : order_) {
    const auto found = held_.find(key);
    if (found == held_.end() || !found->second.installed) continue;
    if (found->second.done_request != found->second.assignment.request) continue;
    ReportLocked(found->second, PointReport::Kind::kInstalled);
  }
}

bool PointState::WaitForReports(std::chrono::milliseconds patience) const {
  std::unique_lock lock(mutex_);
  return reports_changed_.wait_for(lock, patience, [this] { return ending_ || !reports_.empty(); });
}

const Held* PointState::BestLocked(std::string_view package_id,
                                   std::optional<std::uint32_t> version) const {
  const Held* best = nullptr;
  for (auto at = held_.lower_bound({std::string(package_id), version.value_or(0)});
       at != held_.end() && at->first.package_id == package_id; ++at) {
    if (version && at->first.version != *version) break;
    if (at->second.installed) best = &at->second;
  }
  return best;
}

std::optional<ServedPackage> PointState::Find(std::string_view package_id,
                                              std::optional<std::uint32_t> version) const {
  const std::lock_guard lock(mutex_);
  const auto* const held = BestLocked(package_id, version);
  if (held == nullptr) return std::nullopt;
  return ServedPackage{KeyOf(held->assignment), held->assignment.files};
}

std::optional<content::StoredFile> PointState::FindFile(std::string_view package_id,
                                                        std::optional<std::uint32_t> version,
                                                        std::string_view path) const {
  const std::lock_guard lock(mutex_);
  const auto* const held = BestLocked(package_id, version);
  if (held == nullptr) return std::nullopt;
  const auto& files = held->assignment.files;
  const auto found = std::ranges::find(files, path, &ContentFile::path);
  if (found == files.end()) return std::nullopt;
  return found->stored;
}

std::vector<ServedPackage> PointState::Served() const {
  const std::lock_guard lock(mutex_);
  std::vector<ServedPackage> out;
  for (const auto& [key, held] : held_) {
    if (held.installed) out.push_back({key, {}});
  }
  return out;
}

ContentAccess PointState::access() const {
  const std::lock_guard lock(mutex_);
  return access_;
}
std::uint64_t PointState::bytes_per_second() const {
  const std::lock_guard lock(mutex_);
  return bytes_per_second_;
}
std::optional<std::uint64_t> PointState::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

PointState::Counts PointState::Count() const {
  const std::lock_guard lock(mutex_);
  Counts out;
  for (const auto& [key, held] : held_) {
    if (held.installed) {
      ++out.installed;
    } else if (!held.retired) {
      ++(held.failures > 0 ? out.failing : out.waiting);
    }
  }
  return out;
}

}  // namespace ww::distribution
