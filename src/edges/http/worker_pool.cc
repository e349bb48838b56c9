#include "worker_pool.h"

#include <algorithm>
#include <system_error>

namespace ww::http {

WorkerPool::WorkerPool(unsigned threads, std::size_t most_queued) : most_queued_(most_queued) {
  for (unsigned i = 0; i < std::max(threads, 1u); ++i) threads_.emplace_back([this] { Work(); });
}

WorkerPool::~WorkerPool() { Finish(); }

void WorkerPool::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it holds goes outside of the lock
    lock.lock();
  }
}

bool WorkerPool::Submit(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_ || queue_.size() >= most_queued_) return false;
    queue_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

bool WorkerPool::SubmitLongLived(std::function<void()> job, std::size_t most) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_ || long_lived_ >= most) return false;
    ++long_lived_;
  }
  const auto run = [this](std::function<void()>& work) {
    work();
    work = nullptr;
    // Under the lock: Finish() may end this object as soon as it is released.
    const std::lock_guard lock(mutex_);
    --long_lived_;
    changed_.notify_all();
  };
  try {
    std::thread([run, work = std::move(job)]() mutable { run(work); }).detach();
  } catch (const std::system_error&) {
    const std::lock_guard lock(mutex_);
    --long_lived_;
    return false;
  }
  return true;
}

void WorkerPool::Finish() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return long_lived_ == 0; });
}

}  // namespace ww::http
