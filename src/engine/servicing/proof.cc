#include "proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "wimwright/base/text.h"
#include "wimwright/cbs/image_state.h"
#include "wimwright/hive/check.h"
#include "wimwright/wim/verify.h"

namespace ww::servicing {
namespace {

constexpr std::string_view kComponent = "OfflineServicing";
constexpr std::size_t kHiveCache = 24u << 20;  // one or two hives at a time: bounded, and few pages are read twice

Status NotSo(std::string what) { return Fail(Code::kVerificationFailed, std::move(what)); }

bool Touches(const RegistryChanges& changes, cbs::HiveKind kind) {
  return std::any_of(changes.begin(), changes.end(),
                     [kind](const auto& change) { return change.hive == kind; });
}

Status ProveHives(cbs::ImageState& state, const IndexPlan& plan, const Context& context) {
  for (const auto kind : cbs::kAllHives) {
    if (!Touches(*plan.registry, kind)) continue;
    WW_RETURN_IF_ERROR(context.cancel.Check());
    // Taken, so that its pages are freed before the next hive is read.
    WW_TRY(auto hive, state.TakeHive(kind), "opening an edited hive");
    WW_TRY_STATUS(ProveRegistryChanges(hive, kind, *plan.registry), cbs::HiveName(kind));
    WW_TRY_STATUS(hive::CheckHive(hive), cbs::HiveName(kind));
  }
  return {};
}

Status ProveIndex(const wim::WimFile& file, const IndexPlan& plan, const StoredContents& stored,
                  const Context& context) {
  WW_TRY(const auto image, file.ReadImage(plan.index), "reading the image again");
  WW_RETURN_IF_ERROR(ProveFileChanges(image, *plan.files, stored));
  WW_TRY(auto state, cbs::ImageState::Load(file, image, plan.index, kHiveCache),
         "reading the component store again");
  WW_RETURN_IF_ERROR(ProveHives(state, plan, context));
  WW_RETURN_IF_ERROR(cbs::Prove(state, plan.expected));
  if (state.version() != plan.after) {
    return NotSo(fmt::format("the image is at build {}, {} was expected",
                             state.version().ToString(), plan.after.ToString()));
  }
  if (!state.pending().empty()) {
    return NotSo(fmt::format("the image has pending work: {}", state.pending().front()));
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

// Answers, going from the last change to the first, whether a later one has replaced the result of
// an earlier one. Hashes stand for names: a collision leaves one check out, nothing worse.
class LaterChanges {
 public:
  // The first mention of `name`?
  bool Claim(std::string_view name) { return names_.insert(Hash(name)).second; }
  bool Knows(std::string_view name) const { return names_.count(Hash(name)) != 0; }

 private:
  static std::size_t Hash(std::string_view name) { return std::hash<std::string_view>()(name); }
  std::unordered_set<std::size_t> names_;
};

// `path` and everything above it, from there up until one is known.
void ClaimAbove(LaterChanges& known, std::string_view path) {
  while (known.Claim(path)) {
    const auto slash = path.rfind('\\');
    if (slash == std::string_view::npos) return;
    path = path.substr(0, slash);
  }
}

// True when `known` has `path` or anything above it.
bool KnowsAbove(const LaterChanges& known, std::string_view path) {
  for (;;) {
    if (known.Knows(path)) return true;
    const auto slash = path.rfind('\\');
    if (slash == std::string_view::npos) return false;
    path = path.substr(0, slash);
  }
}

Status ProveFileChange(const wim::Image& image, const cbs::FileChange& change,
                       const StoredContents& stored) {
  using Kind = cbs::FileChange::Kind;
  const auto node = image.Find(change.path);
  if (change.kind == Kind::kRemove) {
    return node ? NotSo(fmt::format("{} is still there", change.path)) : Status{};
  }
  if (!node) return NotSo(fmt::format("{} is missing", change.path));
  if (change.kind == Kind::kDirectory) {
    return image.is_directory(*node) ? Status{}
                                     : NotSo(fmt::format("{} is no directory", change.path));
  }
  if (change.kind == Kind::kLink) {
    const auto target = image.Find(change.target);
    const bool linked = target && image.link_group_id(*node) != 0 &&
                        image.link_group_id(*node) == image.link_group_id(*target) &&
                        image.hash(*node) == image.hash(*target);
    return linked ? Status{}
                  : NotSo(fmt::format("{} is no link to {}", change.path, change.target));
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
  for (const auto& sha1 : promise.added) {
    if (const auto* blob = file.blobs().Find(sha1)) sum += blob->where.size;
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
    const bool gone = KnowsAbove(removed, path);
    const bool replaced = !changed.Claim(path);
    if (change->kind == cbs::FileChange::Kind::kRemove) {
      if (!replaced && !gone && !made.Knows(path)) {
        WW_RETURN_IF_ERROR(ProveFileChange(image, *change, stored));
      }
      removed.Claim(path);
      continue;
    }
    if (gone || replaced) continue;
    ClaimAbove(made, path);
    if (change->kind == cbs::FileChange::Kind::kLink &&
        KnowsAbove(removed, Lower(change->target))) {
      continue;
    }
    WW_RETURN_IF_ERROR(ProveFileChange(image, *change, stored));
  }
  return {};
}

Status ProveRegistryChanges(hive::Hive& hive, cbs::HiveKind kind, const RegistryChanges& changes) {
  using Kind = cbs::RegistryChange::Kind;
  LaterChanges values;   // key and name
  LaterChanges cleared;  // keys that lost everything below them
  LaterChanges created;  // keys that exist, and all above them
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    if (change->hive != kind) continue;
    const auto key = Lower(change->key);
    const auto slash = key.rfind('\\');
    const bool gone = slash != std::string::npos && KnowsAbove(cleared, key.substr(0, slash));
    const auto where = fmt::format("{}\\{}", cbs::HiveName(kind), change->key);
    WW_TRY(const auto id, hive.FindPath(hive.root(), change->key), where);
    if (change->kind == Kind::kDeleteSubkeys) {
      if (id && !gone && !created.Knows(key)) {
        WW_TRY(const auto info, hive.Info(*id), where);
        if (info.subkeys != 0) return NotSo(fmt::format("{} still has subkeys", where));
      }
      cleared.Claim(key);
      continue;
    }
    if (change->kind != Kind::kDeleteValue) {
      ClaimAbove(created, key);
    }
    if (gone) continue;
    if (change->kind == Kind::kCreateKey) {
      if (!id) return NotSo(fmt::format("{} is missing", where));
      continue;
    }
    if (!values.Claim(key + '\0' + FoldCase(change->name))) continue;
    std::optional<hive::Value> value;
    if (id) {
      WW_TRY(value, hive.GetValue(*id, change->name), where);
    }
    const bool right = change->kind == Kind::kDeleteValue    ? !value.has_value()
                       : change->kind == Kind::kSetIfMissing ? value.has_value()
                                                             : value == change->value;
    if (!right) return NotSo(fmt::format("{}, value '{}' is not as planned", where, change->name));
  }
  return {};
}

Status ProveResult(const wim::WimFile& file, const Promise& promise, const Context& context) {
  for (const auto& plan : promise.plan.indexes) {
    if (!plan.does_something) continue;
    WW_RETURN_IF_ERROR(context.cancel.Check());
    if (auto proved = ProveIndex(file, plan, promise.stored, context); !proved) {
      WW_RETURN_IF_ERROR(context.cancel.Check());
      return Fail(
          AsProofError(proved.error().Within(fmt::format("proof of index {}", plan.index))));
    }
    context.log.Info(kComponent, "index {} proved: build {}", plan.index, plan.after.ToString());
  }
  if (auto proved = ProveContents(file, promise, context); !proved) {
    return Fail(AsProofError(proved.error().Within("proof of the contents")));
  }
  return {};
}

}  // namespace ww::servicing
