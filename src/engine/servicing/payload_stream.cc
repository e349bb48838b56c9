#include "payload_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "file_maker.h"
#include "wimwright/cab/members.h"
#include "wimwright/cbs/hresult.h"

namespace ww::servicing {
namespace {

struct Wanted {
  Sha256Digest digest{};
  std::uint64_t size = 0;  // of made ones: an estimate
  // Not empty: the member is a delta, or there is none.
  std::vector<std::shared_ptr<const cbs::Recipe>> recipes;
};
using WantedMembers = std::map<std::size_t, Wanted>;

struct WantedOfUpdate {
  std::size_t update = 0;
  WantedMembers members;
  std::vector<Wanted> carried;  // made of what the image has, without a member
};

bool IsCarried(const cbs::FileChange& change) {
  return change.recipe && change.recipe->kind == cbs::Recipe::Kind::kCarried;
}

// Updates in the order in which the plans carry them out: a later one may be based on files of an
// earlier one.
std::vector<std::size_t> OrderOfUpdates(const JobPlan& plan) {
  std::map<std::size_t, int> order;
  for (const auto& index : plan.indexes) {
    for (const auto& change : *index.files) {
      if (change.kind == cbs::FileChange::Kind::kPayload) order.emplace(change.update, 0);
    }
  }
  for (const auto& index : plan.indexes) {
    for (auto& [update, place] : order) {
      if (update >= index.decisions.size() || !index.decisions[update]) continue;
      const int own = index.decisions[update]->order;
      if (own > 0) place = place == 0 ? own : std::min(place, own);
    }
  }
  std::vector<std::size_t> out;
  for (const auto& [update, place] : order) out.push_back(update);
  std::stable_sort(out.begin(), out.end(),
                   [&](std::size_t a, std::size_t b) { return order[a] < order[b]; });
  return out;
}

void AddRecipe(const std::shared_ptr<const cbs::Recipe>& recipe, Wanted& wanted) {
  for (const auto& known : wanted.recipes) {
    if (*known == *recipe) return;
  }
  wanted.recipes.push_back(recipe);
}

// In order of execution; a content that several updates have is taken from the first.
std::vector<WantedOfUpdate> CollectWanted(const JobPlan& plan) {
  std::vector<WantedOfUpdate> out;
  std::unordered_map<std::size_t, std::size_t> rank;
  for (const auto update : OrderOfUpdates(plan)) {
    rank[update] = out.size();
    out.push_back({update, {}, {}});
  }
  std::unordered_map<Sha256Digest, const cbs::FileChange*, DigestHash> first;
  const auto for_each_payload = [&plan](const auto& visit) {
    std::unordered_set<const FileChanges*> lists;
    for (const auto& index : plan.indexes) {
      if (!lists.insert(index.files.get()).second) continue;
      for (const auto& change : *index.files) {
        // A content that the plan writes itself is in the pool already.
        if (change.kind == cbs::FileChange::Kind::kPayload &&
            plan.contents.count(change.digest) == 0) {
          visit(change);
        }
      }
    }
  };
  for_each_payload([&](const cbs::FileChange& change) {
    auto& chosen = first[change.digest];
    if (chosen == nullptr || rank[change.update] < rank[chosen->update]) chosen = &change;
  });
  std::unordered_map<Sha256Digest, std::size_t, DigestHash> carried;
  for_each_payload([&](const cbs::FileChange& change) {
    const auto& chosen = *first[change.digest];
    if (change.update != chosen.update || change.member != chosen.member ||
        IsCarried(change) != IsCarried(chosen)) {
      return;
    }
    auto& wanted = out[rank[change.update]];
    if (IsCarried(change)) {
      const auto [at, is_new] = carried.emplace(change.digest, wanted.carried.size());
      if (is_new) wanted.carried.push_back({change.digest, change.size, {}});
      AddRecipe(change.recipe, wanted.carried[at->second]);
      return;
    }
    auto& member = wanted.members.try_emplace(change.member).first->second;
    member.digest = change.digest;
    member.size = change.size;
    if (change.recipe) AddRecipe(change.recipe, member);
  });
  return out;
}

bool ConcernsTheJob(const Error& error) {
  return error.code == Code::kIo || error.code == Code::kNoSpace ||
         error.code == Code::kCancelled || error.code == Code::kInternal;
}

class PayloadSink final : public cab::MemberSink {
 public:
  PayloadSink(const WantedMembers& wanted, wim::Editor& editor, StoredContents& stored,
              FileMaker& maker, const Context& context)
      : wanted_(wanted), editor_(editor), stored_(stored), maker_(maker), context_(context) {}

