#include "payload_stream.h"

#include <fmt/format.h>

#include <map>
#include <unordered_set>

#include "wimwright/cab/members.h"
#include "wimwright/cbs/hresult.h"

namespace ww::servicing {
namespace {

struct Wanted {
  Sha256Digest digest{};
  std::uint64_t size = 0;
};
using WantedMembers = std::map<std::size_t, Wanted>;

// By update; contents that several members hold are taken from the first.
std::map<std::size_t, WantedMembers> CollectWanted(const JobPlan& plan) {
  std::map<std::size_t, WantedMembers> out;
  std::unordered_set<Sha256Digest, DigestHash> seen;
  std::unordered_set<const FileChanges*> lists;
  for (const auto& index : plan.indexes) {
    if (!lists.insert(index.files.get()).second) continue;
    for (const auto& change : *index.files) {
      if (change.kind != cbs::FileChange::Kind::kPayload) continue;
      // A content that the plan writes itself is in the pool already.
      if (plan.contents.count(change.digest) != 0 || !seen.insert(change.digest).second) continue;
      out[change.update].insert_or_assign(change.member, Wanted{change.digest, change.size});
    }
  }
  return out;
}

class PayloadSink final : public cab::MemberSink {
 public:
  PayloadSink(const WantedMembers& wanted, wim::Editor& editor, StoredContents& stored,
              const Context& context)
      : wanted_(wanted), editor_(editor), stored_(stored), context_(context) {}

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
    hasher_.Update(bytes);
    if (auto written = writer_->Write(bytes); !written) return JobError(written.error());
    context_.progress.Advance(bytes.size());
    return {};
  }

  Status End() override {
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
  const Context& context_;
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
    const auto& [digest, size] = member->second;
    const auto* blob = cache.Find(digest, header.compression(), header.chunk_size);
    if (blob == nullptr) {
      ++member;
      continue;
    }
    auto added = blob->where.size == size
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
  for (const auto& [update, members] : CollectWanted(plan)) {
    for (const auto& [member, wanted] : members) sum += wanted.size;
  }
  return sum;
}

Status StorePayload(const JobPlan& plan, const UpdateSet& updates, wim::Editor& editor,
                    PayloadCache* cache, StoredContents& stored,
                    std::optional<PayloadFailure>& damaged, const Context& context) {
  auto collected = CollectWanted(plan);
  for (auto& [number, members] : collected) {
    if (cache != nullptr) {
      WW_TRY_STATUS(TakeFromCache(*cache, members, editor, stored, context), "payload cache");
    }
    if (members.empty()) continue;
    const auto& update = updates.updates[number];
    std::vector<std::size_t> wanted;
    wanted.reserve(members.size());
    for (const auto& [member, what] : members) wanted.push_back(member);
    PayloadSink sink(members, editor, stored, context);
    auto streamed = update.source->members().Stream(wanted, sink);
    if (!streamed) {
      if (sink.job_error()) return Fail(*sink.job_error());
      WW_RETURN_IF_ERROR(context.cancel.Check());
      damaged = PayloadFailure{number, Blame(update, streamed.error())};
      return Fail(damaged->error);
    }
    for (const auto& [member, what] : members) {
      if (stored.count(what.digest) != 0) continue;
      damaged = PayloadFailure{
          number,
          Blame(update, {Code::kCorrupt, "the container ends before all payload was read"})};
      return Fail(damaged->error);
    }
  }
  return {};
}

Status StoreContents(ContentPool& pool, wim::Editor& editor, StoredContents& stored,
                     const Context& context) {
  for (const auto& [digest, bytes] : pool) {
    WW_RETURN_IF_ERROR(context.cancel.Check());
    WW_TRY(const auto sha1, editor.AddBlob(bytes), "storing manifests and catalogues");
    stored[digest] = StoredContent{sha1, bytes.size()};
    context.progress.Advance(bytes.size());
  }
  ContentPool().swap(pool);
  return {};
}

}  // namespace ww::servicing
