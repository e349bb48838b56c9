// The component: its thread, its queue, and what is done with a package that is due.
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <set>
#include <thread>

#include "core.h"
#include "dispatch.h"
#include "point_registry.h"
#include "replacement.h"
#include "rows.h"
#include "settings.h"
#include "tables.h"
#include "version_store.h"
#include "wimwright/provider/references.h"
#include "work_queue.h"

namespace ww::distmgr {
namespace {

using cim::Instance;
using provider::Call;

constexpr std::chrono::seconds kScanEvery{300};
constexpr std::chrono::seconds kLongestSleep{15};  // work of other servers is found that late

// Tells the database now and then that this server still works on it.
class RenewingProgress final : public Progress {
 public:
  RenewingProgress(const WorkQueue& queue, const Work& work, std::chrono::seconds lease)
      : queue_(queue), work_(work), every_(lease / 3) {}
  void BeginPhase(std::string_view, int, int, std::uint64_t) override {}
  void Advance(std::uint64_t) override {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (now - last_ < every_) return;
    last_ = now;
    // Without the lease the result is still right: it is recorded only if nobody else was quicker.
    static_cast<void>(queue_.Renew(work_));
  }

 private:
  const WorkQueue& queue_;
  const Work& work_;
  std::chrono::seconds every_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

class Manager final : public DistributionManager, public provider::SiteEvents {
 public:
  explicit Manager(DistributionOptions options)
      : core_{std::move(options), nullptr, {}, &registry_},
        registry_(core_),
        queue_(core_.options) {}
  ~Manager() override {
    Stop();
    if (core_.provider != nullptr) core_.provider->Unsubscribe(*this);
  }

  std::function<void(provider::Bindings&)> Component() override {
    return [this](provider::Bindings& bindings) {
      BindVersions(core_, *this, bindings);
      BindPoints(core_, bindings);
      BindViews(core_, bindings);
      BindContentAccess(core_, bindings);
    };
  }

  Status Attach(provider::SiteProvider& provider) override {
    core_.provider = &provider;
    provider.Subscribe(*this);
    WW_RETURN_IF_ERROR(
        core_.Transact([this](Call& call) { return SeedSettings(call, core_.options); }));
    WW_RETURN_IF_ERROR(queue_.ReleaseOwn());
    WW_RETURN_IF_ERROR(RemoveTemporaryFiles(core_));
    WW_RETURN_IF_ERROR(queue_.Schedule(kCollectWork, core_.options.collect_every));
    WW_RETURN_IF_ERROR(queue_.Schedule(kVerifyWork, core_.options.verify_every));
    return queue_.Touch(kScanWork);
  }

  Status Start(provider::SiteProvider& provider) override {
    WW_RETURN_IF_ERROR(Attach(provider));
    core_.Info("SMS_DISTRIBUTION_MANAGER was started");
    cancel_ = std::make_unique<Cancellation>();
    thread_ = std::thread([this] { Work(); });
    return {};
  }

  void Stop() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      if (cancel_) cancel_->Request();
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void ContentChanged(std::string_view package_id) override {
    if (auto touched = queue_.Touch(package_id); !touched) {
      // The scan finds it.
      core_.Problem("{}: {}", package_id, touched.error().message);
    }
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    wake_.notify_all();
    registry_.Wake();
  }

  Result<std::size_t> RunDue(const Cancellation& cancelled) override {
    std::size_t done = 0;
    for (;;) {
      WW_RETURN_IF_ERROR(cancelled.Check());
      WW_TRY(const auto work, queue_.Claim(), "work");
      if (!work) return done;
      WW_RETURN_IF_ERROR(Do(*work, cancelled));
      ++done;
    }
  }
  Result<std::optional<TimePoint>> NextDue() override { return queue_.NextDue(); }

  Result<PackageVersion> EnsureSource(std::string_view package_id, Progress& progress,
                                      const Cancellation& cancelled) override {
    const auto held = core_.locks.Lock(package_id);
    return TakeSource(core_, package_id, progress, cancelled);
  }

