#include "run_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "job_record.h"
#include "supported_indexes.h"
#include "wimwright/base/text.h"
#include "wimwright/provider/image_properties.h"
#include "wimwright/provider/references.h"
#include "wimwright/servicing/report_json.h"
#include "wimwright/servicing/windows_code.h"

namespace ww::manager {
namespace {

using provider::Call;
using servicing::Outcome;

constexpr std::uint64_t kMegabyte = 1 << 20;
constexpr std::chrono::milliseconds kPatience{20'000}, kFirstPause{20}, kLongestPause{1'000};

std::string HolderOf(const Run& run) { return fmt::format("run {}", run.id); }

// The WIM inside a package: the only file of an image, install.wim of an upgrade package.
Result<distmgr::PackageFile> WimOf(const distmgr::PackageVersion& version) {
  if (version.files.size() == 1) return version.files[0];
  for (const auto& file : version.files) {
    if (ToLowerAscii(file.path) == "sources/install.wim") return file;
  }
  return Fail(Error{Code::kNotFound,
                    fmt::format("version {} of {} has no sources/install.wim",
                                version.source_version, version.package_id),
                    "Take the media with a WIM as the package's source; an ESD has to be exported "
                    "to a WIM first.",
                    0});
}

// What may pass by itself.
bool IsTransient(const Error& error) {
  return error.code == Code::kBusy || error.code == Code::kIo;
}

}  // namespace

RunJob::RunJob(const Options& options, RunQueue::Claimed claimed)
    : options_(options),
      manager_(*options.manager),
      log_(*options.log),
      run_(std::move(claimed.run)),
      lease_(claimed.lease),
      progress_(
          {options.provider, options.queue, lease_, options.manager->heartbeat, options.stop}) {}

// A database that is being restarted, or in which too many write at once, is waited for: an hour's
// work is not thrown away for it.
Status RunJob::Transact(const std::function<Status(Call&)>& work) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (auto pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    auto done = options_.provider->Transact(provider::SystemContext(), [&](Call& call) -> Status {
      WW_RETURN_IF_ERROR(options_.queue->CheckLease(call, lease_));
      return work(call);
    });
    if (done || !IsTransient(done.error())) return done;
    if (std::chrono::steady_clock::now() + pause >= until) return done;
    std::this_thread::sleep_for(pause);
  }
}

Result<RunJob::End> RunJob::Execute() {
  auto end = Work();
  progress_.Stop();
  if (progress_.lost()) {
    log_.Line("Run {} of image package {} was taken over by another server", run_.id, run_.image);
    return End::kLost;
  }
  return Close(std::move(end));
}

Result<RunJob::End> RunJob::Close(Result<RunEnd> end) {
  if (!end) {
    const auto& error = end.error();
    if (progress_.stopping()) return Requeue(error, false, {});
    const bool again = IsTransient(error) && run_.attempt < manager_.retry.most_attempts;
    if (again) {
      const auto delay = std::min<std::chrono::seconds>(
          manager_.retry.first_delay * (1 << std::min(run_.attempt - 1, 10u)), kLongestDelay);
      return Requeue(error, true, delay);
    }
    RunEnd failed;
    failed.state = error.code == Code::kCancelled ? RunState::kCancelled : RunState::kFailed;
    failed.error = error;
    failed.failed_update = failed_update_;
    end = std::move(failed);
  }
  WW_RETURN_IF_ERROR(Transact([&](Call& call) -> Status {
    WW_RETURN_IF_ERROR(distmgr::ReleaseVersions(call, HolderOf(run_)));
    WW_RETURN_IF_ERROR(RecordEnd(call, log_, run_, *end));
    return options_.queue->EndLease(call, lease_);
  }));
  if (end->state == RunState::kSucceeded) return End::kSucceeded;
  return end->state == RunState::kCancelled ? End::kCancelled : End::kFailed;
}

