#include "cix_members.h"

#include <fmt/format.h>

#include <algorithm>

#include "names.h"
#include "wimwright/delta/apply.h"

namespace ww::cab {
namespace {

struct Package {
  std::unique_ptr<Members> stored;
  std::vector<CixEntry> entries;
  std::vector<std::vector<std::size_t>> users;      // of each entry: entries that have it as basis
  std::vector<std::vector<std::size_t>> by_member;  // of each stored member: entries it feeds
};

// One pass over the stored members. Whatever can be rebuilt with what has arrived is rebuilt at
// once and forgotten as soon as nobody needs it: no order of the cabinet is assumed.
class Rebuild final : public MemberSink {
 public:
  Rebuild(const Package& package, const std::vector<Member>& list, MemberSink& out)
      : package_(package), list_(list), out_(out), states_(package.entries.size()) {}

  // Marks what `wanted` needs and answers the stored members to stream.
  std::vector<std::size_t> Plan(std::span<const std::size_t> wanted) {
    for (const auto i : wanted) {
      states_[i].wanted = true;
      for (std::optional<std::size_t> at = i; at && !states_[*at].needed; at = entry(*at).basis) {
        states_[*at].needed = true;
        ++needed_;
        if (const auto basis = entry(*at).basis) ++states_[*basis].pending_users;
      }
    }
    std::vector<std::size_t> members;
    for (std::size_t m = 0; m < package_.by_member.size(); ++m) {
      for (const auto e : package_.by_member[m]) {
        if (!states_[e].needed) continue;
        members.push_back(m);
        break;
      }
    }
    return members;
  }

  bool complete() const { return needed_ == 0; }

  Status Begin(const Member& member, std::size_t index) override {
    feeds_.clear();
    for (const auto e : package_.by_member[index]) {
      if (states_[e].needed) feeds_.push_back(e);
    }
    pass_through_ = feeds_.size() == 1 && entry(feeds_[0]).source->kind == CixSourceKind::kRaw &&
                    states_[feeds_[0]].pending_users == 0;
    if (pass_through_) {
      source_check_.emplace(entry(feeds_[0]).source->digest);
      file_check_.emplace(entry(feeds_[0]).digest);
      return out_.Begin(list_[feeds_[0]], feeds_[0]);
    }
    WW_RETURN_IF_ERROR(Hold(member.size));
    buffer_.clear();
    buffer_.reserve(static_cast<std::size_t>(member.size));
    return {};
  }

  Status Write(ByteView bytes) override {
    if (!pass_through_) {
      Append(buffer_, bytes);
      return {};
    }
    source_check_->Update(bytes);
    file_check_->Update(bytes);
    return out_.Write(bytes);
  }

  Status End() override {
    if (pass_through_) {
      const auto e = feeds_[0];
      if (!source_check_->Finish()) return SourceMismatch(e);
      if (!file_check_->Finish()) return FileMismatch(e);
      --needed_;
      return out_.End();
    }
    for (const auto e : feeds_) {
      if (!Matches(entry(e).source->digest, buffer_)) return SourceMismatch(e);
    }
    // Nearly always one file per member: then the buffer moves.
    for (std::size_t i = 0; i < feeds_.size(); ++i) {
      auto& state = states_[feeds_[i]];
      state.has_source = true;
      if (i + 1 == feeds_.size()) {
        state.source = std::move(buffer_);
      } else {
        WW_RETURN_IF_ERROR(Hold(buffer_.size()));
        state.source = buffer_;
      }
    }
    for (const auto e : feeds_) WW_RETURN_IF_ERROR(Advance(e));
    return {};
  }

 private:
  struct State {
    bool wanted = false;
    bool needed = false;
    bool has_source = false;
    bool done = false;
    std::size_t pending_users = 0;
    Bytes source;
    Bytes output;  // kept while users are pending
  };

  const CixEntry& entry(std::size_t i) const { return package_.entries[i]; }

  tl::unexpected<Error> SourceMismatch(std::size_t e) const {
    return Fail(Code::kCorrupt,
                fmt::format("the stored form of {} does not match its digest", list_[e].name));
  }
  tl::unexpected<Error> FileMismatch(std::size_t e) const {
    return Fail(Code::kVerificationFailed,
                fmt::format("{} was rebuilt but does not match its digest", list_[e].name));
  }

  Status Hold(std::uint64_t bytes) {
    if (bytes > kMaxHeldBytes - held_) {
      return Fail(Code::kLimit,
                  fmt::format("rebuilding needs more than {} MB at once", kMaxHeldBytes >> 20));
    }
    held_ += bytes;
    return {};
  }
  void Drop(Bytes& bytes) {
    held_ -= bytes.size();
    Bytes().swap(bytes);
  }

  bool Ready(std::size_t e) const {
    const auto& state = states_[e];
    if (!state.needed || state.done) return false;
    if (entry(e).source && !state.has_source) return false;
    return !entry(e).basis || states_[*entry(e).basis].done;
  }