  Result<std::uint32_t> PublishVersion(Call& call, const NewVersion& version) override {
    WW_TRY(const auto package, provider::PackageOf(call, version.package_id), "package");
    for (const auto& file : version.files) {
      WW_TRY_STATUS(core_.library().Renew(file.id), file.path);
    }
    WW_TRY(const auto image, ImageOfVersion(core_, package, version.files), "new version");
    WW_TRY(const auto number, NextVersionNumber(call, package), "new version");
    const auto name = package["Name"].TextOr("");
    const auto id = package["PackageID"].TextOr("");
    if (version.update_points) {
      WW_RETURN_IF_ERROR(RaiseMessage(call, 2300, {name, id}, id));
      WW_RETURN_IF_ERROR(RaiseMessage(call, 2311, {name, id}, id));
    }
    WW_RETURN_IF_ERROR(
        MakeCurrent(call, package, version, number, image, StoredPathOf(core_, version.files)));
    return number;
  }

  Status CheckSourceWritable(std::string_view package_id) override {
    return TrySourceWritable(core_, package_id);
  }
  Status FinishWriteBack(std::string_view package_id, Progress& progress,
                         const Cancellation& cancelled, SourceDraft* draft) override {
    auto* const ours = dynamic_cast<Replacement*>(draft);
    return WritePendingBack(core_, package_id, progress, cancelled, ours).map([](bool) {});
  }
  Result<std::unique_ptr<SourceDraft>> DraftWriteBack(std::string_view package_id,
                                                      std::string_view path,
                                                      std::uint64_t bytes) override {
    WW_TRY(auto draft, DraftFileBack(core_, package_id, path, bytes), "draft");
    return std::unique_ptr<SourceDraft>(std::move(draft));
  }
  Status WriteBack(const PackageVersion& version, std::string_view path, Progress& progress,
                   const Cancellation& cancelled) override {
    const auto held = core_.locks.Lock(version.package_id);
    return WriteFileBack(core_, version, path, progress, cancelled);
  }
  Result<content::Garbage> CollectGarbage(const Cancellation& cancelled) override {
    WW_RETURN_IF_ERROR(KeepLastOfAll(cancelled));
    return RemoveGarbage(core_, cancelled);
  }
  Points& points() override { return registry_; }
  Result<VerifyReport> Verify(std::string_view package_id, const Cancellation& cancelled) override {
    return VerifyContent(core_, package_id, cancelled);
  }

 private:
  void Work() {
    while (true) {
      const auto done = RunDue(*cancel_);
      if (!done && done.error().code != Code::kCancelled) {
        core_.Problem("{}", done.error().message);
      }
      auto sleep = kLongestSleep;
      if (const auto next = queue_.NextDue(); done && next && *next) {
        const auto left =
            std::chrono::ceil<std::chrono::seconds>(**next - core_.options.clock->Now());
        sleep = std::clamp(left, std::chrono::seconds(1), kLongestSleep);
      }
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, sleep, [this] { return stopping_ || woken_; });
      if (stopping_) return;
      woken_ = false;
    }
  }

  // Errors of the database only; what went wrong with the work itself is in its row.
  Status Do(const struct Work& work, const Cancellation& cancelled) {
    std::optional<std::chrono::seconds> again;
    auto done = [&]() -> Status {
      if (work.package_id == kScanWork) return Scan(cancelled);
      if (work.package_id == kCollectWork) return CollectGarbage(cancelled).map([](const auto&) {});
      if (work.package_id == kVerifyWork) return Verify({}, cancelled).map([](const auto&) {});
      RenewingProgress progress(queue_, work, core_.options.lease);
      return LookAfter(work.package_id, progress, cancelled, again);
    }();
    if (done) {
      if (work.package_id == kScanWork) return queue_.Repeat(work, kScanEvery);
      if (work.package_id == kCollectWork) return queue_.Repeat(work, core_.options.collect_every);
      if (work.package_id == kVerifyWork) return queue_.Repeat(work, core_.options.verify_every);
      return again ? queue_.Repeat(work, *again) : queue_.Complete(work);
    }
    if (done.error().code == Code::kCancelled) {
      WW_RETURN_IF_ERROR(queue_.ReleaseOwn());  // at once, by whoever starts next
      return Fail(done.error());
    }
    WW_TRY(const auto wait, queue_.Fail(work, done.error()), "work");
    core_.Problem("{}: {}. It is tried again in {} s", work.package_id, done.error().message,
                  wait.count());
    return TellProblem(work, done.error());
  }