Result<RunJob::End> RunJob::Requeue(const Error& why, bool count, std::chrono::seconds delay) {
  const auto until = manager_.clock->Now() + delay;
  WW_RETURN_IF_ERROR(Transact([&](Call& call) -> Status {
    WW_RETURN_IF_ERROR(ChangeRun(call, run_.id, [&](cim::Instance& row) {
      SetState(row, RunState::kQueued);
      if (!count) row.SetRaw("Attempt", provider::Number(run_.attempt - 1));
      if (count) {
        row.SetRaw("NotBefore", cim::Value::Date(until));
        SetProblem(row, why);
      }
    }));
    return options_.queue->EndLease(call, lease_);
  }));
  if (count) {
    log_.Line("Image package {}: {}. Next step: {}. Attempt {} of {}, again in {} s", run_.image,
              why.message, Clause(servicing::NextStepOf(why)), run_.attempt,
              manager_.retry.most_attempts, delay.count());
  } else {
    log_.Line("Run {} of image package {} goes on when the server starts again", run_.id,
              run_.image);
  }
  return End::kAgain;
}

Result<RunEnd> RunJob::Work() {
  WW_RETURN_IF_ERROR(Begin());
  WW_TRY(const auto published, Resume(), "resuming");
  if (published) return Finished();
  return Service();
}

Status RunJob::Begin() {
  return Transact([&](Call& call) -> Status {
    WW_TRY(const auto image, provider::ImageOf(call, run_.image), run_.image);
    if (!run_.run_time) run_.run_time = call.now;
    return RecordBegin(call, log_, run_);
  });
}

// A run that had its result proven when it was interrupted goes on from there: true when it is
// published. One whose image has another version by now begins from the start.
Result<bool> RunJob::Resume() {
  if (run_.new_content.empty()) return false;
  bool published = false, usable = false;
  const auto id = content::ContentId::FromText(run_.new_content);
  WW_RETURN_IF_ERROR(Transact([&](Call& call) -> Status {
    WW_TRY(const auto current, distmgr::CurrentVersion(call, run_.image), "version");
    if (!current) return {};
    published = current->origin == distmgr::VersionOrigin::kServicing &&
                current->run_id == std::to_string(run_.id);
    usable = current->source_version == run_.base_version && id && manager_.library->Has(*id);
    base_ = *current;
    WW_TRY(const auto row, RunRow(call, run_.id), "run");
    WW_TRY(report_, ReportOf(row["Report"].TextOr("")), "report");
    WW_RETURN_IF_ERROR(UpdatesOfReport(call, manager_.content_of_update, run_.updates, update_of_));
    if (published || usable) return {};
    run_.new_content.clear();
    return ChangeRun(call, run_.id,
                     [](cim::Instance& one) { one.SetRaw("NewContentID", provider::Text("")); });
  }));
  if (published) return true;
  if (!usable) {
    report_ = {};
    update_of_.clear();
    return false;
  }
  log_.Line("Run {} of image package {}: its proven result is published now", run_.id, run_.image);
  WW_TRY(wim_, WimOf(base_), "image");
  WW_RETURN_IF_ERROR(Publish());
  return true;
}

Result<RunEnd> RunJob::Service() {
  WW_RETURN_IF_ERROR(Stage());
  WW_RETURN_IF_ERROR(Transact([&](Call& call) {
    return log_.Raise(call, Message::kApplyingBegins, {run_.image}, run_.image);
  }));
  servicing::JobOptions job;
  const auto path = manager_.library->PathOf(wim_.id);
  job.image = *path;
  job.updates = files_;
  job.indexes = indexes_;
  job.output = manager_.library->ScratchDir() / fmt::format("run-{}.wim", run_.id);
  job.scratch_dir = manager_.library->ScratchDir();
  job.continue_on_error = run_.continue_on_error;
  job.trust_store = manager_.trust_store;
  job.cache_dir = manager_.cache_dir;
  job.threads = manager_.threads;
  job.beside_proof = [this](File& output, const Cancellation& stop) { TakeOutput(output, stop); };
  std::error_code ignored;
  std::filesystem::remove(*job.output, ignored);  // of an attempt that was interrupted
  report_ = servicing::Apply(
      job,
      {*manager_.files, *manager_.clock, *manager_.engine_log, progress_, progress_.cancelled()},
      *options_.shared);
  // The engine knows content by its file in the library, people by the name it came with.
  if (report_.error) {
    for (const auto& [file, name] : names_) {
      for (auto at = report_.error->message.find(file); at != std::string::npos;
           at = report_.error->message.find(file, at + name.size())) {
        report_.error->message.replace(at, file.size(), name);
      }
    }
  }
  return Judge();
}

