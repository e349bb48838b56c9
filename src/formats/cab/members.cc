#include "wimwright/cab/members.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "names.h"
#include "wimwright/base/text.h"

namespace ww::cab {
namespace {

// Keeps every member it is given, up to a total that is known to hold before the stream starts.
class CollectSink final : public MemberSink {
 public:
  explicit CollectSink(std::map<std::size_t, Bytes>& out) : out_(out) {}

  Status Begin(const Member& member, std::size_t index) override {
    current_ = &out_[index];
    current_->clear();
    current_->reserve(static_cast<std::size_t>(member.size));
    return {};
  }
  Status Write(ByteView bytes) override {
    Append(*current_, bytes);
    return {};
  }
  Status End() override { return {}; }

 private:
  std::map<std::size_t, Bytes>& out_;
  Bytes* current_ = nullptr;
};

std::string FoldedName(std::string_view name) {
  std::string folded = FoldCase(name);
  std::replace(folded.begin(), folded.end(), '/', '\\');
  return folded;
}

std::size_t HashOf(std::string_view folded) { return std::hash<std::string_view>()(folded); }

std::optional<std::size_t> FindFolded(const std::vector<Member>& list, const PositionIndex& index,
                                      std::string_view folded) {
  return index.Find(HashOf(folded),
                    [&](std::size_t i) { return FoldedName(list[i].name) == folded; });
}

// What positions have room for, and far more than any package has.
constexpr std::size_t kMaxMembers = 1u << 30;

}  // namespace

std::optional<std::size_t> Members::Find(std::string_view name) const {
  return FindFolded(list_, by_name_, FoldedName(name));
}

Status Members::SetList(std::vector<Member> list) {
  if (list.size() >= kMaxMembers) return Fail(Code::kLimit, "too many members");
  PositionIndex by_name;
  by_name.Reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto folded = FoldedName(list[i].name);
    if (FindFolded(list, by_name, folded)) {
      return Fail(Code::kCorrupt, fmt::format("two members are called \"{}\"", list[i].name));
    }
    by_name.Add(HashOf(folded), i);
  }
  std::string last;  // folder: many members lie in one
  for (const auto& member : list) {
    const auto folded = FoldedName(member.name);
    const auto end = folded.rfind('\\');
    const auto folder = std::string_view(folded).substr(0, end == std::string::npos ? 0 : end);
    if (folder.empty() || folder == last) continue;
    last = folder;
    for (auto slash = folded.find('\\'); slash != std::string::npos;
         slash = folded.find('\\', slash + 1)) {
      const auto clash = FindFolded(list, by_name, std::string_view(folded).substr(0, slash));
      if (!clash) continue;
      return Fail(Code::kCorrupt, fmt::format("member \"{}\" lies below member \"{}\"", member.name,
                                              list[*clash].name));
    }
  }
  list_ = std::move(list);
  by_name_ = std::move(by_name);
  return {};
}

Result<std::vector<std::size_t>> Members::CheckWanted(std::span<const std::size_t> wanted) const {
  std::vector<std::size_t> sorted(wanted.begin(), wanted.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  if (!sorted.empty() && sorted.back() >= list_.size()) {
    return Fail(Code::kUsage, fmt::format("member {} of {}", sorted.back(), list_.size()));
  }
  return sorted;
}

Result<Bytes> Members::Read(std::size_t index, std::uint64_t limit) {
  if (index >= list_.size()) {
    return Fail(Code::kUsage, fmt::format("member {} of {}", index, list_.size()));
  }
  if (list_[index].size > limit) {
    return Fail(Code::kLimit, fmt::format("{} has {} bytes, {} are allowed here", list_[index].name,
                                          list_[index].size, limit));
  }
  const auto kept = preloaded_.find(index);
  if (kept != preloaded_.end()) return kept->second;
  const std::size_t one[] = {index};
  auto read = ReadMany(one, limit);
  if (!read) return Fail(read.error());
  return std::move(read->at(index));
}

Result<std::map<std::size_t, Bytes>> Members::ReadMany(std::span<const std::size_t> wanted,
                                                       std::uint64_t total_limit) {
  auto sorted = CheckWanted(wanted);
  if (!sorted) return Fail(sorted.error());
  std::uint64_t left = total_limit;
  for (const auto index : *sorted) {
    if (list_[index].size > left) {
      return Fail(Code::kLimit, fmt::format("{} members have more than {} bytes together",
                                            sorted->size(), total_limit));
    }
    left -= list_[index].size;
  }
  std::map<std::size_t, Bytes> out;
  CollectSink sink(out);
  WW_RETURN_IF_ERROR(Stream(*sorted, sink));
  return out;
}

Status Members::Preload(std::span<const std::size_t> wanted, std::uint64_t total_limit) {
  auto sorted = CheckWanted(wanted);
  if (!sorted) return Fail(sorted.error());
  std::erase_if(*sorted, [this](std::size_t index) { return preloaded_.count(index) != 0; });
  auto read = ReadMany(*sorted, total_limit);
  if (!read) return Fail(read.error());
  preloaded_.merge(*read);
  return {};
}

Status Members::PreloadBySuffix(std::span<const std::string_view> suffixes,
                                std::uint64_t total_limit) {
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < list_.size(); ++i) {
    for (const auto suffix : suffixes) {
      if (!EndsWithNoCase(list_[i].name, suffix)) continue;
      wanted.push_back(i);
      break;
    }
  }
  return Preload(wanted, total_limit);
}

Result<std::shared_ptr<const File>> Members::OpenInPlace(std::size_t index) {
  static_cast<void>(index);
  return std::shared_ptr<const File>();
}

}  // namespace ww::cab