  // Set when not the update but the job is in trouble.
  const std::optional<Error>& job_error() const { return job_error_; }

  Status Begin(const cab::Member& member, std::size_t index) override {
    if (auto check = context_.cancel.Check(); !check) return JobError(check.error());
    const auto wanted = wanted_.find(index);
    if (wanted == wanted_.end()) {
      return JobError({Code::kInternal, "a member was streamed that nobody asked for"});
    }
    current_ = &wanted->second;
    name_ = member.name;
    size_ = member.size;
    if (!current_->recipes.empty()) {
      delta_.clear();
      delta_.reserve(static_cast<std::size_t>(size_));
      return {};
    }
    if (current_->size != size_) {
      return Damaged(fmt::format("has {} bytes, {} are announced", size_, current_->size));
    }
    hasher_ = Sha256Hasher();
    auto writer = editor_.BeginBlob(size_);
    if (!writer) return JobError(writer.error());
    writer_.emplace(std::move(*writer));
    return {};
  }

  Status Write(ByteView bytes) override {
    if (auto check = context_.cancel.Check(); !check) return JobError(check.error());
    if (!current_->recipes.empty()) {
      delta_.insert(delta_.end(), bytes.begin(), bytes.end());
      return {};
    }
    hasher_.Update(bytes);
    if (auto written = writer_->Write(bytes); !written) return JobError(written.error());
    context_.progress.Advance(bytes.size());
    return {};
  }

  Status End() override {
    if (!current_->recipes.empty()) {
      auto made = maker_.Make({current_->digest, current_->recipes}, delta_);
      if (!made) return ConcernsTheJob(made.error()) ? JobError(made.error()) : made;
      context_.progress.Advance(current_->size);
      return {};
    }
    if (hasher_.Finish() != current_->digest) {
      writer_.reset();  // not finished: nothing was added
      return Damaged("does not match the digest of its manifest");
    }
    auto sha1 = writer_->Finish();
    writer_.reset();
    if (!sha1) return JobError(sha1.error());
    stored_[current_->digest] = StoredContent{*sha1, size_, StoredContent::Source::kUpdate};
    return {};
  }

 private:
  Status JobError(const Error& error) {
    job_error_ = error;
    return Fail(error);
  }
  Status Damaged(const std::string& what) const {
    return Fail(Error{Code::kVerificationFailed, fmt::format("{} {}", name_, what),
                      "Download the update again and compare its digest.", cbs::kFileHashMismatch});
  }

  const WantedMembers& wanted_;
  wim::Editor& editor_;
  StoredContents& stored_;
  FileMaker& maker_;
  const Context& context_;
  Bytes delta_;
  const Wanted* current_ = nullptr;
  std::string name_;
  std::uint64_t size_ = 0;
  Sha256Hasher hasher_;
  std::optional<wim::Editor::BlobWriter> writer_;
  std::optional<Error> job_error_;
};

Error Blame(const JobUpdate& update, const Error& cause) {
  Error error = cause.Within(update.input);
  if (error.hresult == 0) error.hresult = cbs::kInvalidData;
  if (error.next_step.empty()) {
    error.next_step = "Download the update again and compare its digest.";
  }
  return error;
}

// Takes from `wanted` what the cache has. What it should not have said is compressed anew.
Status TakeFromCache(PayloadCache& cache, WantedMembers& wanted, wim::Editor& editor,
                     StoredContents& stored, const Context& context) {
  const auto& header = editor.file().header();
  for (auto member = wanted.begin(); member != wanted.end();) {
    WW_RETURN_IF_ERROR(context.cancel.Check());
    const auto& digest = member->second.digest;
    const auto* blob = cache.Find(digest, header.compression(), header.chunk_size);
    if (blob == nullptr) {
      ++member;
      continue;
    }
    const auto size = blob->where.size;
    auto added = size == member->second.size || !member->second.recipes.empty()
                     ? editor.AddStored(*blob)
                     : Fail(Code::kVerificationFailed, "a content of the cache has another size");
    if (added) {
      stored[digest] = StoredContent{blob->hash, size, StoredContent::Source::kCache};
      context.progress.Advance(size);
      member = wanted.erase(member);
      continue;
    }
    const auto code = added.error().code;
    if (code != Code::kVerificationFailed && code != Code::kCorrupt) return added;
    cache.Drop(digest, context.log);
    ++member;
  }
  return {};
}

}  // namespace

std::uint64_t PayloadBytes(const JobPlan& plan) {
  std::uint64_t sum = 0;
  for (const auto& of_update : CollectWanted(plan)) {
    for (const auto& [member, wanted] : of_update.members) sum += wanted.size;
  }
  return sum;
}

namespace {

// Everything of one update. An error that sets `job` concerns the job and not the update.
class UpdatePayload {
 public:
  UpdatePayload(WantedOfUpdate& wanted, const JobUpdate& update, wim::Editor& editor,
                StoredContents& stored, const Context& context)
      : wanted_(wanted),
        update_(update),
        editor_(editor),
        stored_(stored),
        context_(context),
        maker_(editor, stored) {}

