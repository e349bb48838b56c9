#include "job_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "wimwright/cbs/image_state.h"

namespace ww::servicing {
namespace {

namespace stdfs = std::filesystem;

constexpr std::string_view kComponent = "OfflineServicing";

bool SameChange(const cbs::FileChange& a, const cbs::FileChange& b) {
  return a.kind == b.kind && a.path == b.path && a.target == b.target && a.update == b.update &&
         a.member == b.member && a.digest == b.digest && a.size == b.size &&
         (a.recipe == b.recipe || (a.recipe && b.recipe && *a.recipe == *b.recipe)) &&
         a.attributes == b.attributes && a.time == b.time &&
         a.security_descriptor == b.security_descriptor && a.security_like == b.security_like;
}

template <typename List, typename Same>
std::shared_ptr<const List> Share(List list, std::vector<std::shared_ptr<const List>>& known,
                                  const Same& same) {
  for (const auto& other : known) {
    if (std::equal(other->begin(), other->end(), list.begin(), list.end(), same)) return other;
  }
  known.push_back(std::make_shared<const List>(std::move(list)));
  return known.back();
}

// One image as it is, read for planning.
struct IndexState {
  std::unique_ptr<wim::Image> tree;      // borrowed by `state`
  std::optional<cbs::ImageState> state;  // nothing: no installed Windows, `foreign` says why
  std::optional<Error> foreign;
};

Result<IndexState> ReadIndex(const wim::WimFile& file, int index) {
  IndexState out;
  WW_TRY(auto tree, file.ReadImage(index), "reading the image");
  out.tree = std::make_unique<wim::Image>(std::move(tree));
  auto state = cbs::ImageState::Load(file, *out.tree, index);
  if (state) {
    out.state.emplace(*std::move(state));
  } else if (state.error().hresult == cbs::kNotSupported) {
    out.foreign = state.error();
  } else {
    return Fail(state.error().Within("reading the component store"));
  }
  return out;
}

class Planner {
 public:
  Planner(const JobOptions& options, const wim::WimFile& file, const UpdateSet& updates,
          JobFileSystem& fs, const Context& context)
      : file_(file), updates_(updates), fs_(fs), context_(context) {
    job_.now = ToFileTime(options.now.value_or(context.clock.Now()));
    for (std::size_t i = 0; i < updates.updates.size(); ++i) {
      if (updates.updates[i].error) continue;
      offered_.push_back(&*updates.updates[i].content);
      positions_.push_back(i);
    }
  }

  Status Plan(int index, IndexState read) {
    const auto& info = file_.images()[static_cast<std::size_t>(index - 1)];
    context_.log.Info(kComponent, "planning index {} ({})", index, info.name);
    if (!read.state) {
      AddForeign(index, info, *read.foreign);
      return {};
    }
    auto& state = *read.state;
    cbs::PlanOptions options;
    options.now = job_.now;
    WW_TRY(auto plan, cbs::MakePlan(state, offered_, options, context_.log), "planning");
    WW_RETURN_IF_ERROR(fs_.Check());

    IndexPlan out;
    out.index = index;
    out.name = info.name;
    out.architecture = state.architecture();
    out.does_something = plan.does_something();
    out.hives = ChangedHives(state, plan.registry);
    WW_RETURN_IF_ERROR(TakeDecisions(plan, out));
    WW_RETURN_IF_ERROR(TakeFiles(plan.files));
    out.files = Share(std::move(plan.files), known_files_, SameChange);
    out.registry = Share(std::move(plan.registry), known_registry_, std::equal_to<>());
    out.expected = std::move(plan.expected);
    out.file_counts = plan.file_counts;
    out.before = std::move(plan.before);
    out.after = std::move(plan.after);
    Add(std::move(out));
    return {};
  }

  JobPlan Take() { return std::move(job_); }

 private:
  void Add(IndexPlan plan) {
    const auto metadata = file_.blobs().metadata();
    context_.progress.Advance(metadata[static_cast<std::size_t>(plan.index - 1)].where.size);
    job_.indexes.push_back(std::move(plan));
  }

  // An image that is no installed Windows, such as one of data: no update is for it, and the other
  // indexes of the file are not its fault.
  void AddForeign(int index, const wim::ImageInfo& info, const Error& why) {
    IndexPlan out;
    out.index = index;
    out.name = info.name;
    out.architecture = info.architecture;
    out.files = Share(FileChanges(), known_files_, SameChange);
    out.registry = Share(RegistryChanges(), known_registry_, std::equal_to<>());
    cbs::UpdateDecision decision;
    decision.decision = cbs::Decision::kNotApplicable;
    decision.code = Code::kNotApplicable;
    decision.hresult = cbs::kHrNotApplicable;
    decision.reason = why.message;
    decision.next_step = why.next_step;
    out.decisions.resize(updates_.updates.size());
    for (const auto position : positions_) {
      decision.update = position;
      out.decisions[position] = decision;
    }
    context_.log.Info(kComponent, "index {}: {}", index, why.message);
    Add(std::move(out));
  }

  static std::vector<Sha1Digest> ChangedHives(const cbs::ImageState& state,
                                              const RegistryChanges& changes) {
    std::array<bool, cbs::kHiveKinds> changed{};
    for (const auto change : changes) changed[static_cast<std::size_t>(change.hive)] = true;
    std::vector<Sha1Digest> out;
    for (const auto kind : cbs::kAllHives) {
      if (!changed[static_cast<std::size_t>(kind)]) continue;
      if (const auto content = state.HiveContent(kind)) out.push_back(*content);
    }
    return out;
  }

