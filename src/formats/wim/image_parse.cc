#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <random>

#include "image_state.h"
#include "wimwright/base/text.h"

namespace ww::wim {
namespace {

// Marks which 8-byte units of the resource belong to an entry already: two lists that share one, a
// list inside of an entry and every cycle run into a marked unit.
class Coverage {
 public:
  explicit Coverage(std::size_t bytes) : words_(bytes / 8 / 64 + 1) {}

  // False: part of the range is taken. `offset` and `size` are multiples of 8.
  bool Take(std::size_t offset, std::size_t size) {
    for (std::size_t unit = offset / 8, end = (offset + size) / 8; unit < end;) {
      const auto bit = unit % 64;
      const auto count = std::min<std::size_t>(64 - bit, end - unit);
      const auto mask = (count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1) << bit;
      auto& word = words_[unit / 64];
      if ((word & mask) != 0) return false;
      word |= mask;
      unit += count;
    }
    return true;
  }

 private:
  std::vector<std::uint64_t> words_;
};

// What would make a path ambiguous. Colons and control characters are bad names too, but harmless
// here.
bool NameBreaksPaths(Dentry entry) {
  const auto units = entry.name_units();
  if (units == 0) return true;
  if (entry.name_unit(0) == u'.' && (units == 1 || (units == 2 && entry.name_unit(1) == u'.'))) {
    return true;
  }
  for (std::size_t i = 0; i < units; ++i) {
    const auto unit = entry.name_unit(i);
    if (unit == u'/' || unit == u'\\' || unit == 0) return true;
  }
  return false;
}

struct Pending {
  std::uint32_t node;
  int depth;
};

}  // namespace

// Builds the nodes of a State whose base and security table are there.
class ImageParser {
 public:
  explicit ImageParser(Image::State& state) : state_(state), coverage_(state.base.size()) {}

  Status Run() {
    const auto root_offset = state_.security.read_size();
    state_.nodes.reserve(state_.base.size() / 192 + 16);  // the usual size of an entry in Windows
    WW_TRY_STATUS(AddNode(root_offset, kNoNode), "root entry");
    if (!state_.At(0).directory()) return Fail(Code::kCorrupt, "the root is not a directory");
    std::vector<Pending> pending{{0, 0}};
    while (!pending.empty()) {
      const auto next = pending.back();
      pending.pop_back();
      const auto first_new = static_cast<std::uint32_t>(state_.nodes.size());
      if (auto read = ReadList(next.node); !read) return Fail(read.error());
      // Backwards, so that the first directory is the next one read, as it lies in the resource.
      for (auto node = static_cast<std::uint32_t>(state_.nodes.size()); node-- > first_new;) {
        if (!state_.At(node).container() || state_.At(node).subdir_offset() == 0) continue;
        if (next.depth + 1 >= kMostDepth) {
          return Fail(Code::kCorrupt, fmt::format("directories nest deeper than {}", kMostDepth));
        }
        pending.push_back({node, next.depth + 1});
      }
    }
    state_.nodes.shrink_to_fit();
    state_.read_count = static_cast<std::uint32_t>(state_.nodes.size());
    WW_RETURN_IF_ERROR(IndexNames());
    LinkGroups();
    return {};
  }

 private:
  // The entry at `offset`, which is a multiple of 8 inside of the resource; answers its size.
  Result<std::size_t> CheckEntry(std::size_t offset) {
    WW_TRY(const auto size, CheckDentry(ByteView(state_.base).subspan(offset)),
           fmt::format("at {}", offset));
    if (!coverage_.Take(offset, size)) {
      return Fail(
          Code::kCorrupt,
          fmt::format("the entry at {} overlaps another one, or directories form a cycle", offset));
    }
    return size;
  }

