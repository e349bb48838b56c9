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
#include "outage.h"
#include "pool.h"
#include "tables.h"
#include "transaction.h"
#include "wimwright/base/windows_code.h"

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
        outage_(options.wait_for_server),
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
    const auto take = [&](TransactionImpl& tx) -> Status {
      WW_TRY(value, tx.NextValue(counter, first), "counter");
      return {};
    };
    auto done = Run(Mode::kReadCommitted, take);
    // A number that was taken and not told is lost, which is allowed.
    if (!done && done.error().hresult == kOutcomeUnknown) done = Run(Mode::kReadCommitted, take);
    if (!done) return Fail(done.error());
    return value;
  }

  Status Check() override {
    WW_TRY(const auto lease, pool_.Take(), "database");
    WW_TRY_STATUS(lease->Begin(Mode::kRead), "database");
    lease->Rollback();
    return {};
  }

  std::optional<std::uint64_t> Version() override { return watch_.Version(); }
  std::optional<std::uint64_t> VersionAtOnce() override { return watch_.VersionAtOnce(); }

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

  // Why another attempt may succeed where one failed.
  enum class Again {
    kNo,
    kCollided,  // with another transaction
    kNoServer,  // none answers, or the connection was closed before anything was asked
    kLost,      // the connection broke under the transaction: nothing of it was done
  };

  static bool Reached(const Error& error) { return error.hresult != kServerUnavailable; }

  template <typename Work>
  Status Once(Mode mode, const Work& work, Again& again) {
    again = Again::kNo;
    WriterTurn::Held writer;
    if (mode != Mode::kRead) {
      WW_TRY(writer, TakeWriter(), "transaction");
    }
    const auto lease = pool_.Take();
    if (!lease) {
      if (!Reached(lease.error())) again = Again::kNoServer;
      return Fail(lease.error().Within("transaction"));
    }
    auto& connection = **lease;
    if (auto begun = connection.Begin(mode); !begun) {
      if (!Reached(begun.error())) again = Again::kNoServer;
      return begun;
    }
    outage_.Over();
    Status status;
    bool final = false, changes = false;
    {
      TransactionImpl transaction(connection, tables_, mode == Mode::kRead);
      try {
        status = work(transaction);
      } catch (...) {
        connection.Rollback();
        throw;
      }
      // An error that the work swallowed is one all the same: nothing of it can be committed.
      if (status && transaction.failure()) status = Fail(*transaction.failure());
      final = transaction.final();
      changes = transaction.changes();
    }
    if (status) {
      status = connection.Commit();
      // Also when it failed: a connection that broke does not tell what became of it.
      if (changes) watch_.Committed();
      if (status) return status;
      if (connection.broken()) {
        // What was read is what was there; what was to be changed may be or not.
        if (!changes) return {};
        return Fail(Error{Code::kIo,
                          "the connection to the database broke while a change was being "
                          "committed: it may have been made or not",
                          "Look whether it is there before doing it again.", kOutcomeUnknown});
      }
    }
    if (connection.broken()) {
      if (!Reached(status.error())) again = final ? Again::kNo : Again::kLost;
      return status;
    }
    again = connection.collided() && !final ? Again::kCollided : Again::kNo;
    connection.Rollback();
    return status;
  }

  template <typename Work>
  Status Run(Mode mode, const Work& work) {
    int collisions = 0, losses = 0;
    for (;;) {
      Again again = Again::kNo;
      const Status status = Once(mode, work, again);
      switch (again) {
        case Again::kNo:
          return status;
        case Again::kCollided:
          if (++collisions >= options_.max_attempts) return status;
          BackOff(collisions);
          break;
        case Again::kLost:
          // A statement that ends the server must not do so for ever.
          if (++losses > kMostLosses) return status;
          [[fallthrough]];
        case Again::kNoServer:
          if (!outage_.Wait()) return status;
          break;
      }
    }
  }

  // Up to 1, 2, 4 ... 256 ms, by chance: those that collided must not meet again.
  static void BackOff(int attempt) {
    thread_local std::minstd_rand random(std::random_device{}());
    const int most = 1000 << std::min(attempt - 1, 8);
    std::this_thread::sleep_for(
        std::chrono::microseconds(std::uniform_int_distribution<int>(most / 4, most)(random)));
  }

  static constexpr int kMostLosses = 3;
  Backend backend_;
  Options options_;
  Tables tables_;
  WriterTurn writer_;
  ChangeWatch watch_;
  Outage outage_;
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
