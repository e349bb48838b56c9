// The transaction that callers see: translation in front of a connection.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connection.h"
#include "tables.h"
#include "wimwright/database/database.h"

namespace ww::database {

// After a statement failed in the database every other answers the same error, and nothing is
// committed: PostgreSQL insists on that, and so do we on SQLite.
class TransactionImpl final : public Transaction {
 public:
  TransactionImpl(Connection& connection, const Tables& tables, bool read_only)
      : connection_(connection), tables_(tables), read_only_(read_only) {}

  Result<std::unique_ptr<Rows>> Query(const Select& select,
                                      const Cancellation& cancellation) override;
  Result<std::uint64_t> Count(const Select& select) override;
  Result<std::uint64_t> Insert(std::string_view table, const std::vector<std::string>& columns,
                               std::span<const Row> rows) override;
  Result<std::uint64_t> Upsert(std::string_view table, const std::vector<std::string>& columns,
                               std::span<const Row> rows) override;
  Result<std::uint64_t> Update(std::string_view table, const std::vector<Assignment>& assignments,
                               const std::optional<Expression>& where) override;
  Result<std::uint64_t> Delete(std::string_view table,
                               const std::optional<Expression>& where) override;
  Result<std::int64_t> NextValue(std::string_view counter, std::int64_t first) override;
  Result<std::vector<Row>> Claim(const Database::Claim& claim);

  void MustNotRepeat() override { final_ = true; }

  const std::optional<Error>& failure() const { return failure_; }
  bool final() const { return final_; }
  // Whether a change was asked for.
  bool changes() const { return changes_; }

  // All rows of a query that has few.
  Result<std::vector<Row>> All(const database::Query& query);

 private:
  class GuardedRows;
  Status MayChange();
  Result<std::uint64_t> Change(const Sql& sql);
  Connection& connection_;
  const Tables& tables_;
  bool read_only_;
  bool final_ = false, changes_ = false;
  std::optional<Error> failure_;
};

// The counters' table, whose row this statement makes or raises.
Query CounterQuery(Backend backend, std::string_view counter, std::int64_t first);

}  // namespace ww::database
