// Threads for work that may wait: handlers, authentication, files.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ww::http {

class WorkerPool {
 public:
  WorkerPool(unsigned threads, std::size_t most_queued);
  ~WorkerPool();  // Finish()
  // False when too many wait, or the pool ends. Jobs do not throw.
  bool Submit(std::function<void()> job);
  // Runs what is queued, then ends the threads.
  void Finish();
  // A thread of its own, `most` at a time; false beyond. Finish() waits for it.
  bool SubmitLongLived(std::function<void()> job, std::size_t most);

 private:
  void Work();
  std::size_t most_queued_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  std::size_t long_lived_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ww::http
