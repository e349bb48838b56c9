#include "proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <map>
#include <utility>
#include <vector>

#include "hive_proof.h"
#include "later_changes.h"
#include "wimwright/base/memory.h"
#include "wimwright/base/text.h"
#include "wimwright/cbs/image_state.h"
#include "wimwright/wim/verify.h"

namespace ww::servicing {
namespace {

constexpr std::string_view kComponent = "OfflineServicing";
// Per hive that cbs looks things up in: bounded, and few pages are read twice.
constexpr std::size_t kHiveCache = 8u << 20;

tl::unexpected<Error> NotSo(std::string what) {
  return Fail(Code::kVerificationFailed, std::move(what));
}

bool Touches(const RegistryChanges& changes, cbs::HiveKind kind) {
  return std::any_of(changes.begin(), changes.end(),
                     [kind](const auto& change) { return change.hive == kind; });
}

using HiveContents = std::vector<std::pair<cbs::HiveKind, Sha1Digest>>;
// Hives whose content is proved, with the changes that it was compared to.
using ProvedHives = std::map<Sha1Digest, const RegistryChanges*>;

Result<HiveContents> HivesToProve(const wim::Image& image, const IndexPlan& plan) {
  HiveContents out;
  for (const auto kind : cbs::kAllHives) {
    if (!Touches(*plan.registry, kind)) continue;
    const auto node = image.Find(cbs::HiveImagePath(kind));
    if (!node) return NotSo(fmt::format("{} is missing", cbs::HiveImagePath(kind)));
    out.emplace_back(kind, image.hash(*node));
  }
  return out;
}

// What the tree and the component store of the index show.
Result<HiveContents> ProveImage(const wim::WimFile& file, const IndexPlan& plan,
                                const Promise& promise) {
  WW_TRY(const auto image, file.ReadImage(plan.index), "reading the image again");
  WW_RETURN_IF_ERROR(ProveFileChanges(image, *plan.files, promise.stored));
  WW_TRY(auto state, cbs::ImageState::Load(file, image, plan.index, kHiveCache),
         "reading the component store again");
  WW_RETURN_IF_ERROR(cbs::Prove(state, plan.expected));
  if (state.version() != plan.after) {
    return NotSo(fmt::format("the image is at build {}, {} was expected",
                             state.version().ToString(), plan.after.ToString()));
  }
  if (!state.pending().empty()) {
    return NotSo(fmt::format("the image has pending work: {}", state.pending().front()));
  }
  return HivesToProve(image, plan);
}

// The image is read and forgotten before its hives: either may take tens of megabytes.
Status ProveIndex(const wim::WimFile& file, const IndexPlan& plan, const Promise& promise,
                  ProvedHives& proved, const Context& context) {
  WW_TRY(const auto hives, ProveImage(file, plan, promise), "image");
  ReturnFreeMemory();
  for (const auto& [kind, content] : hives) {
    const auto before = proved.find(content);
    if (before != proved.end() && before->second == plan.registry.get()) continue;  // shared
    WW_TRY_STATUS(ProveHive(file, content, kind, *plan.registry, context), cbs::HiveName(kind));
    proved.insert_or_assign(content, plan.registry.get());
  }
  return {};
}

Status ProveContents(const wim::WimFile& file, const Promise& promise, const Context& context) {
  WW_TRY(const auto report,
         wim::VerifyBlobs(file, promise.added, promise.threads, context.progress, context.cancel),
         "verifying what was written");
  if (report.ok()) return {};
  const auto& problem = report.problems.front();
  return NotSo(fmt::format("{}: {} ({} contents are wrong)", problem.object, problem.error.message,
                           report.problems.size()));
}

Status ProveIndexes(const wim::WimFile& file, const Promise& promise, const Context& context) {
  ProvedHives hives;
  for (const auto& plan : promise.plan.indexes) {
    if (!plan.does_something) continue;
    WW_RETURN_IF_ERROR(context.cancel.Check());
    WW_TRY_STATUS(ProveIndex(file, plan, promise, hives, context),
                  fmt::format("proof of index {}", plan.index));
    context.log.Info(kComponent, "index {} proved: build {}", plan.index, plan.after.ToString());
  }
  return {};
}

Error AsProofError(const Error& cause) {
  switch (cause.code) {
    case Code::kCancelled:
    case Code::kIo:
    case Code::kNoSpace:
    case Code::kInternal:
      return cause;
    default:
      break;
  }
  Error error = cause;
  error.code = Code::kVerificationFailed;
  if (error.next_step.empty()) {
    error.next_step = "Keep the log and the update, and report this: nothing was published.";
  }
  return error;
}

std::string Lower(std::string_view path) {
  while (!path.empty() && path.front() == '\\') path.remove_prefix(1);
  return FoldCase(path);
}

Status ProveFileChange(const wim::Image& image, const cbs::FileChange& change,
                       const StoredContents& stored) {
  using Kind = cbs::FileChange::Kind;
  const auto node = image.Find(change.path);
  if (change.kind == Kind::kRemove) {
    if (node) return NotSo(fmt::format("{} is still there", change.path));
    return {};
  }
  if (!node) return NotSo(fmt::format("{} is missing", change.path));
  if (change.kind == Kind::kDirectory) {
    if (!image.is_directory(*node)) return NotSo(fmt::format("{} is no directory", change.path));
    return {};
  }
  if (change.kind == Kind::kLink) {
    const auto target = image.Find(change.target);
    const bool linked = target && image.link_group_id(*node) != 0 &&
                        image.link_group_id(*node) == image.link_group_id(*target) &&
                        image.hash(*node) == image.hash(*target);
    if (!linked) return NotSo(fmt::format("{} is no link to {}", change.path, change.target));
    return {};
  }
  const auto content = stored.find(change.digest);
  if (content == stored.end() || image.hash(*node) != content->second.sha1) {
    return NotSo(fmt::format("{} has other content than planned", change.path));
  }
  return {};
}

}  // namespace

std::uint64_t BytesToVerify(const wim::WimFile& file, const Promise& promise) {
  std::uint64_t sum = 0;
  for (const auto& expected : promise.added) {
    if (const auto* blob = file.blobs().Find(expected.hash)) sum += blob->where.size;
  }
  return sum;
}

Status ProveFileChanges(const wim::Image& image, const FileChanges& changes,
                        const StoredContents& stored) {
  LaterChanges changed;
  LaterChanges removed;
  LaterChanges made;  // exists at the end, with everything above it
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    const auto path = Lower(change->path);
    const bool gone = removed.KnowsAbove(path);
    const bool replaced = !changed.Claim(path);
    if (change->kind == cbs::FileChange::Kind::kRemove) {
      if (!replaced && !gone && !made.Knows(path)) {
        WW_RETURN_IF_ERROR(ProveFileChange(image, *change, stored));
      }
      removed.Claim(path);
      continue;
    }
    if (gone || replaced) continue;
    made.ClaimAbove(path);
    if (change->kind == cbs::FileChange::Kind::kLink && removed.KnowsAbove(Lower(change->target))) {
      continue;
    }
    WW_RETURN_IF_ERROR(ProveFileChange(image, *change, stored));
  }
  return {};
}

Status ProveResult(const wim::WimFile& file, const Promise& promise, const Context& context) {
  // The indexes are one thread's work; the contents keep the other processors busy meanwhile.
  // Where the system gives no thread, one after the other.
  auto contents = std::async(std::launch::async | std::launch::deferred,
                             [&] { return ProveContents(file, promise, context); });
  auto indexes = ProveIndexes(file, promise, context);
  auto proved = contents.get();
  WW_RETURN_IF_ERROR(context.cancel.Check());
  if (!indexes) return Fail(AsProofError(indexes.error()));
  if (!proved) return Fail(AsProofError(proved.error().Within("proof of the contents")));
  return {};
}

}  // namespace ww::servicing