Status RunJob::Stage() {
  if (run_.remove_superseded) {
    return Fail(Error{Code::kUnsupported,
                      "removing superseded updates cannot be proven without Windows and is not "
                      "offered",
                      "Make the schedule without RemoveSupersededUpdates.", 0});
  }
  WW_RETURN_IF_ERROR(Transact([&](Call& call) {
    return log_.Raise(call, Message::kStagingBegins, {run_.image}, run_.image);
  }));
  WW_TRY(base_,
         manager_.distribution->EnsureSource(run_.image, NullProgress(), progress_.cancelled()),
         "package source");
  if (auto writable = manager_.distribution->CheckSourceWritable(run_.image);
      !writable && writable.error().code == Code::kIo) {
    WW_RETURN_IF_ERROR(Transact([&](Call& call) {
      return log_.Raise(call, Message::kSourceReadOnly, {run_.image}, run_.image);
    }));
    auto error = writable.error();
    error.code = Code::kUsage;  // nothing that passes by itself
    return Fail(error.WithHresult(0x80070005)
                    .WithNextStep("Make the package source writable for the site server (a file "
                                  "copied from media keeps its "
                                  "read-only attribute)."));
  } else if (!writable) {
    return Fail(writable.error());
  }
  WW_TRY(wim_, WimOf(base_), "image");
  if (!manager_.library->PathOf(wim_.id)) {
    return Fail(Code::kUnsupported, "the content library is no folder: images cannot be serviced");
  }
  WW_RETURN_IF_ERROR(Transact([&](Call& call) -> Status {
    WW_RETURN_IF_ERROR(
        distmgr::HoldVersion(call, run_.image, base_.source_version, HolderOf(run_)));
    run_.base_version = base_.source_version;
    WW_RETURN_IF_ERROR(ChangeRun(call, run_.id, [&](cim::Instance& row) {
      row.SetRaw("BaseVersion", provider::Number(base_.source_version));
      row.SetRaw("SizeBefore", provider::Number(wim_.bytes));
    }));
    return log_.Raise(call, Message::kCopyComplete, {run_.image}, run_.image);
  }));
  WW_RETURN_IF_ERROR(StageUpdates());
  WW_RETURN_IF_ERROR(CheckSupported());
  return CheckSpace();
}

Status RunJob::StageUpdates() {
  if (run_.updates.empty()) {
    return Fail(Error{Code::kUsage, "the schedule has no software updates",
                      "Add SMS_ImageServicingScheduledUpdate rows, or an update group that has "
                      "members.",
                      0});
  }
  return Transact([&](Call& call) -> Status {
    files_.clear();
    update_of_.clear();
    names_.clear();
    missing_.clear();
    update_bytes_ = 0;
    for (const auto update : run_.updates) WW_RETURN_IF_ERROR(StageUpdate(call, update));
    if (!files_.empty()) return {};
    return Fail(Error{Code::kNotFound, "none of the updates has content on this site",
                      "Import the updates with their files: wimwright site update import FILE.",
                      0x80070002});
  });
}