  // Rebuilds `first` if it can be, and then all that waited for it.
  Status Advance(std::size_t first) {
    std::vector<std::size_t> work{first};
    while (!work.empty()) {
      const auto e = work.back();
      work.pop_back();
      if (!Ready(e)) continue;
      WW_RETURN_IF_ERROR(Build(e));
      for (const auto user : package_.users[e]) work.push_back(user);
      if (states_[e].pending_users == 0) Drop(states_[e].output);
    }
    return {};
  }

  Status Build(std::size_t e) {
    auto& state = states_[e];
    const auto& file = entry(e);
    State* basis = file.basis ? &states_[*file.basis] : nullptr;
    if (!file.source) {
      WW_RETURN_IF_ERROR(Hold(basis->output.size()));
      state.output = basis->output;
    } else if (file.source->kind == CixSourceKind::kRaw) {
      state.output = std::move(state.source);  // stays counted
      state.source = Bytes();
    } else {
      WW_RETURN_IF_ERROR(Hold(file.length));
      delta::Limits limits;
      limits.max_target = file.length;
      limits.max_source = kMaxHeldBytes;
      WW_TRY(state.output,
             delta::Apply(basis != nullptr ? ByteView(basis->output) : ByteView(), state.source,
                          limits),
             file.name);
      Drop(state.source);
      // Counted above by its declared length, from here by what it is.
      held_ = held_ - file.length + state.output.size();
    }
    if (state.output.size() != file.length) {
      return Fail(Code::kVerificationFailed,
                  fmt::format("{} has {} bytes, the index says {}", file.name, state.output.size(),
                              file.length));
    }
    if (!Matches(file.digest, state.output)) return FileMismatch(e);
    state.done = true;
    --needed_;
    if (basis != nullptr && --basis->pending_users == 0) Drop(basis->output);
    if (!state.wanted) return {};
    WW_RETURN_IF_ERROR(out_.Begin(list_[e], e));
    if (!state.output.empty()) WW_RETURN_IF_ERROR(out_.Write(state.output));
    return out_.End();
  }

  const Package& package_;
  const std::vector<Member>& list_;
  MemberSink& out_;
  std::vector<State> states_;
  std::size_t needed_ = 0;
  std::uint64_t held_ = 0;

  std::vector<std::size_t> feeds_;
  bool pass_through_ = false;
  std::optional<DigestChecker> source_check_;
  std::optional<DigestChecker> file_check_;
  Bytes buffer_;
};

class CixMembers final : public Members {
 public:
  explicit CixMembers(Package package) : package_(std::move(package)) {}

  Status Prepare() {
    std::vector<Member> list;
    list.reserve(package_.entries.size());
    for (const auto& entry : package_.entries) {
      list.push_back({entry.name, entry.length, entry.time, entry.attributes});
    }
    return SetList(std::move(list));
  }

  Status Stream(std::span<const std::size_t> wanted, MemberSink& sink) override {
    auto sorted = CheckWanted(wanted);
    if (!sorted) return Fail(sorted.error());
    Rebuild rebuild(package_, list(), sink);
    const auto members = rebuild.Plan(*sorted);
    WW_RETURN_IF_ERROR(package_.stored->Stream(members, rebuild));
    if (!rebuild.complete()) {
      return Fail(Code::kInternal, "not every file could be rebuilt from the members");
    }
    return {};
  }

 private:
  Package package_;
};

Status Connect(Package& package) {
  const auto& stored = package.stored->list();
  package.users.resize(package.entries.size());
  package.by_member.resize(stored.size());
  for (std::size_t i = 0; i < package.entries.size(); ++i) {
    auto& entry = package.entries[i];
    if (entry.basis) package.users[*entry.basis].push_back(i);
    if (!entry.source) {
      if (entry.length != package.entries[*entry.basis].length) {
        return Fail(Code::kCorrupt, fmt::format("{} is a copy but differs in length", entry.name));
      }
      continue;
    }
    const auto member = package.stored->Find(entry.source->member);
    if (!member) {
      return Fail(Code::kCorrupt, fmt::format("{} comes from member \"{}\", which is missing",
                                              entry.name, entry.source->member));
    }
    if (entry.source->kind == CixSourceKind::kRaw && stored[*member].size != entry.length) {
      return Fail(Code::kCorrupt,
                  fmt::format("{} is stored with another length than listed", entry.name));
    }
    package.by_member[*member].push_back(i);
  }
  for (std::size_t m = 0; m < stored.size(); ++m) {
    if (!package.by_member[m].empty() || stored[m].name == kCixName) continue;
    if (package.stored->Find(kCixName) == m) continue;
    return Fail(Code::kUnsupported,
                fmt::format("member {} is not listed in the container index", stored[m].name));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Members>> OpenIntraPackageDelta(std::unique_ptr<Members> stored) {
  const auto index = stored->Find(kCixName);
  if (!index) return Fail(Code::kNotFound, "no container index");
  WW_TRY(const auto xml, stored->Read(*index, kMaxCixSize), "container index");
  Package package;
  WW_TRY(package.entries, ParseCix(xml), "container index");
  package.stored = std::move(stored);
  WW_RETURN_IF_ERROR(Connect(package));
  auto members = std::make_unique<CixMembers>(std::move(package));
  WW_RETURN_IF_ERROR(members->Prepare());
  return std::unique_ptr<Members>(std::move(members));
}

}  // namespace ww::cab
