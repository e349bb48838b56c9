#include "cabinet_set.h"

namespace ww::cab {
namespace {

struct Place {
  std::size_t part = 0;
  std::size_t index = 0;
};

// Gives members of one part their number in the whole.
class Renumber final : public MemberSink {
 public:
  Renumber(const std::vector<std::size_t>& numbers, MemberSink& out)
      : numbers_(numbers), out_(out) {}
  Status Begin(const Member& member, std::size_t index) override {
    return out_.Begin(member, numbers_[index]);
  }
  Status Write(ByteView bytes) override { return out_.Write(bytes); }
  Status End() override { return out_.End(); }

 private:
  const std::vector<std::size_t>& numbers_;
  MemberSink& out_;
};

class JoinedMembers final : public Members {
 public:
  explicit JoinedMembers(std::vector<SetPart> parts) : parts_(std::move(parts)) {}

  Status Prepare() {
    std::vector<Member> list;
    numbers_.resize(parts_.size());
    std::size_t count = 0;
    for (const auto& part : parts_) count += part.members->list().size();
    list.reserve(count);
    places_.reserve(count);
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      const auto& members = parts_[p].members->list();
      std::vector<bool> hidden(members.size());
      for (const auto i : parts_[p].hidden) hidden[i] = true;
      numbers_[p].assign(members.size(), 0);
      for (std::size_t i = 0; i < members.size(); ++i) {
        if (hidden[i]) continue;
        numbers_[p][i] = list.size();
        places_.push_back({.part = p, .index = i});
        list.push_back(members[i]);
      }
    }
    return SetList(std::move(list));
  }

  Status Stream(std::span<const std::size_t> wanted, MemberSink& sink) override {
    auto sorted = CheckWanted(wanted);
    if (!sorted) return Fail(sorted.error());
    std::vector<std::vector<std::size_t>> by_part(parts_.size());
    for (const auto i : *sorted) by_part[places_[i].part].push_back(places_[i].index);
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      if (by_part[p].empty()) continue;
      Renumber renumber(numbers_[p], sink);
      WW_RETURN_IF_ERROR(parts_[p].members->Stream(by_part[p], renumber));
    }
    return {};
  }

  Result<std::shared_ptr<const File>> OpenInPlace(std::size_t index) override {
    const std::size_t one[] = {index};
    if (auto checked = CheckWanted(one); !checked) return Fail(checked.error());
    return parts_[places_[index].part].members->OpenInPlace(places_[index].index);
  }

 private:
  std::vector<SetPart> parts_;
  std::vector<Place> places_;                      // of each member of the whole
  std::vector<std::vector<std::size_t>> numbers_;  // of each member of each part
};

}  // namespace

Result<std::unique_ptr<Members>> JoinParts(std::vector<SetPart> parts) {
  auto joined = std::make_unique<JoinedMembers>(std::move(parts));
  WW_RETURN_IF_ERROR(joined->Prepare());
  return std::unique_ptr<Members>(std::move(joined));
}

}  // namespace ww::cab