  // Once for each problem, not once for each attempt.
  Status TellProblem(const struct Work& work, const Error& error) {
    if (work.package_id.starts_with('*') || work.problem == error.message) return {};
    return core_.Transact([&](Call& call) -> Status {
      WW_TRY(const auto package,
             call.store.FindOne("SMS_PackageBaseclass",
                                {{"PackageID", provider::Text(work.package_id)}}),
             "package");
      if (!package) return {};
      return TellOfSource(call, *package, MessageOf(error), error);
    });
  }

  // About a package and the points that wait for it.
  static Status TellOfSource(Call& call, const Instance& package, std::uint32_t message,
                             const Error& error) {
    const auto name = package["Name"].TextOr(""), id = package["PackageID"].TextOr("");
    const auto path = package["PkgSourcePath"].TextOr("");
    const auto strings = message == 2302 ? std::vector<std::string>{name, id, path, error.message}
                                         : std::vector<std::string>{path, name, id, error.message};
    WW_RETURN_IF_ERROR(TellPointsOfProblem(call, package, message, strings));
    return RaiseMessage(call, message, strings, id, {}, error.hresult & 0xFFFF);
  }

  // Nothing to be tried again: somebody has to name a source. Said once, to points that wait.
  Status TellNoSource(const std::string& id) {
    return core_.Transact([&](Call& call) -> Status {
      WW_TRY(const auto package,
             call.store.FindOne("SMS_PackageBaseclass", {{"PackageID", provider::Text(id)}}),
             "package");
      if (!package) return {};
      WW_TRY(const auto waiting,
             call.store.Count(
                 "SMS_PackageStatusDistPointsSummarizer",
                 {{"PackageID", provider::Text(id)}, {"State", provider::Number(kStatePending)}}),
             "points");
      WW_TRY(const auto told,
             call.store.Count("WW_DistributionProgress", {{"PackageID", provider::Text(id)},
                                                          {"MessageID", provider::Number(2305)}}),
             "points");
      if (waiting == 0 || told >= waiting) return {};
      return TellOfSource(call, *package, 2305,
                          Error{Code::kNotFound, id + " has no source", {}, 0});
    });
  }

  // Packages whose events were lost with the server that was to hear them.
  Status Scan(const Cancellation& cancelled) {
    WW_RETURN_IF_ERROR(
        core_.Transact([this](Call& call) { return ForgetEndedTokens(core_, call); }));
    std::vector<std::string> due;
    WW_RETURN_IF_ERROR(core_.Read([&](Call& call) -> Status {
      due.clear();
      WW_TRY(const auto packages, call.store.FindAll("SMS_PackageBaseclass", {}), "packages");
      WW_TRY(const auto waiting, PackagesWithWaitingPoints(call), "points");
      WW_TRY(const auto rows,
             call.store.tx().Fetch(SelectFrom(kWriteBacksTable, {"PackageID"}, {})), "write-backs");
      WW_TRY(const auto busy, call.store.tx().Fetch(SelectFrom(kWorkTable, {"PackageID"}, {})),
             "work");
      std::set<std::string> wanted = waiting;
      for (const auto& row : rows) wanted.emplace(row[0].text());
      std::set<std::string> known;
      for (const auto& package : packages) {
        const auto id = package["PackageID"].TextOr("");
        known.insert(id);
        if (package["StoredPkgVersion"].UintOr(0) < package["SourceVersion"].UintOr(0)) {
          wanted.insert(id);
        }
      }
      WW_TRY(const auto orphans, PackagesWithVersions(call), "versions");
      for (const auto& id : orphans) {
        if (!known.contains(id)) wanted.insert(id);
      }
      for (const auto& row : busy) wanted.erase(std::string(row[0].text()));
      due.assign(wanted.begin(), wanted.end());
      return {};
    }));
    for (const auto& id : due) {
      WW_RETURN_IF_ERROR(cancelled.Check());
      WW_RETURN_IF_ERROR(queue_.Touch(id));
    }
    return {};
  }

