// Compact(): lock, write beside the target, prove, publish.
#include <optional>
#include <system_error>

#include "free_space.h"
#include "input_identity.h"
#include "job_input.h"
#include "output_lock.h"
#include "publish.h"
#include "recovery.h"
#include "wimwright/servicing/compact.h"
#include "wimwright/wim/compact.h"

namespace ww::servicing {
namespace {

namespace stdfs = std::filesystem;

constexpr int kPhases = 3;

class CompactJob {
 public:
  CompactJob(const CompactOptions& options, const Context& context)
      : options_(options), context_(context), fs_(context.fs, context.cancel, context.progress) {}

  Result<CompactReport> Run() {
    auto target = ResolveTarget(options_.output ? *options_.output : options_.image);
    if (!target) return Fail(target.error());
    target_ = *std::move(target);
    WW_TRY(const auto lock, OutputLock::Take(context_.fs, target_, context_.clock), "compacting");
    RemoveLeftovers(context_.fs, target_, context_.log);
    // Its shared lock keeps writers away until the end.
    WW_TRY(const auto input, OpenInput(options_.image, fs_, context_.log),
           options_.image.filename().string());
    report_.bytes_before = report_.bytes_after = input.wim->file_size();
    WW_TRY(const bool compact, wim::IsCompact(*input.wim), options_.image.filename().string());
    WW_RETURN_IF_ERROR(compact ? CopyUnchanged(input) : Write(input));
    return report_;
  }

 private:
  Status CopyUnchanged(const JobInput& input) {
    report_.outcome = Outcome::kNothingToDo;
    std::error_code error;
    if (!options_.output || stdfs::equivalent(options_.image, target_, error)) return {};
    const auto bytes =
        SharesBlocks(options_.image, target_.parent_path()) ? 0 : report_.bytes_before;
    WW_RETURN_IF_ERROR(CheckFreeSpace(fs_, target_.parent_path(), bytes));
    context_.progress.BeginPhase("copy", 1, kPhases, report_.bytes_before);
    TemporaryFile temporary(context_.fs, TemporaryPath(target_));
    WW_TRY_STATUS(fs_.Copy(options_.image, temporary.path()), "copying the image");
    return Publish(input, temporary);
  }

  Status Write(const JobInput& input) {
    const auto bytes = wim::CompactSize(*input.wim);
    WW_RETURN_IF_ERROR(CheckFreeSpace(fs_, target_.parent_path(), bytes));
    TemporaryFile temporary(context_.fs, TemporaryPath(target_));
    {
      context_.progress.BeginPhase("copy", 1, kPhases, bytes);
      WW_TRY(auto file, fs_.CreateNew(temporary.path()), "a compact file");
      WW_TRY_STATUS(wim::WriteCompact(*input.wim, *file, options_.threads,
                                      [this](std::uint64_t piece) -> Status {
                                        context_.progress.Advance(piece);
                                        return fs_.Check();
                                      }),
                    "a compact file");
    }
    {
      context_.progress.BeginPhase("verify", 2, kPhases, bytes);
      WW_TRY(const auto result, wim::WimFile::Open(fs_, temporary.path()), "reading the result");
      WW_TRY_STATUS(wim::ProveCompact(*input.wim, *result, options_.threads, context_.progress,
                                      context_.cancel),
                    "reading the result");
      report_.bytes_after = result->file_size();
    }
    return Publish(input, temporary);
  }

  Status Publish(const JobInput& input, TemporaryFile& temporary) {
    context_.progress.BeginPhase("publish", kPhases, kPhases, 0);
    return PublishAs(
        target_, temporary, [&] { return CheckUnchanged(options_.image, input.identity); }, fs_,
        context_.log);
  }

  const CompactOptions& options_;
  const Context& context_;
  JobFileSystem fs_;
  stdfs::path target_;
  CompactReport report_;
};

}  // namespace

Result<CompactReport> Compact(const CompactOptions& options, const Context& context) {
  return CompactJob(options, context).Run();
}

}  // namespace ww::servicing