Status RunJob::StageUpdate(Call& call, std::uint32_t update) {
  WW_TRY(const auto contents, manager_.content_of_update(call, update), "content");
  const auto lacks = [&](std::string what) -> Status {
    Error error{Code::kNotFound, fmt::format("update {} {}", update, what),
                "Import the update with its file: wimwright site update import FILE.", 0x80070002};
    if (!run_.continue_on_error) {
      failed_update_ = update;
      return Fail(std::move(error));
    }
    UpdateResult result;
    result.index = 1;
    result.update = update;
    result.status = UpdateStatus::kUnknown;
    result.error = Win32Of(error);
    result.decision = "failed";
    result.reason = error.message;
    result.next_step = error.next_step;
    missing_.push_back(std::move(result));
    return {};
  };
  if (contents.empty()) return lacks("has no content on this site");
  for (const auto& file : contents) {
    const auto path = manager_.library->PathOf(file.id);
    if (!file.downloaded || !path || !manager_.library->Has(file.id)) {
      return lacks(fmt::format("has content that was not downloaded: {}", file.name));
    }
  }
  for (const auto& file : contents) {
    const auto path = *manager_.library->PathOf(file.id);
    // One file may belong to several updates: it is applied once, for the first.
    if (!update_of_.emplace(path.filename().string(), update).second) continue;
    names_.emplace(path.filename().string(), file.name);
    log_.Line("Update {}: {} ({} bytes) is {} in the content library", update, file.name,
              file.bytes, file.id.ToText());
    files_.push_back(path);
    update_bytes_ += file.bytes;
  }
  return {};
}

Status RunJob::CheckSupported() {
  WW_TRY(const auto properties,
         provider::ReadImageProperties(*manager_.files, *manager_.library->PathOf(wim_.id)),
         "image");
  const auto all = provider::IndexesOf(properties.xml);
  indexes_.clear();
  return Transact([&](Call& call) -> Status {
    indexes_.clear();
    WW_TRY(const auto supported, SupportedIndexes(call, all), "supported platforms");
    for (const auto& index : all) {
      if (std::find(supported.begin(), supported.end(), index.index) != supported.end()) continue;
      log_.Line("Index {} ({}, {}) is of no supported platform: skipped", index.index, index.name,
                index.os_version);
      WW_RETURN_IF_ERROR(log_.Raise(call, Message::kIndexNotSupported,
                                    {run_.image, std::to_string(index.index)}, run_.image));
    }
    if (supported.empty()) {
      return Fail(Error{Code::kUnsupported,
                        fmt::format("no index of the image is of a platform in "
                                    "SMS_SupportedPlatformsOfflineServicing (the first is {})",
                                    all.empty() ? "of unknown version" : all[0].os_version),
                        "Service an image of a listed platform.", 0});
    }
    indexes_ = supported;
    if (!all.empty()) {
      return ChangeRun(call, run_.id, [&](cim::Instance& row) {
        row.SetRaw("BuildBefore", provider::Text(all[0].os_version));
      });
    }
    return {};
  });
}

// The new image lies beside the old one until it is proven; the engine asks for its own needs.
Status RunJob::CheckSpace() {
  const auto required = wim_.bytes + update_bytes_;
  const auto& dir = manager_.library->ScratchDir();
  WW_TRY(const auto available, manager_.files->FreeSpace(dir), "free space");
  if (available >= required) return {};
  const auto needs = std::to_string(required / kMegabyte + 1);
  const auto has = std::to_string(available / kMegabyte);
  WW_RETURN_IF_ERROR(Transact([&](Call& call) {
    return log_.Raise(call, Message::kNoSpace, {dir.root_path().string(), needs, has}, run_.image);
  }));
  return Fail(
      Error{Code::kNoSpace,
            fmt::format("the content library has {} MB free, servicing needs {} MB", has, needs),
            "Free space on the disk of the content library.", 0x80070070});
}

