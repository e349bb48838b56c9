// The connections of a database: made when needed, kept, and replaced when they break.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "connection.h"

namespace ww::database {

// Not SOCI's pool: statements must end before their session, and broken sessions must go.
class Pool {
 public:
  using Connect = std::function<Result<std::unique_ptr<Connection>>()>;
  Pool(Connect connect, std::size_t size, std::chrono::milliseconds wait)
      : connect_(std::move(connect)), size_(size == 0 ? 1 : size), wait_(wait) {}

  // Gives its connection back when it goes, or drops it when broken.
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&& other) noexcept : pool_(other.pool_), connection_(std::move(other.connection_)) {}
    ~Lease();
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };
  // kBusy when all stay in use.
  Result<Lease> Take();

 private:
  void Return(std::unique_ptr<Connection> connection);
  Connect connect_;
  std::size_t size_;
  std::chrono::milliseconds wait_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;  // the warmest last
  std::size_t open_ = 0;                           // idle or leased
};

}  // namespace ww::database
