#include "nested.h"

#include <fmt/format.h>

#include <optional>

#include "wimwright/cab/cabinet.h"

namespace ww::cab {
namespace {

using Files = std::map<std::size_t, std::shared_ptr<const File>>;

class SpoolSink final : public MemberSink {
 public:
  SpoolSink(const SpoolPlace& place, Files& out) : place_(place), out_(out) {}

  Status Begin(const Member& member, std::size_t index) override {
    index_ = index;
    position_ = 0;
    memory_.clear();
    file_.reset();
    if (member.size <= kSpoolInMemory) {
      memory_.reserve(static_cast<std::size_t>(member.size));
      return {};
    }
    auto file = Create();
    if (!file) return Fail(file.error().Within(fmt::format("room for {}", member.name)));
    file_ = *std::move(file);
    return {};
  }

  Status Write(ByteView bytes) override {
    WW_RETURN_IF_ERROR(place_.cancellation->Check());
    if (file_ == nullptr) {
      Append(memory_, bytes);
      return {};
    }
    WW_RETURN_IF_ERROR(file_->WriteAt(position_, bytes));
    position_ += bytes.size();
    return {};
  }

  Status End() override {
    if (file_ == nullptr) {
      out_[index_] = MakeMemoryFile(std::move(memory_));
      memory_ = Bytes();
    } else {
      out_[index_] = std::shared_ptr<const File>(std::move(file_));
    }
    return {};
  }

 private:
  // Not every file system has unnamed files: the next folder may. The first failure is reported.
  Result<std::unique_ptr<File>> Create() const {
    std::optional<Error> first;
    for (const auto& folder : place_.folders) {
      auto file = place_.fs->CreateUnnamed(folder);
      if (file) return file;
      first = first ? first->FollowedBy(file.error()) : file.error();
    }
    if (!first) return Fail(Code::kInternal, "no folder for temporary files");
    return Fail(*first);
  }

  const SpoolPlace& place_;
  Files& out_;
  std::size_t index_ = 0;
  std::uint64_t position_ = 0;
  Bytes memory_;
  std::unique_ptr<File> file_;
};

}  // namespace

Result<Files> OpenNested(Members& outer, std::span<const std::size_t> wanted,
                         const SpoolPlace& place) {
  Files files;
  std::vector<std::size_t> spooled;
  std::uint64_t total = 0;
  for (const auto index : wanted) {
    auto in_place = outer.OpenInPlace(index);
    if (!in_place) return Fail(in_place.error());
    if (*in_place != nullptr) {
      files[index] = *std::move(in_place);
      continue;
    }
    spooled.push_back(index);
    total += outer.list()[index].size;
  }
  if (total > kMaxSpooled)
    return Fail(Code::kLimit, fmt::format("{} bytes of nested cabinets", total));
  if (!spooled.empty()) {
    SpoolSink sink(place, files);
    WW_RETURN_IF_ERROR(outer.Stream(spooled, sink));
  }
  return files;
}

Result<Bytes> ReadAll(const File& file, std::uint64_t limit) {
  auto size = file.Size();
  if (!size) return Fail(size.error());
  if (*size > limit)
    return Fail(Code::kLimit, fmt::format("{} bytes, {} are allowed here", *size, limit));
  Bytes bytes(static_cast<std::size_t>(*size));
  WW_RETURN_IF_ERROR(file.ReadAt(0, bytes));
  return bytes;
}

}  // namespace ww::cab