Result<RunEnd> RunJob::Judge() {
  const bool wrote = report_.outcome == Outcome::kSucceeded || report_.outcome == Outcome::kPartial;
  auto results = ResultsOf(report_, update_of_, wrote);
  const bool wrong = std::any_of(results.begin(), results.end(),
                                 [](const UpdateResult& r) { return r.error != 0; });
  if (report_.outcome == Outcome::kCancelled || progress_.cancelled().requested()) {
    return Fail(Error{Code::kCancelled, "cancelled before anything was published", {}, 0});
  }
  // An update that an image does not need is no failure of its servicing.
  const bool not_needed = report_.outcome == Outcome::kFailed && report_.error &&
                          report_.error->code == Code::kNotApplicable && !wrong;
  if (wrote) {
    WW_RETURN_IF_ERROR(Adopt());
    WW_RETURN_IF_ERROR(Publish());
    return Finished();
  }
  if (report_.outcome == Outcome::kNothingToDo || not_needed) return Finished();
  WW_RETURN_IF_ERROR(Announce(results));
  const auto error =
      report_.error.value_or(Error{Code::kInternal, "the job failed without saying why", {}, 0});
  if (IsTransient(error) && !wrong) return Fail(error);
  RunEnd end;
  end.state = RunState::kFailed;
  end.error = error;
  end.report = RecordOf(report_, run_.image);
  end.updates = std::move(results);
  for (const auto& result : end.updates) {
    if (result.error != 0 && end.failed_update == 0) end.failed_update = result.update;
  }
  return end;
}

Status RunJob::Announce(const std::vector<UpdateResult>& results) {
  return Transact([&](Call& call) -> Status {
    for (const auto& r : results) {
      const std::vector<std::string> strings{std::to_string(r.update), run_.image,
                                             std::to_string(r.index)};
      if (r.error != 0) {
        WW_RETURN_IF_ERROR(log_.Raise(call, Message::kUpdateFailed, strings, run_.image));
        log_.Line("Update {} {} in image package {}, index {}. Error {}: {} {}", r.update,
                  r.decision, run_.image, r.index, r.error, r.reason, r.next_step);
      } else if (r.installed_now) {
        WW_RETURN_IF_ERROR(log_.Raise(call, Message::kUpdateInstalled, strings, run_.image));
        log_.Line("Update {} installed in image package {}, index {}", r.update, run_.image,
                  r.index);
      } else {
        WW_RETURN_IF_ERROR(log_.Raise(call, Message::kUpdateNotRequired, strings, run_.image));
        log_.Line("Applicability State = {}, update {} in image package {}, index {}. {}",
                  r.decision == "already_present" ? "INSTALLED" : "NOT_APPLICABLE", r.update,
                  run_.image, r.index, r.reason);
      }
    }
    return {};
  });
}

// Beside the proof: one pass over the new image makes its hash, and writes what the package's
// source is to get.
void RunJob::TakeOutput(File& output, const Cancellation& stop) {
  hashed_.reset();
  draft_.reset();
  const auto size = output.Size();
  if (!size) return;
  output.ReadDirectly(true);  // it was written past the page cache
  auto draft = manager_.distribution->DraftWriteBack(run_.image, wim_.path, *size);
  if (draft) draft_ = *std::move(draft);
  auto hashed =
      content::HashContent(output, draft_ ? &draft_->file() : nullptr, NullProgress(), stop);
  if (hashed) {
    if (draft_) draft_->Holds(hashed->file);
    hashed_ = *std::move(hashed);
  } else {
    draft_.reset();  // a source that cannot take it now keeps nothing from being published
  }
}

// What is proven is the library's, and the run remembers it: from here on it is only published.
Status RunJob::Adopt() {
  const auto output = manager_.library->ScratchDir() / fmt::format("run-{}.wim", run_.id);
  const auto stored = hashed_
                          ? manager_.library->Adopt(output, *hashed_)
                          : manager_.library->Adopt(output, NullProgress(), progress_.cancelled());
  if (!stored) return Fail(stored.error().Within("library"));
  return Transact([&](Call& call) -> Status {
    run_.new_content = stored->id.ToText();
    return ChangeRun(call, run_.id, [&](cim::Instance& row) {
      SetState(row, RunState::kPublishing);
      row.SetRaw("NewContentID", provider::Text(run_.new_content));
      row.SetRaw("SizeAfter", provider::Number(stored->bytes));
      row.SetRaw("Report", provider::Text(RecordOf(report_, run_.image)));
    });
  });
}