  Status AddNode(std::size_t offset, std::uint32_t parent) {
    WW_TRY(next_, CheckEntry(offset), "directory entry");
    next_ += offset;
    if (state_.nodes.size() >= kMostNodes) return Fail(Code::kLimit, "too many entries");
    const auto node = static_cast<std::uint32_t>(state_.nodes.size());
    state_.nodes.emplace_back();
    state_.nodes[node].raw = state_.base.data() + offset;
    if (parent == kNoNode) return {};
    const Dentry entry = state_.At(node);
    if (NameBreaksPaths(entry)) {
      return Fail(Code::kCorrupt, fmt::format("the entry at {} has the name \"{}\"", offset,
                                              Utf16LeToUtf8(entry.name()).value_or("")));
    }
    state_.nodes[node].parent = parent;
    state_.nodes[node].name_hash = state_.HashName(parent, entry);
    state_.LinkChild(parent, node);
    return {};
  }

  Status ReadList(std::uint32_t directory) {
    const auto subdir = state_.At(directory).subdir_offset();
    if (subdir == 0) return {};
    const auto size = state_.base.size();
    if (subdir % 8 != 0 || subdir > size) {
      return Fail(Code::kCorrupt, fmt::format("a directory list at {} of {} bytes", subdir, size));
    }
    auto at = static_cast<std::size_t>(subdir);
    while (true) {
      if (size - at < dentry::kEndOfDirectory) {
        return Fail(Code::kCorrupt, fmt::format("a directory list at {} without an end", subdir));
      }
      // Any length that has no room for more than itself ends a list.
      if (LoadLe<std::uint64_t>(state_.base.data() + at) <= dentry::kEndOfDirectory) return {};
      WW_RETURN_IF_ERROR(AddNode(at, directory));
      at = next_;
    }
  }

  // At the end, when the number of entries is known: the index never has to grow.
  Status IndexNames() {
    state_.slots.assign(std::bit_ceil(state_.nodes.size() * 2 + 16), 0);
    for (std::uint32_t node = 1; node < state_.nodes.size(); ++node) {
      if (state_.Index(node)) continue;
      return Fail(Code::kCorrupt, fmt::format("two entries with the name \"{}\" in one directory",
                                              Utf16LeToUtf8(state_.At(node).name()).value_or("")));
    }
    return {};
  }

  // Entries of one group id form a ring, but only if they have the same content: ids that damaged
  // or careless writers used twice must not make one file of two.
  void LinkGroups() {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> members;
    for (std::uint32_t node = 0; node < state_.nodes.size(); ++node) {
      const auto group = state_.At(node).link_group();
      if (group != 0) members.emplace_back(group, node);
      state_.highest_group = std::max(state_.highest_group, group);
    }
    std::sort(members.begin(), members.end());
    std::vector<std::pair<Sha1Digest, std::uint32_t>> files;
    for (std::size_t begin = 0; begin < members.size();) {
      files.clear();
      auto end = begin;
      for (; end < members.size() && members[end].first == members[begin].first; ++end) {
        files.emplace_back(state_.At(members[end].second).content_hash(), members[end].second);
      }
      if (files.size() > 1) LinkFiles(files);
      begin = end;
    }
  }

  void LinkFiles(std::vector<std::pair<Sha1Digest, std::uint32_t>>& files) {
    std::sort(files.begin(), files.end());
    for (std::size_t begin = 0; begin < files.size();) {
      auto end = begin + 1;
      while (end < files.size() && files[end].first == files[begin].first) ++end;
      for (auto i = begin; end - begin > 1 && i < end; ++i) {
        state_.nodes[files[i].second].next_link = files[i + 1 < end ? i + 1 : begin].second;
      }
      begin = end;
    }
  }

  Image::State& state_;
  Coverage coverage_;
  std::size_t next_ = 0;  // behind the entry that was added last
};

Result<Image> Image::Parse(Bytes metadata) {
  if (metadata.size() > kMostMetadata) {
    return Fail(Code::kLimit, fmt::format("a metadata resource of {} bytes", metadata.size()));
  }
  auto state = std::make_unique<State>();
  const auto padded = static_cast<std::size_t>(Align8(metadata.size()));
  metadata.reserve(padded);  // not more: this is the largest block of memory there is
  metadata.resize(padded);
  state->base = std::move(metadata);
  state->seed = std::random_device{}();
  WW_TRY(state->security, SecurityTable::Parse(state->base), "image metadata");
  WW_TRY_STATUS(ImageParser(*state).Run(), "image metadata");
  return Image(std::move(state));
}

}  // namespace ww::wim
