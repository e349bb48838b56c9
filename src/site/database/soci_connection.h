// What both back-ends have in common on top of SOCI: statements with static types, their cache, and
// the place where exceptions end.
#pragma once

#include <soci/soci.h>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connection.h"

namespace ww::database {

// A cell on its way through SOCI, which keeps pointers to it. Bytes travel as text: SOCI's blobs
// are large objects on PostgreSQL and need a session on both. On SQLite that text is the bytes, on
// PostgreSQL its hexadecimal form.
struct Cell {
  WireType type = WireType::kText;
  long long integer = 0;
  double real = 0;
  std::string text = {};
  soci::indicator indicator = soci::i_ok;
};

struct PreparedStatement {
  explicit PreparedStatement(soci::session& session) : statement(session) {}
  std::vector<std::unique_ptr<Cell>> parameters, columns;
  soci::statement statement;  // after the cells: it goes first
  bool busy = false;
  bool failed = false;  // SOCI leaks parameters when such a statement runs again
};

struct Classified {
  Error error;
  bool collided = false;
  bool broken = false;
};

class SociConnection : public Connection {
 public:
  bool collided() const override { return collided_; }
  bool broken() const override { return broken_; }
  Status Commit() override;
  void Rollback() override;
  Status Execute(const std::string& text) override;
  Result<std::uint64_t> Change(const Sql& sql) override;

  // Called by Rows.
  Status Guard(const std::function<void()>& work);
  virtual void Reset(PreparedStatement& statement) = 0;  // ends its run, releases what it holds
  std::string ToWire(ByteView bytes) const;
  void FromWire(Cell& cell, Value& value) const;
  void Release(PreparedStatement* statement);
  soci::session& session() { return *session_; }

 protected:
  SociConnection(std::unique_ptr<soci::session> session, std::size_t cache_size)
      : session_(std::move(session)), cache_size_(cache_size) {}
  // The exception that is being handled.
  virtual Classified Classify() const = 0;

  // A statement that nobody uses, prepared or from the cache, with parameters set. Throws.
  std::shared_ptr<PreparedStatement> Prepare(const Sql& sql, const std::vector<WireType>& columns);
  // One without parameters that is not worth keeping. Throws.
  std::shared_ptr<PreparedStatement> PrepareOnce(const std::string& text,
                                                 const std::vector<WireType>& columns);
  bool collided_ = false;
  bool broken_ = false;

 private:
  void Forget(const PreparedStatement* statement);
  void SetParameters(PreparedStatement& statement, const Sql& sql) const;
  std::unique_ptr<soci::session> session_;
  std::size_t cache_size_;
  // Most recently used first; the map points into the list.
  using Entry = std::pair<std::string, std::shared_ptr<PreparedStatement>>;
  std::list<Entry> recent_;
  // Statements that failed. PostgreSQL takes them back only after the transaction has ended.
  std::vector<std::shared_ptr<PreparedStatement>> failed_;
  std::multimap<std::string_view, std::list<Entry>::iterator> by_text_;
};

// Rows of one statement as it delivers them. Holds the statement until it goes.
class StatementRows final : public Rows {
 public:
  StatementRows(SociConnection& connection, std::shared_ptr<PreparedStatement> statement,
                const Cancellation& cancellation);
  ~StatementRows() override;
  Result<bool> Next() override;
  std::span<const Value> row() const override { return row_; }

 private:
  void Close();
  SociConnection& connection_;
  std::shared_ptr<PreparedStatement> statement_;
  const Cancellation& cancellation_;
  Row row_;
  bool executed_ = false;
};

}  // namespace ww::database