  Status Store(std::optional<Error>& job) {
    for (const auto& file : wanted_.carried) {
      WW_RETURN_IF_ERROR(context_.cancel.Check());
      auto made = maker_.Make({file.digest, file.recipes}, {});
      if (!made && ConcernsTheJob(made.error())) job = made.error();
      WW_RETURN_IF_ERROR(made);
    }
    if (wanted_.members.empty()) return {};
    std::vector<std::size_t> members;
    members.reserve(wanted_.members.size());
    for (const auto& [member, what] : wanted_.members) members.push_back(member);
    PayloadSink sink(wanted_.members, editor_, stored_, maker_, context_);
    if (auto streamed = update_.source->members().Stream(members, sink); !streamed) {
      job = sink.job_error();
      return streamed;
    }
    std::map<std::size_t, Sha256Digest> digests;
    for (const auto& [member, what] : wanted_.members) {
      if (stored_.count(what.digest) == 0) {
        return Fail(Code::kCorrupt, "the container ends before all payload was read");
      }
      if (what.recipes.empty()) digests.emplace(member, what.digest);
    }
    auto proved = maker_.ProveReverseDeltas(digests);
    if (!proved && ConcernsTheJob(proved.error())) job = proved.error();
    return proved;
  }

 private:
  WantedOfUpdate& wanted_;
  const JobUpdate& update_;
  wim::Editor& editor_;
  StoredContents& stored_;
  const Context& context_;
  FileMaker maker_;
};

}  // namespace

Status StorePayload(const JobPlan& plan, const UpdateSet& updates, wim::Editor& editor,
                    PayloadCache* cache, StoredContents& stored,
                    std::optional<PayloadFailure>& damaged, const Context& context) {
  for (auto& wanted : CollectWanted(plan)) {
    if (cache != nullptr) {
      WW_TRY_STATUS(TakeFromCache(*cache, wanted.members, editor, stored, context),
                    "payload cache");
    }
    const auto& update = updates.updates[wanted.update];
    std::optional<Error> job;
    auto done = UpdatePayload(wanted, update, editor, stored, context).Store(job);
    if (done) continue;
    if (job) return Fail(*job);
    WW_RETURN_IF_ERROR(context.cancel.Check());
    damaged = PayloadFailure{wanted.update, Blame(update, done.error())};
    return Fail(damaged->error);
  }
  return {};
}

Status StoreContents(ContentPool& pool, wim::Editor& editor, StoredContents& stored,
                     const Context& context) {
  for (const auto& [digest, bytes] : pool) {
    WW_RETURN_IF_ERROR(context.cancel.Check());
    WW_TRY(const auto sha1, editor.AddBlob(*bytes), "storing manifests and catalogues");
    stored[digest] = StoredContent{sha1, bytes->size()};
    context.progress.Advance(bytes->size());
  }
  ContentPool().swap(pool);
  return {};
}

}  // namespace ww::servicing
