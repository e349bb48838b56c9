// A database: SQLite in a file (the default) or PostgreSQL, behind one interface that was tested
// with one suite on both.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/progress.h"
#include "wimwright/base/result.h"
#include "wimwright/database/expression.h"
#include "wimwright/database/schema.h"
#include "wimwright/database/select.h"
#include "wimwright/database/table.h"
#include "wimwright/database/value.h"

namespace ww::database {

struct Options {
  std::size_t connections = 8;  // the pool's size; whoever finds it empty waits
  std::chrono::milliseconds wait_for_connection{30'000};  // then kBusy
  std::chrono::milliseconds busy_timeout{10'000};         // for another writer, then kBusy
  int max_attempts = 10;  // of a transaction that collides with another
  // PostgreSQL: how long transactions wait for a server that went away, from the first that
  // noticed.
  std::chrono::milliseconds wait_for_server{10'000};
  std::size_t statement_cache = 100;  // prepared statements that each connection keeps
};

enum class Isolation {
  kSerializable,   // as if transactions ran one after another; the default
  kReadCommitted,  // PostgreSQL: sees what others committed meanwhile, never collides. SQLite: as
                   // above
};

// Codes of every call below: kBusy another writer stayed too long; kConflict a key or unique index
// already has such a row; kUsage a name, type or statement that makes no sense; kLimit too deep or
// too many parameters; kNoSpace, kIo, kCorrupt from the database; kCancelled. kIo with
// kServerUnavailable (windows_code.h): there is no server, nothing was changed; with
// kOutcomeUnknown: the connection broke during a commit.

// One transaction on one connection, of one thread. Made by Database::Transact and Read only; it
// ends with their callback.
class Transaction {
 public:
  virtual ~Transaction() = default;

  virtual Result<std::unique_ptr<Rows>> Query(
      const Select& select, const Cancellation& cancellation = NeverCancelled()) = 0;
  // The number of rows that Query would give without limit and offset.
  virtual Result<std::uint64_t> Count(const Select& select) = 0;

  // Each of `rows` fits `columns`. Answers the number of rows. Any number of rows: long lists are
  // cut into several statements.
  virtual Result<std::uint64_t> Insert(std::string_view table,
                                       const std::vector<std::string>& columns,
                                       std::span<const Row> rows) = 0;
  // A row whose key exists gets the other columns of `columns` replaced. `columns` name the whole
  // key.
  virtual Result<std::uint64_t> Upsert(std::string_view table,
                                       const std::vector<std::string>& columns,
                                       std::span<const Row> rows) = 0;
  // No condition: every row. Answers the number of rows that matched.
  virtual Result<std::uint64_t> Update(std::string_view table,
                                       const std::vector<Assignment>& assignments,
                                       const std::optional<Expression>& where) = 0;
  virtual Result<std::uint64_t> Delete(std::string_view table,
                                       const std::optional<Expression>& where) = 0;
  // The next number of a counter, which starts at `first`. Taken back with the transaction.
  virtual Result<std::int64_t> NextValue(std::string_view counter, std::int64_t first = 1) = 0;

  // From here on the callback has effects that another run would repeat, such as rows handed on: it
  // does not run again.
  virtual void MustNotRepeat() = 0;

  // Helpers over the above.
  // All rows; kLimit beyond `cap`.
  Result<std::vector<Row>> Fetch(const Select& select, std::size_t cap = 100'000);
  // The first row, if there is one.
  Result<std::optional<Row>> FetchOne(Select select);
  Result<std::uint64_t> InsertOne(std::string_view table, const std::vector<std::string>& columns,
                                  Row row);
};

// Thread-safe.
class Database {
 public:
  virtual ~Database() = default;

  // "sqlite:PATH", or "postgresql://..." as libpq reads it. A SQLite file is created when missing
  // (its directory is not), readable by its owner only.
  static Result<std::unique_ptr<Database>> Open(std::string_view url, const Options& options = {});

  virtual Backend backend() const = 0;

  // Makes the database fit `schema`: migrations, then missing tables, columns and indexes, all or
  // nothing, one process at a time. Tables defined here are the ones that statements may name; may
  // be called again with more. kUnsupported: the database is newer than the program, or a column
  // changed in a way that needs a migration.
  virtual Status Define(const Schema& schema) = 0;

  // Runs `work` and commits when it succeeded, else rolls back. `work` runs again, from the start,
  // when it collided with another transaction, or lost its connection and nothing was committed: it
  // must have no effects besides those on `tx`, and set afresh what it writes to.
  virtual Status Transact(const std::function<Status(Transaction&)>& work,
                          Isolation isolation = Isolation::kSerializable) = 0;
  // The same for reading: one consistent state from the first statement to the last, beside any
  // number of writers. Changes are refused. `work` runs again when it lost its connection; see
  // Transaction::MustNotRepeat.
  virtual Status Read(const std::function<Status(Transaction&)>& work) = 0;

  // A transaction of its own: numbers are never given twice, and lost when not used.
  virtual Result<std::int64_t> NextValue(std::string_view counter, std::int64_t first = 1) = 0;

  // Whether the database answers at this moment; does not wait for one that restarts.
  virtual Status Check() = 0;

  // For whoever keeps what follows from the data. Taken before reading and again later, the same
  // number means: nothing was committed in between, here or by others (other processes, too).
  // nullopt: not known at this moment. Takes some microseconds on SQLite, a round trip on
  // PostgreSQL.
  virtual std::optional<std::uint64_t> Version() = 0;
  // The same for threads that must not wait: nullopt on PostgreSQL.
  virtual std::optional<std::uint64_t> VersionAtOnce() = 0;

  // Claims up to `count` rows of a queue: those that match and that no other server is claiming at
  // this moment, in `order`, get `assignments` and are answered as `columns` are afterwards. Two
  // callers never get the same row, and do not wait for each other on PostgreSQL.
  struct Claim {
    std::string table;
    std::optional<Expression> where = {};
    std::vector<Order> order = {};
    std::uint64_t count = 1;
    std::vector<Assignment> assignments = {};
    std::vector<std::string> columns = {};
  };
  virtual Result<std::vector<Row>> ClaimRows(const Claim& claim) = 0;
};

}  // namespace ww::database
