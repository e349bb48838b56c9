#include "resource_io.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <new>
#include <optional>
#include <vector>

#include "helpers.h"
#include "wimwright/base/text.h"
#include "wimwright/wim/blob_reader.h"

namespace ww::wim {
namespace {

constexpr std::size_t kPart = 256 * 1024;  // what one thread decompresses at a time
constexpr std::size_t kWorthThreads = 8 * kPart;

// Threads take parts in turn; the calling thread also hashes what is complete, in order. The first
// error stops all.
class ParallelRead {
 public:
  ParallelRead(const File& file, const ResourceLocation& where, Compression compression,
               std::uint32_t chunk_size, MutableByteView out)
      : file_(file),
        where_(where),
        compression_(compression),
        chunk_size_(chunk_size),
        part_(std::max<std::size_t>(kPart, chunk_size)),  // both are powers of two
        out_(out),
        done_((out.size() + part_ - 1) / part_, false) {}

  // `hasher` may be null.
  Status Run(unsigned threads, Sha1Hasher* hasher) {
    Helpers helpers(threads == 0 ? 0 : threads - 1, [this] { Work(nullptr); });
    Work(hasher);
    if (hasher != nullptr) HashReady(*hasher, true);
    helpers.Join();
    if (error_) return Fail(*error_);
    return {};
  }

 private:
  MutableByteView Part(std::size_t index) const {
    const auto begin = index * part_;
    return out_.subspan(begin, std::min(part_, out_.size() - begin));
  }

  void Work(Sha1Hasher* hasher) {
    try {
      ReadParts(hasher);
    } catch (const std::bad_alloc&) {
      Stop(OutOfMemory());
    }
  }

  void ReadParts(Sha1Hasher* hasher) {
    auto reader = BlobReader::Open(file_, where_, compression_, chunk_size_);
    if (!reader) return Stop(reader.error());
    while (true) {
      if (hasher != nullptr) HashReady(*hasher, false);
      std::size_t index = 0;
      {
        const std::lock_guard lock(mutex_);
        if (error_ || next_ == done_.size()) return;
        index = next_++;
      }
      if (auto read = (*reader)->ReadAt(index * part_, Part(index)); !read) {
        return Stop(read.error());
      }
      const std::lock_guard lock(mutex_);
      done_[index] = true;
      changed_.notify_all();
    }
  }

  // With `wait`: until all is hashed.
  void HashReady(Sha1Hasher& hasher, bool wait) {
    std::unique_lock lock(mutex_);
    while (!error_ && hashed_ < done_.size()) {
      if (done_[hashed_]) {
        const auto part = Part(hashed_++);
        lock.unlock();
        hasher.Update(part);
        lock.lock();
      } else if (wait) {
        changed_.wait(lock);
      } else {
        return;
      }
    }
  }

  void Stop(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = error;
    changed_.notify_all();
  }

  const File& file_;
  const ResourceLocation& where_;
  const Compression compression_;
  const std::uint32_t chunk_size_;
  const std::size_t part_;
  const MutableByteView out_;
  std::size_t hashed_ = 0;  // the calling thread's

  std::mutex mutex_;
  std::condition_variable changed_;  // a part is done, or an error
  std::vector<bool> done_;
  std::size_t next_ = 0;
  std::optional<Error> error_;
};

Result<Bytes> Read(const File& file, const ResourceLocation& where, Compression compression,
                   std::uint32_t chunk_size, std::uint64_t limit, Sha1Hasher* hasher) {
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
  WW_TRY(const auto file_size, file.Size(), "resource");
  if (where.offset > file_size || where.size_in_wim > file_size - where.offset) {
    return Fail(Code::kCorrupt, fmt::format("resource {}+{} lies outside of the file of {} bytes",
                                            where.offset, where.size_in_wim, file_size));
  }
  Bytes out;
  out.reserve(
      static_cast<std::size_t>((where.size + 7) & ~std::uint64_t{7}));  // Image::Parse() pads
  out.resize(static_cast<std::size_t>(where.size));
  if (where.compressed() && out.size() >= kWorthThreads) {
    WW_RETURN_IF_ERROR(
        ParallelRead(file, where, compression, chunk_size, out).Run(ThreadCount(0), hasher));
  } else {
    WW_RETURN_IF_ERROR(reader->ReadAt(0, out));
    if (hasher != nullptr) hasher->Update(out);
  }
  return out;
}

}  // namespace

unsigned ThreadCount(unsigned wanted) {
  constexpr unsigned kMost = 64;
  return std::clamp(wanted != 0 ? wanted : std::thread::hardware_concurrency(), 1u, kMost);
}

Result<Bytes> ReadResource(const File& file, const ResourceLocation& where, Compression compression,
                           std::uint32_t chunk_size, std::uint64_t limit) {
  return Read(file, where, compression, chunk_size, limit, nullptr);
}

Result<Bytes> ReadVerified(const File& file, const ResourceLocation& where, Compression compression,
                           std::uint32_t chunk_size, std::uint64_t limit,
                           const Sha1Digest& expected) {
  Sha1Hasher hasher;
  WW_TRY(auto bytes, Read(file, where, compression, chunk_size, limit, &hasher), "reading");
  const auto actual = hasher.Finish();
  if (actual != expected) {
    return Fail(Code::kVerificationFailed, fmt::format("the content has SHA-1 {}, expected is {}",
                                                       ToHex(actual), ToHex(expected)));
  }
  return bytes;
}

}  // namespace ww::wim
