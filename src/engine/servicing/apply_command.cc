// Apply(): the order of a job, from the lock to the directory's fsync.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <future>
#include <optional>
#include <system_error>

#include "copy_progress.h"
#include "free_space.h"
#include "header_gate.h"
#include "image_edit.h"
#include "job_input.h"
#include "job_plan.h"
#include "job_report.h"
#include "output_lock.h"
#include "payload_cache.h"
#include "proof.h"
#include "publish.h"
#include "recovery.h"
#include "search_updates.h"
#include "wimwright/base/memory.h"
#include "wimwright/servicing/job.h"

namespace ww::servicing {
namespace {

namespace stdfs = std::filesystem;

constexpr std::string_view kComponent = "OfflineServicing";

class ApplyJob {
 public:
  ApplyJob(const JobOptions& options, const Context& context, SharedPayload& shared, bool keep)
      : options_(options),
        progress_(context.progress),
        context_{context.fs, context.clock, context.log, progress_, context.cancel},
        fs_(context.fs, context.cancel, progress_),
        shared_(shared),
        keep_(keep) {}

  JobReport Run() {
    {
      const Stopwatch watch(context_.clock, report_.seconds.total);
      if (auto outcome = Execute(); outcome) {
        report_.outcome = *outcome;
      } else {
        report_.outcome = Outcome::kFailed;
        report_.error = outcome.error();
      }
    }
    if (report_.outcome == Outcome::kFailed && context_.cancel.requested() &&
        !fs_.past_point_of_no_return()) {
      // Whatever was under way when the request came has failed because of it.
      report_.outcome = Outcome::kCancelled;
      report_.error = Error{Code::kCancelled, "cancelled on request; the image was not changed",
                            "Run the job again when it suits.", 0};
    }
    report_.bytes_read = fs_.bytes_read();
    report_.bytes_written = fs_.bytes_written();
    if (report_.error) {
      if (report_.error->next_step.empty()) {
        report_.error->next_step = NextStepFor(report_.error->code);
      }
      context_.log.Warning(kComponent, "{}: {}", OutcomeName(report_.outcome),
                           report_.error->message);
    }
    return std::move(report_);
  }

 private:
  Result<Outcome> Execute() {
    WW_RETURN_IF_ERROR(ChooseTarget());
    std::optional<OutputLock> lock;
    if (auto taken = OutputLock::Take(context_.fs, target_, context_.clock); taken) {
      lock.emplace(std::move(*taken));
    } else if (!in_place() || taken.error().code != Code::kIo) {
      return Fail(taken.error());
    }  // else: no right to write beside the image; the lock on the image itself has to do
    RemoveLeftovers(context_.fs, target_, context_.log);

    OpenCache();

    Exclusions exclusions;
    for (;;) {
      std::optional<PayloadFailure> damaged;
      auto outcome = Attempt(exclusions, damaged);
      if (outcome || !damaged || !options_.continue_on_error) return outcome;
      // A half applied update cannot be taken out of the file: without it, from the start.
      context_.log.Warning(kComponent, "starting over without a damaged update: {}",
                           damaged->error.message);
      exclusions.insert_or_assign(damaged_key_, damaged->error);
    }
  }

  bool in_place() const { return !options_.output.has_value(); }

  // A cache that cannot be had costs time, nothing else.
  void OpenCache() {
    if (shared_.cache != nullptr || (options_.cache_dir.empty() && !keep_)) return;
    if (options_.cache_dir.empty()) {
      shared_.cache = std::make_unique<PayloadCache>(context_.fs);
      return;
    }
    auto opened = PayloadCache::Open(context_.fs, options_.cache_dir, context_.log);
    if (opened) {
      shared_.cache = std::make_unique<PayloadCache>(*std::move(opened));
    } else {
      context_.log.Warning(kComponent, "going on without the cache: {}", opened.error().message);
    }
  }
  PayloadCache* cache() { return shared_.cache.get(); }

