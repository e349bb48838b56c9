// Worker threads that compress chunks; the results come back in the order in which the chunks went
// in.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "wimwright/base/bytes.h"
#include "wimwright/wim/header.h"

namespace ww::wim {

// One chunk on its way. The submitter fills the first part, a worker the second.
struct ChunkJob {
  void* owner = nullptr;  // the submitter's
  Bytes content;
  bool fast = false;           // at the level for metadata
  bool has_candidate = false;  // `candidate` may be what `content` is stored as already
  Bytes candidate;

  bool compressed = false;  // else the chunk is stored as `content`
  Bytes stored;
  bool reused = false;  // `stored` or `content` is the candidate
  bool failed = false;  // no memory for a compressor
  bool done = false;    // guarded by the pool's mutex

  ByteView bytes_to_store() const { return compressed ? stored : content; }
};

// Used from one thread. Threads start with the first job. Without compression jobs are done at
// once.
class CompressionPool {
 public:
  CompressionPool(Compression compression, std::uint32_t chunk_size, int level, int fast_level,
                  unsigned threads);
  ~CompressionPool();  // jobs in flight are dropped
  CompressionPool(const CompressionPool&) = delete;
  CompressionPool& operator=(const CompressionPool&) = delete;

  void Submit(std::unique_ptr<ChunkJob> job);
  // The oldest job when it is done; null when there is none or, unless `wait`, when it is not done
  // yet.
  std::unique_ptr<ChunkJob> Take(bool wait);
  std::size_t bytes_in_flight() const { return bytes_in_flight_; }

 private:
  class Worker;
  void Run();

  const Compression compression_;
  const std::uint32_t chunk_size_;
  const int level_;
  const int fast_level_;
  const unsigned thread_count_;
  std::vector<std::thread> threads_;
  std::size_t bytes_in_flight_ = 0;

  std::mutex mutex_;
  std::condition_variable work_;                // there is a job to start, or stop_
  std::condition_variable done_;                // some job was finished
  std::deque<std::unique_ptr<ChunkJob>> jobs_;  // oldest first
  std::size_t started_ = 0;                     // how many of jobs_ are started
  bool stop_ = false;
};

}  // namespace ww::wim
