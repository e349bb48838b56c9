// PostgreSQL: the session's settings, server-side cursors, and SQLSTATEs.
#include <libpq-fe.h>

#include "soci_connection.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#include <soci/postgresql/soci-postgresql.h>
#pragma GCC diagnostic pop

#include "wimwright/base/text.h"
#include "wimwright/base/windows_code.h"

namespace ww::database {
namespace {

constexpr int kBatch = 500;

Code CodeOf(std::string_view state) {
  const auto group = state.substr(0, 2);
  if (state == "23505" || state == "23P01") return Code::kConflict;
  if (state == "40001" || state == "40P01" || state == "55P03") return Code::kBusy;
  if (state == "53100") return Code::kNoSpace;
  if (state == "57014") return Code::kCancelled;
  if (state == "25006") return Code::kUsage;
  if (group == "22" || group == "23") return Code::kUsage;
  if (group == "54") return Code::kLimit;
  if (group == "XX") return state == "XX000" ? Code::kInternal : Code::kCorrupt;
  if (group == "42" || group == "25" || group == "26" || group == "34") return Code::kInternal;
  return Code::kIo;  // 08, 53, 57, 58 and connections that are gone
}

class PostgresqlConnection final : public SociConnection {
 public:
  PostgresqlConnection(std::unique_ptr<soci::session> session, std::size_t cache_size)
      : SociConnection(std::move(session), cache_size) {}

  Backend backend() const override { return Backend::kPostgresql; }

  Status Setup(const Options& options) {
    WW_TRY_STATUS(Execute("SET client_encoding = 'UTF8'"), "open");
    WW_TRY_STATUS(Execute("SET standard_conforming_strings = on"), "open");
    WW_TRY_STATUS(Execute("SET bytea_output = 'hex'"), "open");
    WW_TRY_STATUS(Execute("SET client_min_messages = warning"), "open");
    WW_TRY_STATUS(Execute("SET lock_timeout = " + std::to_string(options.busy_timeout.count())),
                  "open");
    if (PQserverVersion(handle()) < 130'000) {
      return Fail(Code::kUnsupported, "PostgreSQL 13 or newer is needed");
    }
    const char* encoding = PQparameterStatus(handle(), "server_encoding");
    if (encoding == nullptr || std::string_view(encoding) != "UTF8") {
      return Fail(Code::kUnsupported, "the PostgreSQL database is not encoded as UTF8");
    }
    return {};
  }

  // Which transactions that write have ended: equal texts, equal data.
  Result<std::string> StateOfData() override {
    const std::unique_ptr<PGresult, decltype(&PQclear)> answer(
        PQexec(handle(), "SELECT pg_current_snapshot()::text"), &PQclear);
    if (PQresultStatus(answer.get()) != PGRES_TUPLES_OK || PQntuples(answer.get()) != 1) {
      return Fail(Code::kIo, "PostgreSQL: the snapshot cannot be asked for");
    }
    return std::string(PQgetvalue(answer.get(), 0, 0));
  }

  Status Begin(Mode mode) override {
    cursors_ = 0;
    switch (mode) {
      case Mode::kSerializable:
        return Execute("BEGIN ISOLATION LEVEL SERIALIZABLE");
      case Mode::kReadCommitted:
        return Execute("BEGIN ISOLATION LEVEL READ COMMITTED");
      case Mode::kRead:
        break;
    }
    return Execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  }

  Result<std::unique_ptr<Rows>> Open(const Query& query, bool bounded,
                                     const Cancellation& cancellation) override;

  void Reset(PreparedStatement& statement) override {
    // A result that was read to its end holds memory until the statement runs again.
    auto* backend =
        static_cast<soci::postgresql_statement_backend*>(statement.statement.get_backend());
    backend->result_.reset();
  }

  // Not through Guard: its error must not stand for the one that came before.
  void CloseCursor(const std::string& cursor) {
    PQclear(PQexec(handle(), ("CLOSE " + cursor).c_str()));
  }

  std::shared_ptr<PreparedStatement> PrepareFetch(const std::string& cursor,
                                                  const std::vector<WireType>& columns) {
    return PrepareOnce("FETCH FORWARD " + std::to_string(kBatch) + " FROM " + cursor, columns);
  }

