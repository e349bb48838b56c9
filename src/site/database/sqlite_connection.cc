// SQLite: the file, its pragmas, our SQL functions, and its result codes.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "like.h"
#include "soci_connection.h"
// SOCI's header puts SQLite's own into a namespace: sqlite3.h must not be included before it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#include <soci/sqlite3/soci-sqlite3.h>
#pragma GCC diagnostic pop

#include "wimwright/base/handle.h"

namespace ww::database {
namespace {

// ww_like(pattern, text): the pattern is decoded once per statement, SQLite keeps it beside the
// argument.
void LikeFunction(sqlite_api::sqlite3_context* context, int,
                  sqlite_api::sqlite3_value** arguments) {
  using namespace sqlite_api;
  const auto text = [](sqlite3_value* value) -> std::optional<std::string_view> {
    const auto* at = sqlite3_value_text(value);
    if (at == nullptr) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(at),
                            static_cast<std::size_t>(sqlite3_value_bytes(value)));
  };
  if (sqlite3_value_type(arguments[1]) == SQLITE_NULL) return sqlite3_result_null(context);
  auto* pattern = static_cast<const LikePattern*>(sqlite3_get_auxdata(context, 0));
  std::optional<LikePattern> decoded;
  if (pattern == nullptr) {
    decoded = DecodeLike(text(arguments[0]).value_or("?"));
    if (!decoded) return sqlite3_result_error(context, "not a pattern", -1);
    pattern = &*decoded;
  }
  const auto subject = text(arguments[1]);
  if (!subject) return sqlite3_result_error_nomem(context);
  sqlite3_result_int(context, Matches(*pattern, *subject) ? 1 : 0);
  if (decoded) {
    // SQLite may free it within the call: hence last.
    sqlite3_set_auxdata(context, 0, new LikePattern(*std::move(decoded)),
                        [](void* p) { delete static_cast<LikePattern*>(p); });
  }
}

// ww_integer(text): its leading digits, 18 at most.
void IntegerFunction(sqlite_api::sqlite3_context* context, int,
                     sqlite_api::sqlite3_value** arguments) {
  using namespace sqlite_api;
  const auto* text = sqlite3_value_text(arguments[0]);
  if (text == nullptr) return sqlite3_result_null(context);
  std::int64_t value = 0;
  for (int i = 0; i < 18 && text[i] >= '0' && text[i] <= '9'; ++i) {
    value = value * 10 + (text[i] - '0');
  }
  sqlite3_result_int64(context, value);
}

Code CodeOf(int result) {
  switch (result & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Code::kBusy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::kCorrupt;
    case SQLITE_FULL:
      return Code::kNoSpace;
    case SQLITE_INTERRUPT:
      return Code::kCancelled;
    case SQLITE_TOOBIG:
    case SQLITE_NOMEM:
      return Code::kLimit;
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
      return Code::kUsage;
    case SQLITE_CONSTRAINT:
      return result == SQLITE_CONSTRAINT_UNIQUE || result == SQLITE_CONSTRAINT_PRIMARYKEY ||
                     result == SQLITE_CONSTRAINT_ROWID
                 ? Code::kConflict
                 : Code::kUsage;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Code::kIo;
    default:
      return Code::kInternal;
  }
}

class SqliteConnection final : public SociConnection {
 public:
  SqliteConnection(std::unique_ptr<soci::session> session, std::size_t cache_size)
      : SociConnection(std::move(session), cache_size) {}

  Backend backend() const override { return Backend::kSqlite; }

