#include "migration.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "table_sql.h"
#include "wimwright/base/bytes.h"
#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::database {
namespace {

// What ww_schema keeps: the version of each schema under "version:NAME", each table's canonical
// text and digest under "table:name".
class Bookkeeping {
 public:
  explicit Bookkeeping(Connection& connection)
      : connection_(connection), dialect_{connection.backend()} {}

  Status Create() {
    const bool sqlite = dialect_.sqlite();
    WW_TRY_STATUS(connection_.Execute(fmt::format(
                      "CREATE TABLE IF NOT EXISTS ww_schema (name {0} NOT NULL PRIMARY KEY, "
                      "version {1} NOT NULL, definition {0} NOT NULL, digest {0} NOT NULL){2}",
                      sqlite ? "TEXT" : "text COLLATE \"C\"", sqlite ? "INTEGER" : "bigint",
                      sqlite ? " STRICT" : "")),
                  "ww_schema");
    WW_TRY_STATUS(connection_.Execute(fmt::format(
                      "CREATE TABLE IF NOT EXISTS ww_counter (name {0} NOT NULL PRIMARY KEY, "
                      "value {1} NOT NULL){2}",
                      sqlite ? "TEXT" : "text COLLATE \"C\"", sqlite ? "INTEGER" : "bigint",
                      sqlite ? " STRICT" : "")),
                  "ww_counter");
    return {};
  }

  Status Read() {
    entries_.clear();
    Query query;
    query.sql.Add("SELECT name, version, definition FROM ww_schema");
    query.columns = {WireType::kText, WireType::kInteger, WireType::kText};
    WW_TRY(const auto rows, connection_.Open(query, true, NeverCancelled()), "ww_schema");
    for (;;) {
      WW_TRY(const bool more, rows->Next(), "ww_schema");
      if (!more) return {};
      const auto row = rows->row();
      entries_[std::string(row[0].text())] = {row[1].integer(), std::string(row[2].text())};
    }
  }

  std::optional<std::int64_t> Version(const std::string& schema) const {
    const auto it = entries_.find("version:" + schema);
    return it == entries_.end() ? std::nullopt : std::optional(it->second.version);
  }
  // The canonical text of the table as it stands.
  std::optional<std::string> Table(std::string_view table) const {
    const auto it = entries_.find("table:" + ToLowerAscii(table));
    return it == entries_.end() ? std::nullopt : std::optional(it->second.definition);
  }

  Status SetVersion(const std::string& schema, std::int64_t version) {
    return Set("version:" + schema, version, "");
  }
  Status SetTable(const TableDefinition& table) {
    return Set("table:" + ToLowerAscii(table.name), 0, CanonicalText(table));
  }

 private:
  struct Entry {
    std::int64_t version = 0;
    std::string definition;
  };
  Status Set(const std::string& name, std::int64_t version, const std::string& definition) {
    const auto digest = definition.empty() ? "" : ToHex(Sha256(AsBytes(definition)));
    Sql sql("INSERT INTO ww_schema (name, version, definition, digest) VALUES (");
    sql.Add(dialect_.Bind(WireType::kText, name)).Add(", ");
    sql.Add(dialect_.Bind(WireType::kInteger, version)).Add(", ");
    sql.Add(dialect_.Bind(WireType::kText, definition)).Add(", ");
    sql.Add(dialect_.Bind(WireType::kText, digest));
    sql.Add(
        ") ON CONFLICT (name) DO UPDATE SET version = excluded.version, "
        "definition = excluded.definition, digest = excluded.digest");
    WW_TRY_STATUS(connection_.Change(sql), "ww_schema");
    entries_[name] = {version, definition};
    return {};
  }
  Connection& connection_;
  Dialect dialect_;
  std::map<std::string, Entry, std::less<>> entries_;
};

using Lines = std::map<std::string, std::string, std::less<>>;  // what it is about -> all of it

Lines LinesOf(std::string_view canonical) {
  Lines lines;
  while (!canonical.empty()) {
    const auto end = std::min(canonical.find('\n'), canonical.size());
    const auto line = canonical.substr(0, end);
    canonical.remove_prefix(std::min(end + 1, canonical.size()));
    // "column name ..." and "index name ..."
    const auto first = std::min(line.find(' '), line.size());
    const auto second = std::min(line.find(' ', std::min(first + 1, line.size())), line.size());
    lines[ToLowerAscii(line.substr(0, second))] = std::string(line);
  }
  return lines;
}

Status GrowTable(Connection& connection, const TableDefinition& table,
                 const std::string& recorded) {
  const Dialect dialect{connection.backend()};
  const auto old_lines = LinesOf(recorded);
  const auto new_lines = LinesOf(CanonicalText(table));
  for (const auto& column : table.columns) {
    const auto about = "column " + ToLowerAscii(column.name);
    const auto old = old_lines.find(about);
    if (old == old_lines.end()) {
      if (column.key) {
        return Fail(Code::kUnsupported,
                    table.name + "." + column.name + ": a new key column needs a migration");
      }
      WW_TRY_STATUS(connection.Execute(AddColumnSql(dialect, table, column)), table.name);
    } else if (old->second != new_lines.at(about)) {
      return Fail(Code::kUnsupported,
                  fmt::format("{}.{} is '{}' in the database and '{}' in the program, which needs "
                              "a migration",
                              table.name, column.name, old->second, new_lines.at(about)));
    }
  }
  for (const auto& [about, line] : old_lines) {
    if (about.starts_with("index ") && !new_lines.contains(about)) {
      WW_TRY_STATUS(connection.Execute("DROP INDEX IF EXISTS " + Dialect::Quote(about.substr(6))),
                    table.name);
    }
  }
  for (const auto& index : IndexesOf(table)) {
    if (!old_lines.contains("index " + index.name)) {
      WW_TRY_STATUS(connection.Execute(CreateIndexSql(dialect, table, index)), table.name);
    }
  }
  return {};
}

Status CreateOrGrow(Connection& connection, Bookkeeping& book, const TableDefinition& table) {
  const auto recorded = book.Table(table.name);
  if (recorded == CanonicalText(table)) return {};
  if (!recorded) {
    for (const auto& sql : CreateTableSql(Dialect{connection.backend()}, table)) {
      WW_TRY_STATUS(connection.Execute(sql), table.name);
    }
  } else {
    WW_RETURN_IF_ERROR(GrowTable(connection, table, *recorded));
  }
  return book.SetTable(table);
}

// Runs `work` in a transaction that holds the lock on the schema.
template <typename Work>
Status Locked(Connection& connection, const Work& work) {
  WW_RETURN_IF_ERROR(connection.Begin(Mode::kReadCommitted));
  const auto steps = [&]() -> Status {
    if (connection.backend() == Backend::kPostgresql) {
      // Any number that others do not use; the lock goes with the transaction.
      WW_RETURN_IF_ERROR(connection.Execute("SELECT pg_advisory_xact_lock(7741690337252051)"));
    }
    WW_RETURN_IF_ERROR(work());
    return connection.Commit();
  };
  const Status status = steps();
  if (!status) connection.Rollback();
  return status;
}

Status CheckMigrations(const Schema& schema) {
  int last = 0;
  for (const auto& migration : schema.migrations) {
    if (migration.version <= last || migration.version > schema.version) {
      return Fail(Code::kUsage, "migrations rise, and end at the schema's version");
    }
    last = migration.version;
  }
  return {};
}

}  // namespace

