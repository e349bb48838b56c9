#include "resource_io.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "wimwright/base/text.h"
#include "wimwright/wim/blob_reader.h"

namespace ww::wim {
namespace {

constexpr std::size_t kPart = 1u << 20;  // what one thread decompresses at a time

// Threads take parts in turn. The first error stops all.
class ParallelRead {
 public:
  ParallelRead(const File& file, const ResourceLocation& where, Compression compression,
               std::uint32_t chunk_size, MutableByteView out)
      : file_(file),
        where_(where),
        compression_(compression),
        chunk_size_(chunk_size),
        part_(std::max<std::size_t>(kPart, chunk_size)),  // both are powers of two
        out_(out) {}

  Status Run(unsigned threads) {
    std::vector<std::thread> helpers;
    for (unsigned i = 1; i < threads; ++i) helpers.emplace_back([this] { Work(); });
    Work();
    for (auto& helper : helpers) helper.join();
    if (error_) return Fail(*error_);
    return {};
  }

 private:
  void Work() {
    auto reader = BlobReader::Open(file_, where_, compression_, chunk_size_);
    if (!reader) return Stop(reader.error());
    while (!stop_.load()) {
      const auto begin = next_.fetch_add(part_);
      if (begin >= out_.size()) return;
      const auto size = std::min(part_, out_.size() - begin);
      if (auto read = (*reader)->ReadAt(begin, out_.subspan(begin, size)); !read) {
        return Stop(read.error());
      }
    }
  }

  void Stop(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = error;
    stop_.store(true);
  }

  const File& file_;
  const ResourceLocation& where_;
  const Compression compression_;
  const std::uint32_t chunk_size_;
  const std::size_t part_;
  const MutableByteView out_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::optional<Error> error_;
};

}  // namespace

unsigned ThreadCount(unsigned wanted) {
  constexpr unsigned kMost = 64;
  return std::clamp(wanted != 0 ? wanted : std::thread::hardware_concurrency(), 1u, kMost);
}

Result<Bytes> ReadResource(const File& file, const ResourceLocation& where, Compression compression,
                           std::uint32_t chunk_size, std::uint64_t limit) {
  if (where.size > limit) {
    return Fail(Code::kLimit,
                fmt::format("a resource of {} bytes, at most {} are expected", where.size, limit));
  }
  // Fails early, before memory is spent on what a broken header announces.
  WW_TRY(const auto reader, BlobReader::Open(file, where, compression, chunk_size), "resource");
  if (where.compressed() && where.size / 20000 > where.size_in_wim) {
    return Fail(Code::kCorrupt,
                fmt::format("{} bytes cannot hold {}", where.size_in_wim, where.size));
  }
  if (!where.compressed()) {
    WW_TRY(const auto file_size, file.Size(), "resource");
    if (where.end() > file_size) {
      return Fail(Code::kCorrupt, fmt::format("resource {}+{} lies outside of the file of {} bytes",
                                              where.offset, where.size_in_wim, file_size));
    }
  }
  Bytes out;
  out.reserve(
      static_cast<std::size_t>((where.size + 7) & ~std::uint64_t{7}));  // Image::Parse() pads
  out.resize(static_cast<std::size_t>(where.size));
  if (!where.compressed() || out.size() < 2 * kPart) {
    WW_RETURN_IF_ERROR(reader->ReadAt(0, out));
    return out;
  }
  WW_RETURN_IF_ERROR(ParallelRead(file, where, compression, chunk_size, out).Run(ThreadCount(0)));
  return out;
}

Status CheckDigest(ByteView content, const Sha1Digest& expected) {
  const auto actual = Sha1(content);
  if (actual == expected) return {};
  return Fail(Code::kVerificationFailed, fmt::format("the content has SHA-1 {}, expected is {}",
                                                     ToHex(actual), ToHex(expected)));
}

}  // namespace ww::wim