  // After publishing: what was compressed in this job is there for the next.
  void FillCache(const Written& written) {
    if (cache() == nullptr) return;
    const Stopwatch watch(context_.clock, report_.seconds.publish);
    const auto fill = [&]() -> Status {
      std::vector<PackedContent> contents;
      for (const auto& [digest, content] : written.stored) {
        if (content.source == StoredContent::Source::kCache) {
          ++report_.cached_contents;
          report_.cached_bytes += content.size;
        } else if (content.source == StoredContent::Source::kUpdate && content.size != 0) {
          contents.push_back({digest, content.sha1});
        }
      }
      WW_TRY(const auto image, wim::WimFile::Open(fs_, target_), "reading the result");
      return cache()->Add(*image, contents, options_.cache_limit, context_.log);
    };
    if (auto filled = fill(); !filled) {
      context_.log.Warning(kComponent, "the cache was not filled: {}", filled.error().message);
    }
  }

  // A content of the cache that is not what it said comes to light in the proof, if not before.
  void DistrustCache(const Written& written) {
    for (const auto& [digest, content] : written.stored) {
      if (content.source == StoredContent::Source::kCache) {
        cache()->Drop(digest, context_.log);
      }
    }
  }

  Status ChooseTarget() {
    auto target = ResolveTarget(in_place() ? options_.image : *options_.output);
    if (!target) return Fail(target.error());
    target_ = *std::move(target);
    auto inputs = options_.updates;
    inputs.push_back(options_.trust_store);
    for (const auto& input : inputs) {
      std::error_code error;
      if (input.empty() || !stdfs::equivalent(input, target_, error)) continue;
      return Fail(Error{
          Code::kUsage,
          fmt::format("{} is an input of this job, it would be overwritten", target_.string()),
          "Name another output.", 0});
    }
    const auto dir = target_.parent_path();
    scratch_dir_ = options_.scratch_dir.empty() && !in_place() ? dir : options_.scratch_dir;
    return {};
  }

  Result<Outcome> Attempt(const Exclusions& exclusions, std::optional<PayloadFailure>& damaged) {
    WW_TRY(auto input, OpenInput(options_.image, fs_, context_.log),
           options_.image.filename().string());
    JobPlan plan;
    UpdateSet updates;
    WW_RETURN_IF_ERROR(MakePlan(input, exclusions, plan, updates));
    const auto verdict = Judge(plan, updates, options_.continue_on_error);
    report_.error = verdict.error;
    Status done;
    switch (verdict.kind) {
      case Verdict::Kind::kFail:
        done = Fail(*verdict.error);
        break;
      case Verdict::Kind::kNothing:
        done = PublishUnchanged(input);
        break;
      case Verdict::Kind::kDo:
        done = CarryOut(input, plan, updates, damaged);
        // Another file under the image's name is the cause, whatever it led to.
        if (!done && !in_place() && !context_.cancel.requested()) {
          if (auto same = CheckUnchanged(options_.image, input.identity); !same) done = same;
        }
        break;
    }
    if (!done) {
      Blame(damaged, plan, updates);
      ReportIndexes(plan, updates, Stage::kNotDone, done.error(), report_);
      return Fail(done.error());
    }
    ReportIndexes(plan, updates, Stage::kApplied, {}, report_);
    if (verdict.some_refused) return Outcome::kPartial;
    return verdict.kind == Verdict::Kind::kDo ? Outcome::kSucceeded : Outcome::kNothingToDo;
  }

  Status MakePlan(const JobInput& input, const Exclusions& exclusions, JobPlan& plan,
                  UpdateSet& updates) {
    const Stopwatch watch(context_.clock, report_.seconds.plan);
    WW_TRY(const auto indexes, ChosenIndexes(options_, *input.wim),
           options_.image.filename().string());
    context_.progress.BeginPhase("plan", 1, kPhases, PlanBytes(options_, indexes, *input.wim));
    auto planned = PlanJob(options_, *input.wim, indexes, scratch_dir_, exclusions, fs_, context_);
    if (!planned) return Fail(planned.error());
    plan = std::move(planned->plan);
    updates = std::move(planned->updates);
    ReturnFreeMemory();
    return {};
  }