  Status Setup(const Options& options) {
    auto* db = handle();
    sqlite_api::sqlite3_busy_timeout(db, static_cast<int>(options.busy_timeout.count()));
    sqlite_api::sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    if (sqlite_api::sqlite3_create_function_v2(db, "ww_like", 2, kFlags, nullptr, &LikeFunction,
                                               nullptr, nullptr, nullptr) != SQLITE_OK ||
        sqlite_api::sqlite3_create_function_v2(db, "ww_integer", 1, kFlags, nullptr,
                                               &IntegerFunction, nullptr, nullptr,
                                               nullptr) != SQLITE_OK) {
      return Fail(Code::kInternal, "SQLite refuses our functions");
    }
    sqlite_api::sqlite3_progress_handler(db, 20'000, &SqliteConnection::OnProgress, this);
    // FULL: what was committed survives a power failure, since files are published by it.
    for (const char* pragma :
         {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA trusted_schema = OFF",
          "PRAGMA cache_size = -16000", "PRAGMA temp_store = MEMORY"}) {
      WW_TRY_STATUS(Execute(pragma), "open");
    }
    return {};
  }

  ~SqliteConnection() override {
    if (data_version_ != nullptr) sqlite_api::sqlite3_finalize(data_version_);
  }

  Result<std::string> StateOfData() override {
    using namespace sqlite_api;
    if (data_version_ == nullptr && sqlite3_prepare_v2(handle(), "PRAGMA data_version", -1,
                                                       &data_version_, nullptr) != SQLITE_OK) {
      return Fail(Code::kIo, "SQLite: data_version cannot be asked for");
    }
    const bool answered = sqlite3_step(data_version_) == SQLITE_ROW;
    const auto version = answered ? sqlite3_column_int64(data_version_, 0) : 0;
    sqlite3_reset(data_version_);
    if (!answered) return Fail(Code::kBusy, "SQLite: data_version has no answer");
    return std::to_string(version);
  }

  Status Begin(Mode mode) override {
    // Writers take the lock at once: two readers that both want to write could only fail later.
    return Execute(mode == Mode::kRead ? "BEGIN" : "BEGIN IMMEDIATE");
  }

  Result<std::unique_ptr<Rows>> Open(const Query& query, bool /*bounded*/,
                                     const Cancellation& cancellation) override {
    std::unique_ptr<Rows> rows;
    WW_TRY_STATUS(Guard([&] {
                    rows = std::make_unique<StatementRows>(*this, Prepare(query.sql, query.columns),
                                                           cancellation);
                  }),
                  "query");
    cancellation_ = &cancellation;
    return rows;
  }

  void Reset(PreparedStatement& statement) override {
    // An unfinished statement would keep its snapshot, and the log from being written back.
    auto* backend =
        static_cast<soci::sqlite3_statement_backend*>(statement.statement.get_backend());
    // (SOCI declares a reset() of its own, which its library does not export.)
    if (backend->stmt_ != nullptr) sqlite_api::sqlite3_reset(backend->stmt_);
    backend->databaseReady_ = true;
    cancellation_ = nullptr;
  }

 protected:
  Classified Classify() const override {
    Classified what;
    int result = SQLITE_ERROR;
    try {
      throw;
    } catch (const soci::sqlite3_soci_error& e) {
      result = e.result();
      // The finer code, when the error is still the connection's last one.
      const int extended = sqlite_api::sqlite3_extended_errcode(handle());
      if ((extended & 0xFF) == (result & 0xFF)) result = extended;
      what.error.message = e.get_error_message();
    } catch (const std::exception& e) {
      what.error.message = e.what();
    }
    what.error.code = CodeOf(result);
    if (what.error.code == Code::kCancelled) what.error.message = "cancelled";
    what.error.message = "SQLite: " + what.error.message;
    what.collided = result == SQLITE_BUSY_SNAPSHOT;
    what.broken = what.error.code == Code::kCorrupt;
    return what;
  }

 private:
  sqlite_api::sqlite3* handle() const {
    auto& self = const_cast<SqliteConnection&>(*this);
    return static_cast<soci::sqlite3_session_backend*>(self.session().get_backend())->conn_;
  }
  static int OnProgress(void* self) {
    const auto* cancellation = static_cast<SqliteConnection*>(self)->cancellation_;
    return cancellation != nullptr && cancellation->requested() ? 1 : 0;
  }
  sqlite_api::sqlite3_stmt* data_version_ = nullptr;
  const Cancellation* cancellation_ = nullptr;  // of the rows opened last
};

}  // namespace

Result<std::unique_ptr<Connection>> ConnectSqlite(const std::string& path, const Options& options) {
  if (path.empty() || path.find_first_of(std::string("\"\0\n", 3)) != std::string::npos) {
    return Fail(Code::kUsage, "sqlite: the path is empty, or has a quote or line break in it");
  }
  std::error_code ec;
  const auto absolute = std::filesystem::absolute(path, ec);
  if (ec) return Fail(Code::kIo, "sqlite: " + path + ": " + ec.message());
  // Created by us, because SQLite would leave the mode to the umask; its log files take the mode
  // of the file. A file that exists is never opened here: closing it would drop the locks that
  // other connections of this process hold on it (they are POSIX locks), and another program would
  // take the log away from under them as if it were the last one.
  if (const UniqueFd fd(::open(absolute.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
      !fd) {
    const int reason = errno == EEXIST ? 0 : errno;
    if (reason != 0 || ::access(absolute.c_str(), R_OK | W_OK) != 0) {
      return Fail(Code::kIo, "sqlite: cannot open " + path + ": " +
                                 std::strerror(reason != 0 ? reason : errno));
    }
  }
  try {
    auto session =
        std::make_unique<soci::session>(soci::sqlite3, "db=\"" + absolute.string() + "\"");
    auto connection =
        std::make_unique<SqliteConnection>(std::move(session), options.statement_cache);
    WW_RETURN_IF_ERROR(connection->Setup(options));
    return connection;
  } catch (const std::exception& e) {
    return Fail(Code::kIo, "sqlite: " + path + ": " + e.what());
  }
}

}  // namespace ww::database
