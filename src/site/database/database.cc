#include "wimwright/database/database.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "change_watch.h"
#include "migration.h"
#include "pool.h"
#include "tables.h"
#include "transaction.h"

namespace ww::database {
namespace {

// The turn to write, in order of arrival: nobody starves.
class WriterTurn {
 public:
  // Gives the turn back when it goes; empty where nobody needs a turn.
  class Held {
   public:
    Held() = default;
    explicit Held(WriterTurn& turn) : turn_(&turn) {}
    Held(Held&& other) noexcept : turn_(std::exchange(other.turn_, nullptr)) {}
    Held& operator=(Held&& other) noexcept {
      std::swap(turn_, other.turn_);
      return *this;
    }
    ~Held() {
      if (turn_ != nullptr) turn_->GiveBack();
    }

   private:
    WriterTurn* turn_ = nullptr;
  };

  Result<Held> Take(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = next_++;
    waiting_.push_back(mine);
    const bool got =
        changed_.wait_for(lock, patience, [&] { return !held_ && waiting_.front() == mine; });
    std::erase(waiting_, mine);
    if (!got) {
      changed_.notify_all();  // somebody may be first now
      return Fail(Code::kBusy, "another transaction keeps the database");
    }
    held_ = true;
    return Held(*this);
  }

 private:
  void GiveBack() {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::uint64_t> waiting_;
  std::uint64_t next_ = 0;
  bool held_ = false;
};

class DatabaseImpl final : public Database {
 public:
  DatabaseImpl(Backend backend, Pool::Connect connect, const Options& options)
      : backend_(backend),
        options_(options),
        watch_(backend, connect),
        pool_(std::move(connect), options.connections, options.wait_for_connection) {}

  Backend backend() const override { return backend_; }

  Status CheckConnection() {
    WW_TRY(const auto lease, pool_.Take(), "open");
    return {};
  }

  Status Define(const Schema& schema) override {
    WW_TRY(const auto writer, TakeWriter(), "schema");
    WW_TRY(const auto lease, pool_.Take(), "schema");
    const auto applied = ApplySchema(*lease, schema);
    watch_.Committed();
    WW_RETURN_IF_ERROR(applied);
    for (const auto& table : schema.tables) tables_.Add(table);
    return {};
  }

  Status Transact(const std::function<Status(Transaction&)>& work, Isolation isolation) override {
    return Run(isolation == Isolation::kSerializable ? Mode::kSerializable : Mode::kReadCommitted,
               [&](TransactionImpl& tx) { return work(tx); });
  }

  Status Read(const std::function<Status(Transaction&)>& work) override {
    return Run(Mode::kRead, [&](TransactionImpl& tx) { return work(tx); });
  }

  Result<std::int64_t> NextValue(std::string_view counter, std::int64_t first) override {
    std::int64_t value = 0;
    WW_RETURN_IF_ERROR(Run(Mode::kReadCommitted, [&](TransactionImpl& tx) -> Status {
      WW_TRY(value, tx.NextValue(counter, first), "counter");
      return {};
    }));
    return value;
  }

  std::optional<std::uint64_t> Version() override { return watch_.Version(); }

  Result<std::vector<Row>> ClaimRows(const Claim& claim) override {
    std::vector<Row> rows;
    WW_RETURN_IF_ERROR(Run(Mode::kReadCommitted, [&](TransactionImpl& tx) -> Status {
      WW_TRY(rows, tx.Claim(claim), "claim");
      return {};
    }));
    return rows;
  }

 private:
  // SQLite has one writer at a time. Those of this process queue here instead of polling the file.
  Result<WriterTurn::Held> TakeWriter() {
    if (backend_ != Backend::kSqlite) return WriterTurn::Held();
    return writer_.Take(options_.busy_timeout);
  }

  // One attempt. `again`: it collided, another may succeed.
  template <typename Work>
  Status Once(Mode mode, const Work& work, bool& again) {
    again = false;
    WriterTurn::Held writer;
    if (mode != Mode::kRead) {
      WW_TRY(writer, TakeWriter(), "transaction");
    }
    WW_TRY(const auto lease, pool_.Take(), "transaction");
    if (auto begun = lease->Begin(mode); !begun) {
      again = lease->broken();  // a server that restarted: a new connection may do
      return begun;
    }
    Status status;
    {
      TransactionImpl transaction(*lease, tables_, mode == Mode::kRead);
      try {
        status = work(transaction);
      } catch (...) {
        lease->Rollback();
        throw;
      }
      // An error that the work swallowed is one all the same: nothing of it can be committed.
      if (status && transaction.failure()) status = Fail(*transaction.failure());
    }
    if (status) {
      status = lease->Commit();
      // Also when it failed: a connection that broke does not tell what became of it.
      if (mode != Mode::kRead) watch_.Committed();
      if (status) return status;
    }
    again = lease->collided();
    lease->Rollback();
    return status;
  }

  template <typename Work>
  Status Run(Mode mode, const Work& work) {
    for (int attempt = 1;; ++attempt) {
      bool again = false;
      const Status status = Once(mode, work, again);
      if (status || !again || attempt >= options_.max_attempts) return status;
      BackOff(attempt);
    }
  }

  // Up to 1, 2, 4 ... 256 ms, by chance: those that collided must not meet again.
  static void BackOff(int attempt) {
    thread_local std::minstd_rand random(std::random_device{}());
    const int most = 1000 << std::min(attempt - 1, 8);
    std::this_thread::sleep_for(
        std::chrono::microseconds(std::uniform_int_distribution<int>(most / 4, most)(random)));
  }

  Backend backend_;
  Options options_;
  Tables tables_;
  WriterTurn writer_;
  ChangeWatch watch_;
  Pool pool_;
};

}  // namespace

Result<std::unique_ptr<Database>> Database::Open(std::string_view url, const Options& options) {
  std::unique_ptr<DatabaseImpl> database;
  constexpr std::string_view kSqlite = "sqlite:";
  if (url.starts_with(kSqlite)) {
    const std::string path(url.substr(kSqlite.size()));
    database = std::make_unique<DatabaseImpl>(
        Backend::kSqlite, [path, options] { return ConnectSqlite(path, options); }, options);
  } else if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
    const std::string text(url);
    database = std::make_unique<DatabaseImpl>(
        Backend::kPostgresql, [text, options] { return ConnectPostgresql(text, options); },
        options);
  } else {
    return Fail(Code::kUsage, "a database is sqlite:PATH or postgresql://...");
  }
  WW_RETURN_IF_ERROR(database->CheckConnection());
  return database;
}

}  // namespace ww::database
