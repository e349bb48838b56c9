#include "wimwright/wim/blob_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "codec.h"
#include "resource_layout.h"

namespace ww::wim {
namespace {

constexpr std::uint64_t kWindow = 4096;           // chunk table entries held at a time
constexpr std::uint64_t kReadAhead = 256 * 1024;  // stored bytes read at once
constexpr std::size_t kCachedChunks = 4;

}  // namespace

class BlobReader::State {
 public:
  State(const File& file, const ResourceLocation& where, Compression compression,
        std::uint32_t chunk_size)
      : file_(file),
        where_(where),
        compression_(compression),
        layout_(where.size, where.compressed() ? chunk_size : 0) {}

  std::uint64_t size() const { return where_.size; }
  std::uint64_t chunks() const { return layout_.chunks(); }

  Status Check() const {
    if (!where_.compressed()) {
      if (where_.size_in_wim == where_.size) return {};
      return Fail(Code::kCorrupt, fmt::format("{} bytes stored as {}, but not compressed",
                                              where_.size, where_.size_in_wim));
    }
    if (compression_ == Compression::kNone) {
      return Fail(Code::kCorrupt, "a compressed resource in an uncompressed WIM");
    }
    if (layout_.table_size() > where_.size_in_wim) {
      return Fail(Code::kCorrupt, fmt::format("a chunk table of {} bytes in a resource of {}",
                                              layout_.table_size(), where_.size_in_wim));
    }
    return {};
  }

  Status ReadAt(std::uint64_t offset, MutableByteView out) {
    if (offset > size() || out.size() > size() - offset) {
      return Fail(Code::kUsage,
                  fmt::format("range {}+{} of a blob of {} bytes", offset, out.size(), size()));
    }
    if (!where_.compressed()) return file_.ReadAt(where_.offset + offset, out);
    if (out.empty()) return {};
    const auto last = (offset + out.size() - 1) / layout_.chunk_size();
    while (!out.empty()) {
      const auto index = offset / layout_.chunk_size();
      const auto inside = static_cast<std::size_t>(offset % layout_.chunk_size());
      const auto length = layout_.chunk_length(index);
      const auto step = std::min(out.size(), length - inside);
      if (step == length) {
        WW_RETURN_IF_ERROR(Expand(index, last, out.first(step)));
      } else {
        WW_TRY(const auto chunk, Cached(index), "reading a blob");
        std::copy_n(chunk.begin() + static_cast<std::ptrdiff_t>(inside), step, out.begin());
      }
      offset += step;
      out = out.subspan(step);
    }
    return {};
  }

  // A view into a buffer that lives until the next call. Reads ahead to chunk `last`.
  Result<ByteView> Stored(std::uint64_t index, std::uint64_t last) {
    WW_RETURN_IF_ERROR(LoadWindow(index));
    const auto begin = Offset(index);
    const auto end = Offset(index + 1);
    if (begin >= end || end - begin > layout_.chunk_length(index)) {
      return Fail(Code::kCorrupt, fmt::format("chunk {} is stored at {} to {}", index, begin, end));
    }
    if (begin < stored_begin_ || end > stored_begin_ + stored_.size()) {
      auto until = end;
      for (auto next = index + 1; next <= last && next < window_begin_ + window_.size() - 1;
           ++next) {
        const auto next_end = Offset(next + 1);
        if (next_end <= until || next_end - begin > kReadAhead) break;
        until = next_end;
      }
      stored_.resize(static_cast<std::size_t>(until - begin));
      stored_begin_ = begin;
      if (auto read = file_.ReadAt(where_.offset + layout_.table_size() + begin, stored_); !read) {
        stored_.clear();
        return Fail(read.error());
      }
    }
    return ByteView(stored_).subspan(static_cast<std::size_t>(begin - stored_begin_),
                                     static_cast<std::size_t>(end - begin));
  }

 private:
  struct CacheEntry {
    std::uint64_t index = 0;
    std::uint64_t used = 0;  // 0: empty
    Bytes bytes;
  };

  // Where chunk `index` begins, from the end of the chunk table. LoadWindow() first.
  std::uint64_t Offset(std::uint64_t index) const {
    return window_[static_cast<std::size_t>(index - window_begin_)];
  }

