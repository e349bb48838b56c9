#include "wimwright/cab/cabinet.h"

#include <fmt/format.h>

#include <algorithm>

#include "cab_header.h"
#include "data_blocks.h"
#include "folder_decoder.h"

namespace ww::cab {
namespace {

// Cuts the stream of one folder into the members that are wanted, which are sorted by offset and do
// not overlap.
class Splitter {
 public:
  Splitter(const CabTables& tables, std::span<const std::size_t> wanted, MemberSink& sink)
      : tables_(tables), wanted_(wanted), sink_(sink) {}

  std::uint64_t end() const {
    std::uint64_t end = 0;
    for (const auto i : wanted_) {
      const auto size = tables_.members[i].size;
      if (size != 0) end = tables_.files[i].offset + size;
    }
    return end;
  }

  Status Write(ByteView bytes) {
    while (!bytes.empty()) {
      WW_RETURN_IF_ERROR(PassEmptyMembers());
      if (wanted_.empty()) return {};
      const auto index = wanted_.front();
      const auto begin = std::uint64_t{tables_.files[index].offset};
      const auto end = begin + tables_.members[index].size;
      const bool inside = position_ >= begin;
      const auto take = static_cast<std::size_t>(
          std::min<std::uint64_t>(bytes.size(), (inside ? end : begin) - position_));
      if (position_ == begin) WW_RETURN_IF_ERROR(sink_.Begin(tables_.members[index], index));
      if (inside) WW_RETURN_IF_ERROR(sink_.Write(bytes.first(take)));
      position_ += take;
      bytes = bytes.subspan(take);
      if (position_ != end) continue;
      WW_RETURN_IF_ERROR(sink_.End());
      wanted_ = wanted_.subspan(1);
    }
    return {};
  }

  Status PassEmptyMembers() {
    for (; !wanted_.empty() && tables_.members[wanted_.front()].size == 0;
         wanted_ = wanted_.subspan(1)) {
      WW_RETURN_IF_ERROR(sink_.Begin(tables_.members[wanted_.front()], wanted_.front()));
      WW_RETURN_IF_ERROR(sink_.End());
    }
    return {};
  }

 private:
  const CabTables& tables_;
  std::span<const std::size_t> wanted_;
  MemberSink& sink_;
  std::uint64_t position_ = 0;
};

class CabMembers final : public Members {
 public:
  CabMembers(std::shared_ptr<const File> file, CabTables tables)
      : file_(std::move(file)), tables_(std::move(tables)), stored_(tables_.folders.size()) {}

  Status Prepare() { return SetList(tables_.members); }

  Status Stream(std::span<const std::size_t> wanted, MemberSink& sink) override {
    auto order = CheckWanted(wanted);
    if (!order) return Fail(order.error());
    std::sort(order->begin(), order->end(),
              [this](std::size_t a, std::size_t b) { return Place(a) < Place(b); });
    std::span<const std::size_t> rest = *order;
    while (!rest.empty()) {
      const auto folder = tables_.files[rest.front()].folder;
      const auto next = std::find_if(rest.begin(), rest.end(), [this, folder](std::size_t i) {
        return tables_.files[i].folder != folder;
      });
      const auto count = static_cast<std::size_t>(next - rest.begin());
      WW_RETURN_IF_ERROR(StreamFolder(folder, rest.first(count), sink));
      rest = rest.subspan(count);
    }
    return {};
  }

  Result<std::shared_ptr<const File>> OpenInPlace(std::size_t index) override {
    const std::size_t one[] = {index};
    if (auto checked = CheckWanted(one); !checked) return Fail(checked.error());
    if (tables_.folders[tables_.files[index].folder].method() != Compression::kNone) {
      return std::shared_ptr<const File>();
    }
    auto folder = Stored(tables_.files[index].folder);
    if (!folder) return Fail(folder.error());
    const std::uint64_t offset = tables_.files[index].offset;
    const auto size = list()[index].size;
    if (offset > (*folder)->size() || size > (*folder)->size() - offset) {
      return Fail(Code::kCorrupt, fmt::format("{} is larger than its folder", list()[index].name));
    }
    return MakeStoredView(*folder, offset, size);
  }

 private:
  // The container's own order. Empty members go before the one that begins at the same byte.
  std::tuple<std::uint16_t, std::uint32_t, bool, std::size_t> Place(std::size_t i) const {
    return {tables_.files[i].folder, tables_.files[i].offset, list()[i].size != 0, i};
  }

  Status StreamFolder(std::size_t folder, std::span<const std::size_t> wanted, MemberSink& sink) {
    if (tables_.folders[folder].method() == Compression::kNone) {
      return StreamStored(folder, wanted, sink);
    }
    Splitter splitter(tables_, wanted, sink);
    WW_RETURN_IF_ERROR(DecodeFolder(*file_, tables_, tables_.folders[folder], splitter.end(),
                                    [&splitter](ByteView bytes) { return splitter.Write(bytes); }));
    return splitter.PassEmptyMembers();
  }

  // Uncompressed: what is not wanted is not read.
  Status StreamStored(std::size_t index, std::span<const std::size_t> wanted, MemberSink& sink) {
    auto folder = Stored(index);
    if (!folder) return Fail(folder.error());
    Bytes buffer(8 * kBlockSize);
    for (const auto i : wanted) {
      WW_RETURN_IF_ERROR(sink.Begin(list()[i], i));
      std::uint64_t at = tables_.files[i].offset;
      for (std::uint64_t left = list()[i].size; left != 0;) {
        const auto part = MutableByteView(buffer).first(
            static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size())));
        WW_RETURN_IF_ERROR((*folder)->ReadAt(at, part));
        WW_RETURN_IF_ERROR(sink.Write(part));
        at += part.size();
        left -= part.size();
      }
      WW_RETURN_IF_ERROR(sink.End());
    }
    return {};
  }

  Result<std::shared_ptr<const StoredFolder>> Stored(std::size_t folder) {
    if (stored_[folder] == nullptr) {
      auto built = StoredFolder::Build(file_, tables_, tables_.folders[folder]);
      if (!built) return Fail(built.error());
      stored_[folder] = *std::move(built);
    }
    return stored_[folder];
  }

  std::shared_ptr<const File> file_;
  CabTables tables_;
  std::vector<std::shared_ptr<const StoredFolder>> stored_;  // built when first needed
};

}  // namespace

Result<std::unique_ptr<Members>> OpenCabinet(std::shared_ptr<const File> file) {
  auto tables = ReadCabTables(*file);
  if (!tables) return Fail(tables.error());
  auto members = std::make_unique<CabMembers>(std::move(file), *std::move(tables));
  WW_RETURN_IF_ERROR(members->Prepare());
  return std::unique_ptr<Members>(std::move(members));
}

}  // namespace ww::cab