Status RunJob::Publish() {
  const auto id = content::ContentId::FromText(run_.new_content);
  WW_TRY(const auto bytes, manager_.library->Size(*id), "new image");
  WW_RETURN_IF_ERROR(Transact([&](Call& call) -> Status {
    WW_TRY(const auto current, distmgr::CurrentVersion(call, run_.image), "version");
    if (!current || current->source_version != run_.base_version) {
      return Fail(Error{Code::kConflict,
                        fmt::format("{} got another version while it was serviced", run_.image),
                        "Run the schedule again: it begins with the new version.", 0});
    }
    distmgr::NewVersion version;
    version.package_id = run_.image;
    version.origin = distmgr::VersionOrigin::kServicing;
    version.run_id = std::to_string(run_.id);
    version.based_on = base_.source_version;
    version.files = current->files;
    for (auto& file : version.files) {
      if (file.path == wim_.path) file = {wim_.path, *id, bytes};
    }
    version.update_points = run_.update_dp;
    WW_TRY(const auto number, manager_.distribution->PublishVersion(call, version), "publishing");
    WW_RETURN_IF_ERROR(log_.Raise(call, Message::kApplyingComplete, {run_.image}, run_.image));
    WW_RETURN_IF_ERROR(log_.Raise(call, Message::kCopyBackBegins, {run_.image}, run_.image));
    WW_TRY(const auto package, provider::ImageOf(call, run_.image), "package");
    return ChangeRun(call, run_.id, [&](cim::Instance& row) {
      SetState(row, RunState::kDistributing);
      row.SetRaw("NewVersion", provider::Number(number));
      row.SetRaw("BuildAfter", package["ImageOSVersion"]);
    });
  }));
  return {};
}

// The image is what it should be; what is left belongs to others.
Result<RunEnd> RunJob::Finished() {
  RunEnd end;
  end.state = RunState::kSucceeded;
  const bool wrote = !run_.new_content.empty();
  end.updates = ResultsOf(report_, update_of_, wrote);
  end.updates.insert(end.updates.end(), missing_.begin(), missing_.end());
  if (!wrote) {
    end.report = RecordOf(report_, run_.image);
    end.note = report_.error ? report_.error->message : "the image has all of the updates already";
  }
  if (wrote) {
    const auto written = manager_.distribution->FinishWriteBack(run_.image, NullProgress(),
                                                                NeverCancelled(), draft_.get());
    draft_.reset();
    WW_RETURN_IF_ERROR(Transact([&](Call& call) {
      return log_.Raise(call, written ? Message::kCopyComplete : Message::kSourceReadOnly,
                        {run_.image}, run_.image);
    }));
    if (!written) {
      // The version is published and stays so: the distribution manager goes on trying.
      end.error = written.error().Within(
          "the new version is published, but its source is not yet "
          "replaced");
    }
  }
  WW_RETURN_IF_ERROR(Announce(end.updates));
  for (const auto& result : end.updates) {
    if (result.installed_now) ++installed_;
    if (result.error == 0 || end.failed_update != 0) continue;
    end.failed_update = result.update;
    end.error = Error{
        Code::kNotApplicable,
        fmt::format("some updates failed, the others are installed; the first: {}", result.reason),
        result.next_step, static_cast<std::uint32_t>(result.error)};
    WW_RETURN_IF_ERROR(Transact([&](Call& call) {
      return log_.Raise(call, Message::kSomeUpdatesFailed,
                        {run_.image, std::to_string(result.index)}, run_.image);
    }));
  }
  return end;
}

}  // namespace ww::manager