  // Afterwards window_ holds the begin of `index` and of the chunk behind it, all proved to lie
  // inside.
  Status LoadWindow(std::uint64_t index) {
    if (index >= window_begin_ && index - window_begin_ + 1 < window_.size()) return {};
    const auto first = index / kWindow * kWindow;
    const auto count = std::min(kWindow, chunks() - first);
    const auto data_size = where_.size_in_wim - layout_.table_size();
    window_.clear();
    // Entry i of the table is the begin of chunk i + 1.
    const auto from = first == 0 ? 0 : first - 1;
    const auto until = std::min(first + count, chunks() - 1);
    Bytes raw(static_cast<std::size_t>((until - from) * layout_.entry_size()));
    WW_RETURN_IF_ERROR(file_.ReadAt(where_.offset + from * layout_.entry_size(), raw));
    std::vector<std::uint64_t> offsets;
    offsets.reserve(static_cast<std::size_t>(count + 1));
    if (first == 0) offsets.push_back(0);
    for (std::size_t at = 0; at < raw.size(); at += layout_.entry_size()) {
      offsets.push_back(layout_.entry_size() == 4 ? LoadLe<std::uint32_t>(raw.data() + at)
                                                  : LoadLe<std::uint64_t>(raw.data() + at));
      if (offsets.back() > data_size) {
        return Fail(Code::kCorrupt,
                    fmt::format("a chunk at {} of {} stored bytes", offsets.back(), data_size));
      }
    }
    if (first + count == chunks()) offsets.push_back(data_size);
    window_ = std::move(offsets);
    window_begin_ = first;
    return {};
  }

  Status Expand(std::uint64_t index, std::uint64_t last, MutableByteView out) {
    WW_TRY(const auto stored, Stored(index, last), "reading a blob");
    if (stored.size() == out.size()) {
      std::copy(stored.begin(), stored.end(), out.begin());
      return {};
    }
    if (!decompressor_) {
      WW_TRY(auto made, Decompressor::Create(compression_, layout_.chunk_size()), "reading a blob");
      decompressor_.emplace(std::move(made));
    }
    return decompressor_->Decompress(stored, out);
  }

  Result<ByteView> Cached(std::uint64_t index) {
    CacheEntry* oldest = &cache_[0];
    for (auto& entry : cache_) {
      if (entry.used != 0 && entry.index == index) {
        entry.used = ++clock_;
        return ByteView(entry.bytes);
      }
      if (entry.used < oldest->used) oldest = &entry;
    }
    oldest->used = 0;
    oldest->bytes.resize(layout_.chunk_length(index));
    WW_RETURN_IF_ERROR(Expand(index, index, oldest->bytes));
    oldest->index = index;
    oldest->used = ++clock_;
    return ByteView(oldest->bytes);
  }

  const File& file_;
  const ResourceLocation where_;
  const Compression compression_;
  const ResourceLayout layout_;
  std::uint64_t window_begin_ = 0;
  std::vector<std::uint64_t> window_;
  Bytes stored_;
  std::uint64_t stored_begin_ = 0;
  std::optional<Decompressor> decompressor_;
  std::array<CacheEntry, kCachedChunks> cache_;
  std::uint64_t clock_ = 0;
};

BlobReader::BlobReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
BlobReader::~BlobReader() = default;

Result<std::unique_ptr<BlobReader>> BlobReader::Open(const File& file,
                                                     const ResourceLocation& where,
                                                     Compression compression,
                                                     std::uint32_t chunk_size) {
  auto state = std::make_unique<State>(file, where, compression, chunk_size);
  WW_RETURN_IF_ERROR(state->Check());
  return std::unique_ptr<BlobReader>(new BlobReader(std::move(state)));
}

std::uint64_t BlobReader::size() const { return state_->size(); }

Status BlobReader::ReadAt(std::uint64_t offset, MutableByteView out) {
  return state_->ReadAt(offset, out);
}

std::uint64_t BlobReader::stored_chunks() const { return state_->chunks(); }

Result<Bytes> BlobReader::ReadStoredChunk(std::uint64_t index) {
  if (index >= stored_chunks()) return Fail(Code::kUsage, fmt::format("no chunk {}", index));
  // Reads ahead: whoever keeps one chunk usually keeps its neighbours.
  WW_TRY(const auto view, state_->Stored(index, stored_chunks() - 1), "reading a chunk");
  return ToBytes(view);
}

}  // namespace ww::wim
