#include "compression_pool.h"

#include <algorithm>
#include <exception>
#include <new>
#include <optional>

#include "codec.h"

namespace ww::wim {

// What one thread owns.
class CompressionPool::Worker {
 public:
  explicit Worker(const CompressionPool& pool) : pool_(pool) {}

  void Do(ChunkJob& job) {
    try {
      CompressOrKeep(job);
    } catch (const std::bad_alloc&) {
      job.failed = true;
    }
  }

 private:
  void CompressOrKeep(ChunkJob& job) {
    if (job.has_candidate && CandidateHolds(job)) {
      job.reused = true;
      job.compressed = job.candidate.size() < job.content.size();
      if (job.compressed) job.stored = std::move(job.candidate);
      return;
    }
    job.candidate = Bytes();
    auto* compressor = CompressorFor(job.fast);
    if (compressor == nullptr) {
      job.failed = true;
      return;
    }
    // One byte less than the content: a chunk of the full size is understood as not compressed.
    scratch_.resize(job.content.size());
    const auto size =
        compressor->Compress(job.content, MutableByteView(scratch_).first(job.content.size() - 1));
    job.compressed = size != 0;
    if (job.compressed) {
      job.stored.assign(scratch_.begin(), scratch_.begin() + static_cast<std::ptrdiff_t>(size));
    }
  }

  bool CandidateHolds(const ChunkJob& job) {
    if (job.candidate.size() > job.content.size()) return false;
    if (job.candidate.size() == job.content.size()) return job.candidate == job.content;
    if (!decompressor_) {
      auto made = Decompressor::Create(pool_.compression_, pool_.chunk_size_);
      if (!made) return false;
      decompressor_.emplace(*std::move(made));
    }
    scratch_.resize(job.content.size());
    return decompressor_->Decompress(job.candidate, scratch_) && scratch_ == job.content;
  }

  Compressor* CompressorFor(bool fast) {
    auto& compressor = fast ? fast_ : normal_;
    if (!compressor) {
      auto made = Compressor::Create(pool_.compression_, pool_.chunk_size_,
                                     fast ? pool_.fast_level_ : pool_.level_);
      if (!made) return nullptr;
      compressor.emplace(*std::move(made));
    }
    return &*compressor;
  }

  const CompressionPool& pool_;
  Bytes scratch_;
  std::optional<Compressor> normal_;
  std::optional<Compressor> fast_;
  std::optional<Decompressor> decompressor_;
};

CompressionPool::CompressionPool(Compression compression, std::uint32_t chunk_size, int level,
                                 int fast_level, unsigned threads)
    : compression_(compression),
      chunk_size_(chunk_size),
      level_(level),
      fast_level_(fast_level),
      thread_count_(threads) {}

CompressionPool::~CompressionPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void CompressionPool::Submit(std::unique_ptr<ChunkJob> job) {
  bytes_in_flight_ += job->content.size();
  const bool work = compression_ != Compression::kNone;
  job->done = !work;
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    if (!work) started_ = jobs_.size();
  }
  if (!work) return;
  try {
    if (threads_.size() < thread_count_) threads_.emplace_back([this] { Run(); });
  } catch (const std::exception&) {
    if (threads_.empty()) throw;  // nobody would ever do it
  }
  work_.notify_one();
}

std::unique_ptr<ChunkJob> CompressionPool::Take(bool wait) {
  std::unique_lock lock(mutex_);
  if (jobs_.empty()) return nullptr;
  if (!jobs_.front()->done) {
    if (!wait) return nullptr;
    done_.wait(lock, [this] { return jobs_.front()->done; });
  }
  auto job = std::move(jobs_.front());
  jobs_.pop_front();
  --started_;
  bytes_in_flight_ -= job->content.size();
  return job;
}

void CompressionPool::Run() {
  Worker worker(*this);
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stop_ || started_ < jobs_.size(); });
    if (stop_) return;
    ChunkJob& job = *jobs_[started_++];
    lock.unlock();
    worker.Do(job);
    lock.lock();
    job.done = true;
    done_.notify_one();
  }
}

}  // namespace ww::wim