  static Result<std::set<std::string>> PackagesWithVersions(Call& call) {
    WW_TRY(const auto cls, call.store.schema().Get("WW_ImageVersion"), "class");
    auto select = SelectFrom(provider::TableNameOf(*cls), {"PackageID"}, {});
    select.distinct = true;
    WW_TRY(const auto rows, call.store.tx().Fetch(select), "versions");
    std::set<std::string> out;
    for (const auto& row : rows) out.emplace(row[0].text());
    return out;
  }

  Status KeepLastOfAll(const Cancellation& cancelled) {
    std::set<std::string> ids;
    WW_RETURN_IF_ERROR(core_.Read([&](Call& call) -> Status {
      WW_TRY(ids, PackagesWithVersions(call), "versions");
      return {};
    }));
    for (const auto& id : ids) {
      WW_RETURN_IF_ERROR(cancelled.Check());
      WW_RETURN_IF_ERROR(KeepLastVersions(core_, id));
    }
    return {};
  }

  // Whatever a package needs: it is forgotten, or its source is taken in, its points are told, and
  // its old versions go.
  Status LookAfter(const std::string& id, Progress& progress, const Cancellation& cancelled,
                   std::optional<std::chrono::seconds>& again) {
    std::optional<Instance> package;
    bool write_back = false;
    WW_RETURN_IF_ERROR(core_.Read([&](Call& call) -> Status {
      WW_TRY(package,
             call.store.FindOne("SMS_PackageBaseclass", {{"PackageID", provider::Text(id)}}),
             "package");
      WW_TRY(const auto row,
             call.store.tx().FetchOne(
                 SelectFrom(kWriteBacksTable, {"SourceVersion"}, {{"PackageID", id}})),
             "write-back");
      write_back = row.has_value();
      return {};
    }));
    if (!package) {
      core_.Info("Package {} is gone: its versions go too", id);
      return core_.Transact([&](Call& call) -> Status {
        WW_RETURN_IF_ERROR(ForgetVersions(call, id));
        return ForgetPackageAtPoints(call, id);
      });
    }
    const bool has_source = (*package)["PkgSourceFlag"].UintOr(1) > 1 &&
                            !(*package)["PkgSourcePath"].TextOr("").empty();
    const bool behind =
        (*package)["StoredPkgVersion"].UintOr(0) < (*package)["SourceVersion"].UintOr(0);
    Status taken;
    if (write_back || (behind && has_source)) {
      taken = EnsureSource(id, progress, cancelled).map([](const auto&) {});
      // The points get the version that there is, even if the source cannot have it now.
      if (!taken && behind) return taken;
    }
    if (behind && !has_source) WW_RETURN_IF_ERROR(TellNoSource(id));
    WW_TRY(again, TellPoints(core_, id), "points");
    registry_.Wake();
    WW_RETURN_IF_ERROR(KeepLastVersions(core_, id));
    return taken;
  }

  Core core_;
  PointRegistry registry_;
  WorkQueue queue_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool woken_ = false;
  std::unique_ptr<Cancellation> cancel_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<DistributionManager>> DistributionManager::Open(
    DistributionOptions options) {
  WW_TRY_STATUS(options.database->Define(DistributionSchema()), "distribution manager");
  return std::unique_ptr<DistributionManager>(std::make_unique<Manager>(std::move(options)));
}

}  // namespace ww::distmgr
