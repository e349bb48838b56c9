#include "transaction.h"

#include <algorithm>

#include "translator.h"

namespace ww::database {
namespace {

// A page is read in one answer; what may be longer goes through a cursor.
constexpr std::uint64_t kBoundedRows = 1000;
constexpr std::size_t kParametersPerInsert = 2000;

}  // namespace

// Rows whose error dooms the transaction.
class TransactionImpl::GuardedRows final : public Rows {
 public:
  GuardedRows(std::unique_ptr<Rows> rows, TransactionImpl& transaction)
      : rows_(std::move(rows)), transaction_(transaction) {}
  Result<bool> Next() override {
    auto next = rows_->Next();
    // Being cancelled between two rows is no failure of the database.
    if (!next && next.error().code != Code::kCancelled) transaction_.failure_ = next.error();
    return next;
  }
  std::span<const Value> row() const override { return rows_->row(); }

 private:
  std::unique_ptr<Rows> rows_;
  TransactionImpl& transaction_;
};

Status TransactionImpl::MayChange() {
  if (failure_) return Fail(*failure_);
  if (read_only_) return Fail(Code::kUsage, "a change in a transaction for reading");
  changes_ = true;
  return {};
}

Result<std::uint64_t> TransactionImpl::Change(const Sql& sql) {
  auto changed = connection_.Change(sql);
  if (!changed) failure_ = changed.error();
  return changed;
}

Result<std::unique_ptr<Rows>> TransactionImpl::Query(const Select& select,
                                                     const Cancellation& cancellation) {
  if (failure_) return Fail(*failure_);
  WW_TRY(const database::Query query,
         Translator(connection_.backend(), tables_).TranslateSelect(select), "query");
  const bool bounded = select.limit && *select.limit <= kBoundedRows;
  auto rows = connection_.Open(query, bounded, cancellation);
  if (!rows) {
    failure_ = rows.error();
    return Fail(rows.error());
  }
  return std::make_unique<GuardedRows>(*std::move(rows), *this);
}

Result<std::vector<Row>> TransactionImpl::All(const database::Query& query) {
  if (failure_) return Fail(*failure_);
  std::vector<Row> out;
  auto rows = connection_.Open(query, true, NeverCancelled());
  Status status;
  if (!rows) status = Fail(rows.error());
  while (status) {
    auto next = (*rows)->Next();
    if (!next) status = Fail(next.error());
    if (!next || !*next) break;
    const auto row = (*rows)->row();
    out.emplace_back(row.begin(), row.end());
  }
  if (!status) {
    failure_ = status.error();
    return Fail(status.error());
  }
  return out;
}

Result<std::uint64_t> TransactionImpl::Count(const Select& select) {
  WW_TRY(const database::Query query,
         Translator(connection_.backend(), tables_).TranslateCount(select), "count");
  WW_TRY(const auto rows, All(query), "count");
  if (rows.empty()) return Fail(Code::kInternal, "a count without answer");
  return static_cast<std::uint64_t>(rows[0][0].integer());
}

Result<std::uint64_t> TransactionImpl::Insert(std::string_view table,
                                              const std::vector<std::string>& columns,
                                              std::span<const Row> rows) {
  WW_RETURN_IF_ERROR(MayChange());
  std::uint64_t changed = 0;
  while (!rows.empty()) {
    // Pieces of powers of two: few different statements to prepare.
    std::size_t piece = 1;
    while (piece * 2 <= rows.size() &&
           piece * 2 * std::max<std::size_t>(columns.size(), 1) <= kParametersPerInsert) {
      piece *= 2;
    }
    WW_TRY(const Sql sql,
           Translator(connection_.backend(), tables_)
               .TranslateInsert(table, columns, rows.first(piece), false),
           "insert");
    WW_TRY(const auto count, Change(sql), "insert");
    changed += count;
    rows = rows.subspan(piece);
  }
  return changed;
}

Result<std::uint64_t> TransactionImpl::Upsert(std::string_view table,
                                              const std::vector<std::string>& columns,
                                              std::span<const Row> rows) {
  WW_RETURN_IF_ERROR(MayChange());
  // One row a statement: PostgreSQL refuses a statement that meets one key twice.
  for (std::size_t i = 0; i < rows.size(); ++i) {
    WW_TRY(const Sql sql,
           Translator(connection_.backend(), tables_)
               .TranslateInsert(table, columns, rows.subspan(i, 1), true),
           "upsert");
    WW_TRY_STATUS(Change(sql), "upsert");
  }
  return rows.size();
}

Result<std::uint64_t> TransactionImpl::Update(std::string_view table,
                                              const std::vector<Assignment>& assignments,
                                              const std::optional<Expression>& where) {
  WW_RETURN_IF_ERROR(MayChange());
  WW_TRY(const Sql sql,
         Translator(connection_.backend(), tables_).TranslateUpdate(table, assignments, where),
         "update");
  return Change(sql);
}

Result<std::uint64_t> TransactionImpl::Delete(std::string_view table,
                                              const std::optional<Expression>& where) {
  WW_RETURN_IF_ERROR(MayChange());
  WW_TRY(const Sql sql, Translator(connection_.backend(), tables_).TranslateDelete(table, where),
         "delete");
  return Change(sql);
}

Query CounterQuery(Backend backend, std::string_view counter, std::int64_t first) {
  const Dialect dialect{backend};
  Query query;
  query.columns = {WireType::kInteger};
  query.sql.Add("INSERT INTO ww_counter (name, value) VALUES (");
  query.sql.Add(dialect.Bind(WireType::kText, counter)).Add(", ");
  query.sql.Add(dialect.Bind(WireType::kInteger, first));
  query.sql.Add(") ON CONFLICT (name) DO UPDATE SET value = ww_counter.value + 1 RETURNING value");
  return query;
}

Result<std::int64_t> TransactionImpl::NextValue(std::string_view counter, std::int64_t first) {
  WW_RETURN_IF_ERROR(MayChange());
  if (!AsCell(Value(counter), WireType::kText) || counter.empty() || counter.size() > 200) {
    return Fail(Code::kUsage, "this cannot be the name of a counter");
  }
  WW_TRY(const auto rows, All(CounterQuery(connection_.backend(), counter, first)), "counter");
  if (rows.empty()) return Fail(Code::kInternal, "a counter without answer");
  return rows[0][0].integer();
}

Result<std::vector<Row>> TransactionImpl::Claim(const Database::Claim& claim) {
  WW_RETURN_IF_ERROR(MayChange());
  WW_TRY(const auto query, Translator(connection_.backend(), tables_).TranslateClaim(claim),
         "claim");
  return All(query);
}

Result<std::vector<Row>> Transaction::Fetch(const Select& select, std::size_t cap) {
  WW_TRY(const auto rows, Query(select), "fetch");
  std::vector<Row> out;
  for (;;) {
    WW_TRY(const bool more, rows->Next(), "fetch");
    if (!more) return out;
    if (out.size() == cap) return Fail(Code::kLimit, "a query answers more rows than expected");
    out.emplace_back(rows->row().begin(), rows->row().end());
  }
}

Result<std::optional<Row>> Transaction::FetchOne(Select select) {
  select.limit = 1;
  WW_TRY(auto rows, Fetch(select), "fetch");
  if (rows.empty()) return std::optional<Row>();
  return std::optional<Row>(std::move(rows[0]));
}

Result<std::uint64_t> Transaction::InsertOne(std::string_view table,
                                             const std::vector<std::string>& columns, Row row) {
  return Insert(table, columns, std::span<const Row>(&row, 1));
}

}  // namespace ww::database
