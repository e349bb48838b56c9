// One connection: its transaction, its prepared statements, and what its errors mean. SOCI stays
// behind this interface.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sql.h"
#include "wimwright/base/progress.h"
#include "wimwright/database/database.h"

namespace ww::database {

// Which transaction a connection begins.
enum class Mode { kSerializable, kReadCommitted, kRead };

// One thread at a time. Every error is classified; see collided() and broken().
class Connection {
 public:
  virtual ~Connection() = default;

  virtual Backend backend() const = 0;
  virtual Status Begin(Mode mode) = 0;
  virtual Status Commit() = 0;
  // Rows that are still open are closed first. Never fails: a connection that cannot roll back is
  // broken.
  virtual void Rollback() = 0;

  // A statement of our own or of a migration, without parameters.
  virtual Status Execute(const std::string& text) = 0;
  // Answers the number of rows that were changed.
  virtual Result<std::uint64_t> Change(const Sql& sql) = 0;
  virtual Result<std::unique_ptr<Rows>> Open(const Query& query, bool bounded,
                                             const Cancellation& cancellation) = 0;

  // A text that is another one when somebody else committed since it was asked for the last time on
  // this connection; outside transactions.
  virtual Result<std::string> StateOfData() = 0;

  // Whether the last error was a collision with another transaction: running again may help.
  virtual bool collided() const = 0;
  // Whether the connection is of no more use.
  virtual bool broken() const = 0;
};

// `path` without "sqlite:". Creates the file.
Result<std::unique_ptr<Connection>> ConnectSqlite(const std::string& path, const Options& options);
Result<std::unique_ptr<Connection>> ConnectPostgresql(const std::string& url,
                                                      const Options& options);

}  // namespace ww::database