 protected:
  Classified Classify() const override {
    Classified what;
    std::string state;
    bool unanswered = false;
    try {
      throw;
    } catch (const soci::postgresql_soci_error& e) {
      state = e.sqlstate();
      // No state: the error is not the server's. The status of the connection follows only with the
      // next call when the end came while a statement was being sent.
      unanswered = Trim(state).empty();
      what.error.message = e.get_error_message();
    } catch (const std::exception& e) {
      what.error.message = e.what();
    }
    // 57P0x: the server ends this session, even where its end was not read yet.
    what.broken = unanswered || PQstatus(handle()) != CONNECTION_OK || state.starts_with("57P0");
    what.error.code = what.broken ? Code::kIo : CodeOf(state);
    if (what.broken) what.error.hresult = kServerUnavailable;
    what.error.message = "PostgreSQL: " + std::string(Trim(what.error.message));
    for (char& c : what.error.message) c = c == '\n' ? ' ' : c;
    what.collided = state == "40001" || state == "40P01";
    return what;
  }

 private:
  PGconn* handle() const {
    auto& self = const_cast<PostgresqlConnection&>(*this);
    return static_cast<soci::postgresql_session_backend*>(self.session().get_backend())->conn_;
  }
  int cursors_ = 0;
};

// Rows of a server-side cursor, fetched in batches.
class CursorRows final : public Rows {
 public:
  CursorRows(PostgresqlConnection& connection, std::string cursor,
             std::shared_ptr<PreparedStatement> fetch, const Cancellation& cancellation)
      : connection_(connection),
        cursor_(std::move(cursor)),
        fetch_(std::move(fetch)),
        cancellation_(cancellation) {
    row_.resize(fetch_->columns.size());
  }
  ~CursorRows() override { Close(); }

  Result<bool> Next() override {
    if (!fetch_) return false;
    bool found = false;
    Status status = cancellation_.Check();
    if (status) {
      status = connection_.Guard([&] {
        if (in_batch_ < kBatch && in_batch_ > 0) found = fetch_->statement.fetch();
        // A batch that was full may have successors, one that was not cannot.
        if (!found && (in_batch_ == 0 || in_batch_ == kBatch)) {
          in_batch_ = 0;
          found = fetch_->statement.execute(true);
        }
        if (found) ++in_batch_;
      });
    }
    if (!status || !found) {
      Close();
      if (!status) return Fail(status.error());
      return false;
    }
    for (std::size_t i = 0; i < row_.size(); ++i) {
      connection_.FromWire(*fetch_->columns[i], row_[i]);
    }
    return true;
  }
  std::span<const Value> row() const override { return row_; }

 private:
  void Close() {
    if (!fetch_) return;
    fetch_ = nullptr;
    // In a transaction that has failed this fails, too; the cursor then goes with it.
    connection_.CloseCursor(cursor_);
  }
  PostgresqlConnection& connection_;
  std::string cursor_;
  std::shared_ptr<PreparedStatement> fetch_;
  const Cancellation& cancellation_;
  Row row_;
  int in_batch_ = 0;  // rows of the current batch that were seen
};

Result<std::unique_ptr<Rows>> PostgresqlConnection::Open(const Query& query, bool bounded,
                                                         const Cancellation& cancellation) {
  std::unique_ptr<Rows> rows;
  WW_TRY_STATUS(Guard([&] {
                  if (bounded) {  // few rows: in one answer, in memory
                    rows = std::make_unique<StatementRows>(*this, Prepare(query.sql, query.columns),
                                                           cancellation);
                    return;
                  }
                  const std::string cursor = "ww_" + std::to_string(cursors_++);
                  Sql declare("DECLARE " + cursor + " NO SCROLL CURSOR FOR ");
                  declare.Add(query.sql);
                  auto prepared = Prepare(declare, {});
                  try {
                    prepared->statement.execute(true);
                  } catch (...) {
                    prepared->failed = true;
                    Release(prepared.get());
                    throw;
                  }
                  Release(prepared.get());
                  rows = std::make_unique<CursorRows>(
                      *this, cursor, PrepareFetch(cursor, query.columns), cancellation);
                }),
                "query");
  return rows;
}

// A host that swallows packets would keep its caller for minutes.
std::string WithTimeout(const std::string& url) {
  if (url.find("connect_timeout=") != std::string::npos) return url;
  return url + (url.find('?') == std::string::npos ? '?' : '&') + "connect_timeout=5";
}

}  // namespace

Result<std::unique_ptr<Connection>> ConnectPostgresql(const std::string& url,
                                                      const Options& options) {
  try {
    auto session = std::make_unique<soci::session>(soci::postgresql, WithTimeout(url));
    auto connection =
        std::make_unique<PostgresqlConnection>(std::move(session), options.statement_cache);
    WW_RETURN_IF_ERROR(connection->Setup(options));
    return connection;
  } catch (const std::exception& e) {
    std::string what = e.what();
    for (char& c : what) c = c == '\n' ? ' ' : c;
    return Fail(Error{Code::kIo, "postgresql: " + what, {}, kServerUnavailable});
  }
}

}  // namespace ww::database