  Status TakeDecisions(cbs::ServicingPlan& plan, IndexPlan& out) {
    if (plan.updates.size() != positions_.size()) {
      return Fail(Code::kInternal, "the plan does not answer for every update");
    }
    out.decisions.resize(updates_.updates.size());
    for (std::size_t i = 0; i < plan.updates.size(); ++i) {
      auto decision = std::move(plan.updates[i]);
      const auto position = positions_[i];
      decision.trace.clear();  // it is in the log already
      decision.update = position;
      out.decisions[position] = std::move(decision);
    }
    return {};
  }

  // Positions become those of the job, contents move to the pool.
  Status TakeFiles(FileChanges& files) {
    for (auto& change : files) {
      if (change.kind == cbs::FileChange::Kind::kPayload) {
        if (change.update >= positions_.size()) {
          return Fail(Code::kInternal, "the plan names an update that was not given");
        }
        change.update = positions_[change.update];
      } else {
        change.update = 0;
      }
      if (change.kind != cbs::FileChange::Kind::kContent) continue;
      if (!change.content) return Fail(Code::kInternal, "the plan has a file without content");
      change.digest = Sha256(*change.content);
      change.size = change.content->size();
      job_.contents.try_emplace(change.digest, std::exchange(change.content, nullptr));
    }
    return {};
  }

  const wim::WimFile& file_;
  const UpdateSet& updates_;
  JobFileSystem& fs_;
  const Context& context_;
  std::vector<const cbs::UpdateContent*> offered_;
  std::vector<std::size_t> positions_;  // of offered_ among the updates of the job
  std::vector<std::shared_ptr<const FileChanges>> known_files_;
  std::vector<std::shared_ptr<const RegistryChanges>> known_registry_;
  JobPlan job_;
};

Error RefusalError(const JobUpdate& update, const IndexPlan& index,
                   const cbs::UpdateDecision& decision) {
  return Error{
      decision.code,
      fmt::format("{} (index {}, {}): {}", update.input, index.index, index.name, decision.reason),
      decision.next_step, decision.hresult};
}

}  // namespace

Result<std::vector<int>> ChosenIndexes(const JobOptions& options, const wim::WimFile& image) {
  const auto count = static_cast<int>(image.images().size());
  std::vector<int> out;
  if (options.indexes.empty()) {
    for (int i = 1; i <= count; ++i) out.push_back(i);
    if (out.empty()) return Fail(Code::kNotFound, "the file holds no image");
    return out;
  }
  for (const int index : options.indexes) {
    if (index < 1 || index > count) {
      return Fail(Error{Code::kNotFound,
                        fmt::format("there is no index {}; the file has {} images", index, count),
                        "Choose an index that `wimwright image info` lists.", 0});
    }
    if (std::find(out.begin(), out.end(), index) == out.end()) out.push_back(index);
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<PlannedJob> PlanJob(const JobOptions& options, const wim::WimFile& image,
                           const std::vector<int>& indexes, const stdfs::path& scratch_dir,
                           const Exclusions& exclusions, JobFileSystem& fs,
                           const Context& context) {
  PlannedJob out;
  auto loading = std::async(std::launch::async | std::launch::deferred, [&] {
    return LoadUpdates(options, fs, scratch_dir, exclusions, context);
  });
  auto first = ReadIndex(image, indexes.front());
  WW_TRY(out.updates, loading.get(), "searching updates");
  const auto where = image.path().filename().string();
  Planner planner(options, image, out.updates, fs, context);
  for (const int index : indexes) {
    const auto plan = [&]() -> Status {
      auto read = index == indexes.front() ? std::move(first) : ReadIndex(image, index);
      if (!read) return Fail(read.error());
      return planner.Plan(index, *std::move(read));
    };
    WW_TRY_STATUS(plan(), fmt::format("{}: index {}", where, index));
  }
  out.plan = planner.Take();
  out.updates.ReleaseContents();
  return out;
}

Verdict Judge(const JobPlan& plan, const UpdateSet& updates, bool continue_on_error) {
  Verdict verdict;
  bool done = false;
  bool present = false;
  std::optional<Error> refused;
  std::optional<Error> not_applicable;
  for (const auto& update : updates.updates) {
    if (update.error && !refused) refused = update.error->Within(update.input);
  }
  for (const auto& index : plan.indexes) {
    done = done || index.does_something;
    for (std::size_t i = 0; i < index.decisions.size(); ++i) {
      const auto& decision = index.decisions[i];
      if (!decision) continue;
      switch (decision->decision) {
        case cbs::Decision::kInstall:
        case cbs::Decision::kStage:
          break;
        case cbs::Decision::kAlreadyPresent:
        case cbs::Decision::kSuperseded:
          present = true;
          break;
        case cbs::Decision::kNotApplicable:
          if (!not_applicable) {
            not_applicable = RefusalError(updates.updates[i], index, *decision);
          }
          break;
        case cbs::Decision::kRefused:
          if (!refused) refused = RefusalError(updates.updates[i], index, *decision);
          break;
      }
    }
  }
  verdict.error = refused;
  verdict.some_refused = refused.has_value();
  if (refused && !continue_on_error) return verdict;
  if (done) {
    verdict.kind = Verdict::Kind::kDo;
  } else if (present) {
    verdict.kind = Verdict::Kind::kNothing;
  } else if (!refused) {
    verdict.error = not_applicable.value_or(Error{Code::kInternal, "the plan decides nothing"});
    if (not_applicable) {
      verdict.error->code = Code::kNotApplicable;
      if (verdict.error->hresult == cbs::kOk) verdict.error->hresult = cbs::kHrNotApplicable;
    }
  }
  return verdict;
}

}  // namespace ww::servicing