  void Blame(const std::optional<PayloadFailure>& damaged, JobPlan& plan, UpdateSet& updates) {
    if (!damaged) return;
    auto& update = updates.updates[damaged->update];
    update.error = damaged->error;
    damaged_key_ = update.key;
    for (auto& index : plan.indexes) index.decisions[damaged->update].reset();
  }

  // The output of a job without work is the input, byte for byte.
  Status PublishUnchanged(const JobInput& input) {
    std::error_code error;
    if (in_place() || stdfs::equivalent(options_.image, target_, error)) return {};
    const Stopwatch watch(context_.clock, report_.seconds.publish);
    const auto size = input.wim->file_size();
    WW_RETURN_IF_ERROR(CheckFreeSpace(fs_, target_.parent_path(), CopyNeeds(size)));
    context_.progress.BeginPhase("publish", kPhases, kPhases, size);
    TemporaryFile temporary(context_.fs, TemporaryPath(target_));
    WW_TRY_STATUS(fs_.Copy(options_.image, temporary.path()), "copying the image");
    return Publish(input, temporary);
  }

  std::uint64_t CopyNeeds(std::uint64_t size) const {
    return SharesBlocks(options_.image, target_.parent_path()) ? 0 : size;
  }

  Status CarryOut(JobInput& input, JobPlan& plan, const UpdateSet& updates,
                  std::optional<PayloadFailure>& damaged) {
    const auto copy = in_place() ? 0 : input.wim->file_size();
    WW_RETURN_IF_ERROR(CheckFreeSpace(fs_, target_.parent_path(),
                                      SpaceNeeded(*input.wim, plan, CopyNeeds(copy) != 0)));
    std::uint64_t bytes = PayloadBytes(plan);
    progress_.Expect(copy);
    for (const auto& [digest, content] : plan.contents) bytes += content->size();
    context_.progress.BeginPhase("payload", 2, kPhases, bytes);
    input.wim.reset();  // its tables and tree are the editor's from now on
    return in_place() ? CarryOutInPlace(input, plan, updates, damaged)
                      : CarryOutInCopy(input, plan, updates, damaged);
  }

  wim::EditorOptions EditorSettings() {
    wim::EditorOptions out;
    out.compression_level = options_.compression_level;
    out.threads = options_.threads;
    out.on_copied = [this](std::uint64_t bytes) { progress_.Copied(bytes); };
    return out;
  }

  Status CarryOutInCopy(const JobInput& input, JobPlan& plan, const UpdateSet& updates,
                        std::optional<PayloadFailure>& damaged) {
    TemporaryFile temporary(context_.fs, TemporaryPath(target_));
    Written written;
    {
      const Stopwatch watch(context_.clock, report_.seconds.apply);
      WW_TRY(auto editor,
             wim::Editor::OpenCopy(fs_, options_.image, temporary.path(), EditorSettings()),
             "copying the image");
      WW_TRY(written, WriteChanges(plan, updates, *editor, cache(), damaged, context_), "writing");
      WW_RETURN_IF_ERROR(Commit(plan, *editor));
    }
    WW_RETURN_IF_ERROR(CheckUnchanged(options_.image, input.identity));
    {
      const Stopwatch watch(context_.clock, report_.seconds.verify);
      WW_TRY(const auto file, wim::WimFile::Open(fs_, temporary.path()), "reading the result");
      WW_RETURN_IF_ERROR(
          BesideProof(temporary.path(), [&] { return Prove(*file, plan, written); }));
    }
    {
      const Stopwatch watch(context_.clock, report_.seconds.publish);
      context_.progress.BeginPhase("publish", kPhases, kPhases, 0);
      WW_RETURN_IF_ERROR(Publish(input, temporary));
    }
    FillCache(written);
    return {};
  }

  // The proof, and whoever else reads the output meanwhile.
  Status BesideProof(const stdfs::path& output, const std::function<Status()>& prove) {
    if (!options_.beside_proof) return prove();
    WW_TRY(const auto file, context_.fs.Open(output, OpenMode::kRead), "reading the result");
    Cancellation stop;
    // A future waits in its destructor: nothing here goes away under the thread.
    const auto reader = std::async(std::launch::async, [&] { options_.beside_proof(*file, stop); });
    auto proved = prove();
    if (!proved) stop.Request();
    reader.wait();
    return proved;
  }