std::string CanonicalText(const TableDefinition& table) {
  static constexpr std::string_view kTypes[] = {"integer", "real", "text", "blob", "text"};
  std::string out;
  for (const auto& column : table.columns) {
    out += fmt::format("column {} {}{}{}{}\n", column.name,
                       kTypes[static_cast<std::size_t>(column.type)], column.key ? " key" : "",
                       column.not_null && !column.key ? " not_null" : "",
                       column.case_insensitive ? " case_insensitive" : "");
  }
  for (const auto& index : IndexesOf(table)) {
    out += fmt::format("index {}{} {}\n", index.name, index.unique ? " unique" : "",
                       fmt::join(index.columns, ","));
  }
  return out;
}

Status ApplySchema(Connection& connection, const Schema& schema) {
  for (const auto& table : schema.tables) WW_RETURN_IF_ERROR(Validate(table));
  WW_RETURN_IF_ERROR(CheckMigrations(schema));
  Bookkeeping book(connection);
  const auto refuse_newer = [&]() -> Status {
    const auto version = book.Version(schema.name);
    if (version && *version > schema.version) {
      return Fail(Error{Code::kUnsupported,
                        fmt::format("the database has version {} of schema '{}', this program "
                                    "knows version {}",
                                    *version, schema.name, schema.version),
                        "Use the newer program.", 0});
    }
    return {};
  };
  bool is_new = false;
  WW_TRY_STATUS(Locked(connection,
                       [&]() -> Status {
                         WW_RETURN_IF_ERROR(book.Create());
                         WW_RETURN_IF_ERROR(book.Read());
                         is_new = !book.Version(schema.name);
                         return refuse_newer();
                       }),
                "schema");
  for (const auto& migration : schema.migrations) {
    if (is_new) break;
    const auto what = fmt::format("migration {} ({})", migration.version, migration.name);
    WW_TRY_STATUS(
        Locked(connection,
               [&]() -> Status {
                 WW_RETURN_IF_ERROR(book.Read());  // another process may have been quicker
                 WW_RETURN_IF_ERROR(refuse_newer());
                 if (book.Version(schema.name).value_or(0) >= migration.version) return {};
                 const auto& statements = connection.backend() == Backend::kSqlite
                                              ? migration.sqlite
                                              : migration.postgresql;
                 for (const auto& sql : statements) WW_RETURN_IF_ERROR(connection.Execute(sql));
                 for (const auto& table : migration.results) {
                   WW_RETURN_IF_ERROR(book.SetTable(table));
                 }
                 return book.SetVersion(schema.name, migration.version);
               }),
        what);
  }
  return Locked(connection, [&]() -> Status {
    WW_RETURN_IF_ERROR(book.Read());
    WW_RETURN_IF_ERROR(refuse_newer());
    for (const auto& table : schema.tables) {
      WW_TRY_STATUS(CreateOrGrow(connection, book, table), "schema");
    }
    if (book.Version(schema.name) == schema.version) return {};
    return book.SetVersion(schema.name, schema.version);
  });
}

}  // namespace ww::database
