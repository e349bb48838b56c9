// The page query of a console, 100 rows out of 100,000, through this module and through the
// sqlite3 library alone with the SQL that this module would send: the promise is at most 1.5 times
// the time. The last benchmark says the ratio, measured in turns.
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "wimwright/database/database.h"

namespace {

using namespace ww;
using namespace ww::database;
using E = Expression;

constexpr const char* kSql =
    "SELECT t0.\"PackageID\", t0.\"Name\", t0.\"SourceVersion\", t0.\"SourceSize\", "
    "t0.\"Description\", t0.\"LastRefreshTime\", t0.\"PkgSourcePath\", t0.\"Priority\" FROM "
    "\"SMS_ImagePackage\" AS t0 WHERE (t0.\"Name\" COLLATE NOCASE > ? COLLATE NOCASE) ORDER BY "
    "t0.\"Name\" COLLATE NOCASE LIMIT ?";

struct Site {
  std::string path;
  std::unique_ptr<Database> database;
  sqlite3* native = nullptr;
  sqlite3_stmt* statement = nullptr;

  Site() {
    path = (std::filesystem::temp_directory_path() / "ww_page_bench.db").string();
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path + end);
    database = *Database::Open("sqlite:" + path);
    const Schema schema{
        .tables = {{.name = "SMS_ImagePackage",
                    .columns = {{.name = "PackageID", .key = true, .case_insensitive = true},
                                {.name = "Name", .indexed = true, .case_insensitive = true},
                                {.name = "SourceVersion", .type = ColumnType::kInteger},
                                {.name = "SourceSize", .type = ColumnType::kInteger},
                                {.name = "Description"},
                                {.name = "LastRefreshTime", .type = ColumnType::kDateTime},
                                {.name = "PkgSourcePath"},
                                {.name = "Priority", .type = ColumnType::kInteger}}}}};
    if (!database->Define(schema)) std::abort();
    const auto filled = database->Transact([](Transaction& tx) -> Status {
      std::vector<Row> rows;
      for (int i = 0; i < 100'000; ++i) {
        const auto number = std::to_string(100'000 + (i * 7919) % 100'000);
        rows.push_back({"P" + std::to_string(i), "Windows 11 Enterprise " + number, i % 50,
                        4'000'000 + i, "An image for the machines of building " + number,
                        "20260101000000.000000+000",
                        "\\\\server\\share\\images\\" + number + "\\install.wim", 2});
      }
      WW_TRY_STATUS(tx.Insert("SMS_ImagePackage",
                              {"PackageID", "Name", "SourceVersion", "SourceSize", "Description",
                               "LastRefreshTime", "PkgSourcePath", "Priority"},
                              rows),
                    "bench");
      return {};
    });
    if (!filled) std::abort();
    if (sqlite3_open(path.c_str(), &native) != SQLITE_OK ||
        sqlite3_exec(native, "PRAGMA cache_size = -16000", nullptr, nullptr, nullptr) !=
            SQLITE_OK ||
        sqlite3_prepare_v2(native, kSql, -1, &statement, nullptr) != SQLITE_OK) {
      std::abort();
    }
  }

  // Each answers the sum of what it read, so that both must read it.
  std::uint64_t Ours(const std::string& from) {
    std::uint64_t sum = 0;
    const auto read = database->Read([&](Transaction& tx) -> Status {
      WW_TRY(
          const auto rows,
          tx.Query({.table = "SMS_ImagePackage",
                    .where = E::Compare(Comparison::kGreater, E::Column("Name"), E::Literal(from)),
                    .order = {{E::Column("Name")}},
                    .limit = 100}),
          "bench");
      for (;;) {
        WW_TRY(const bool more, rows->Next(), "bench");
        if (!more) return {};
        for (const auto& value : rows->row()) {
          sum += value.text().size() + static_cast<std::uint64_t>(value.integer());
        }
      }
    });
    if (!read) std::abort();
    return sum;
  }

  // With a transaction around, and values copied out, as any caller needs.
  std::uint64_t Native(const std::string& from) {
    std::uint64_t sum = 0;
    sqlite3_exec(native, "BEGIN", nullptr, nullptr, nullptr);
    sqlite3_bind_text(statement, 1, from.data(), static_cast<int>(from.size()), nullptr);
    sqlite3_bind_int64(statement, 2, 100);
    std::string texts[8];
    while (sqlite3_step(statement) == SQLITE_ROW) {
      for (int c = 0; c < 8; ++c) {
        if (sqlite3_column_type(statement, c) == SQLITE_INTEGER) {
          sum += static_cast<std::uint64_t>(sqlite3_column_int64(statement, c));
          continue;
        }
        texts[c].assign(reinterpret_cast<const char*>(sqlite3_column_text(statement, c)),
                        static_cast<std::size_t>(sqlite3_column_bytes(statement, c)));
        sum += texts[c].size();
      }
    }
    sqlite3_reset(statement);
    sqlite3_exec(native, "COMMIT", nullptr, nullptr, nullptr);
    return sum;
  }
};

Site& TheSite() {
  static Site site;
  return site;
}

std::string From(int i) { return "Windows 11 Enterprise " + std::to_string(100'000 + i % 99'000); }

void PageThroughModule(benchmark::State& state) {
  int i = 0;
  TheSite();
  for (auto _ : state) benchmark::DoNotOptimize(TheSite().Ours(From(i += 997)));
}
BENCHMARK(PageThroughModule);

void PageThroughSqlite(benchmark::State& state) {
  int i = 0;
  TheSite();
  for (auto _ : state) benchmark::DoNotOptimize(TheSite().Native(From(i += 997)));
}
BENCHMARK(PageThroughSqlite);

void PageRatio(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  Clock::duration ours{}, native{};
  int i = 0;
  for (auto _ : state) {
    const auto from = From(i += 997);
    const auto a = Clock::now();
    const auto x = TheSite().Ours(from);
    const auto b = Clock::now();
    const auto y = TheSite().Native(from);
    native += Clock::now() - b;
    ours += b - a;
    if (x != y) std::abort();
  }
  state.counters["ratio"] =
      static_cast<double>(ours.count()) / static_cast<double>(std::max<long>(native.count(), 1));
}
BENCHMARK(PageRatio);

}  // namespace
