#include "worker.h"

#include <fmt/format.h>

#include <chrono>

namespace ww::distribution {
namespace {

constexpr std::string_view kComponent = "SMS_DISTRIBUTION_POINT";
constexpr std::chrono::milliseconds kBetweenReports{500};

class Job {
 public:
  Job(const WorkerOptions& options, const Held& held, SiteLink& link)
      : options_(options),
        held_(held),
        key_{held.assignment.package_id, held.assignment.version},
        link_(link),
        wire_before_(link.wire_bytes()) {}

  Status Run() {
    if (held_.assignment.verify && held_.done_request != held_.assignment.request) {
      WW_RETURN_IF_ERROR(Verify());
    }
    for (const auto& file : held_.assignment.files) {
      WW_RETURN_IF_ERROR(held_.cancellation->Check());
      WW_TRY_STATUS(Bring(file), file.path);
    }
    return {};
  }

  std::uint64_t sent() const { return held_.bytes_sent + link_.wire_bytes() - wire_before_; }
  std::vector<content::ContentId> damaged;

 private:
  Status Verify() {
    for (const auto& file : held_.assignment.files) {
      const auto& id = file.stored.id;
      if (!options_.library->Has(id)) continue;
      const auto good = options_.library->Verify(id, NullProgress(), *held_.cancellation);
      if (good) continue;
      if (good.error().code != Code::kVerificationFailed) return good;
      damaged.push_back(id);
      WW_RETURN_IF_ERROR(options_.state->SetDamaged(key_));
    }
    return {};
  }

  Status Bring(const ContentFile& file) {
    const auto& stored = file.stored;
    WW_RETURN_IF_ERROR(options_.in_flight->Enter(stored.id, *held_.cancellation));
    const auto brought = BringAlone(file);
    options_.in_flight->Leave(stored.id);
    return brought;
  }

  Status BringAlone(const ContentFile& file) {
    const auto& stored = file.stored;
    // Renewed, so that garbage collection leaves it alone from here on.
    if (const auto size = options_.library->Size(stored.id); size && *size == stored.bytes) {
      if (options_.library->Renew(stored.id)) {
        Advance(static_cast<std::int64_t>(stored.bytes));
        return {};
      }
    }
    const auto similar = options_.state->SimilarTo(key_, file);
    WW_TRY(const auto pulled,
           options_.puller->Pull(stored, similar, link_, *held_.cancellation,
                                 [this](std::int64_t bytes) { Advance(bytes); }),
           "distribution");
    options_.log->Info(
        kComponent, "{} version {}: {} is there; {} bytes fetched, {} copied, {} kept",
        key_.package_id, key_.version, file.path, pulled.fetched, pulled.copied, pulled.present);
    return {};
  }

  void Advance(std::int64_t bytes) {
    done_ += bytes;
    const auto now = std::chrono::steady_clock::now();
    if (now - reported_ < kBetweenReports) return;
    reported_ = now;
    // Only what is complete is counted by the link; the rest is told when it is.
    options_.state->SetProgress(key_, static_cast<std::uint64_t>(done_), sent());
  }

  const WorkerOptions& options_;
  const Held& held_;
  const PackageKey key_;
  SiteLink& link_;
  const std::uint64_t wire_before_;
  std::int64_t done_ = 0;
  std::chrono::steady_clock::time_point reported_ = std::chrono::steady_clock::now();
};

}  // namespace

Status InFlight::Enter(const content::ContentId& id, const Cancellation& cancellation) {
  std::unique_lock lock(mutex_);
  while (ids_.contains(id)) {
    WW_RETURN_IF_ERROR(cancellation.Check());
    changed_.wait_for(lock, std::chrono::milliseconds(100));
  }
  ids_.insert(id);
  return {};
}

void InFlight::Leave(const content::ContentId& id) {
  {
    const std::lock_guard lock(mutex_);
    ids_.erase(id);
  }
  changed_.notify_all();
}

WorkResult CarryOut(const WorkerOptions& options, const Held& held, SiteLink& link) {
  Job job(options, held, link);
  WorkResult result;
  result.status = job.Run();
  result.bytes_sent = job.sent();
  result.damaged = std::move(job.damaged);
  return result;
}

}  // namespace ww::distribution