  Status CarryOutInPlace(JobInput& input, JobPlan& plan, const UpdateSet& updates,
                         std::optional<PayloadFailure>& damaged) {
    input.lock.reset();  // the editor takes the exclusive one
    WW_RETURN_IF_ERROR(CheckUnchanged(options_.image, input.identity));
    Written written;
    double verify = 0;
    const HeaderGate::Proof prove = [&](ByteView header) -> Status {
      {
        const Stopwatch watch(context_.clock, verify);
        WW_TRY(auto file, fs_.Open(options_.image, OpenMode::kRead), "reading the result");
        WW_TRY(const auto wim,
               wim::WimFile::Open(WithHeader(std::move(file), header), options_.image),
               "reading the result");
        WW_RETURN_IF_ERROR(Prove(*wim, plan, written));
      }
      WW_RETURN_IF_ERROR(context_.cancel.Check());
      context_.progress.BeginPhase("publish", kPhases, kPhases, 0);
      fs_.PassPointOfNoReturn();
      return {};
    };
    HeaderGate gate(fs_, prove);
    {
      const Stopwatch watch(context_.clock, report_.seconds.apply);
      WW_TRY(auto editor, wim::Editor::OpenInPlace(gate, options_.image, EditorSettings()),
             "opening the image for writing");
      if (editor->file().header() != input.header) {
        return Fail(Error{Code::kConflict, "the image was changed by somebody else during the job",
                          "Run the job again.", 0});
      }
      // On failure the editor's end cuts off what was appended.
      WW_TRY(written, WriteChanges(plan, updates, *editor, cache(), damaged, context_), "writing");
      WW_RETURN_IF_ERROR(Commit(plan, *editor));
    }
    report_.seconds.verify += verify;
    report_.seconds.apply = std::max(0.0, report_.seconds.apply - verify);
    FillCache(written);
    return {};
  }

  Status Commit(const JobPlan& plan, wim::Editor& editor) {
    WW_RETURN_IF_ERROR(context_.cancel.Check());
    const auto& header = editor.file().header();
    const auto tables = header.blob_table.size + header.xml.size;
    context_.progress.BeginPhase("commit", 4, kPhases, tables);
    WW_TRY(const auto stats, editor.Commit(plan.now), "committing");
    if (!in_place()) context_.progress.Advance(tables);  // in place, two more phases have begun
    context_.log.Info(kComponent,
                      "committed: {} bytes appended, {} contents added, {} were there already, "
                      "{} chunks compressed, {} kept",
                      stats.bytes_appended, stats.blobs_added, stats.blobs_deduplicated,
                      stats.chunks_compressed, stats.chunks_reused);
    return {};
  }

  Status Prove(const wim::WimFile& file, const JobPlan& plan, const Written& written) {
    ReturnFreeMemory();
    const Promise promise{plan, written.stored, written.added, options_.threads};
    context_.progress.BeginPhase("verify", 5, kPhases, BytesToVerify(file, promise));
    auto proved = ProveResult(file, promise, context_);
    if (!proved && proved.error().code == Code::kVerificationFailed) DistrustCache(written);
    return proved;
  }

  Status Publish(const JobInput& input, TemporaryFile& temporary) {
    return PublishAs(
        target_, temporary, [&] { return CheckUnchanged(options_.image, input.identity); }, fs_,
        context_.log);
  }

  const JobOptions& options_;
  CopyProgress progress_;
  const Context context_;
  JobFileSystem fs_;
  SharedPayload& shared_;
  const bool keep_;  // jobs follow that want the same
  stdfs::path target_;
  stdfs::path scratch_dir_;
  std::string damaged_key_;
  JobReport report_;
};

}  // namespace

JobReport Apply(const JobOptions& options, const Context& context, SharedPayload& shared) {
  return ApplyJob(options, context, shared, true).Run();
}

JobReport Apply(const JobOptions& options, const Context& context) {
  SharedPayload none;
  return ApplyJob(options, context, none, false).Run();
}

}  // namespace ww::servicing
