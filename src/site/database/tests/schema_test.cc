// How a database becomes what the program wants: growth, migrations, refusals.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "backends.h"
#include "migration.h"
#include "samples.h"

namespace ww::database {
namespace {

using E = Expression;
using testing::ElementsAre;
using testing::HasSubstr;

class SchemaContract : public ContractTest {
 protected:
  // One table `T` of `columns`, at version `version`.
  static Schema Of(int version, std::vector<ColumnDefinition> columns,
                   std::vector<IndexDefinition> indexes = {}) {
    return {
        .version = version,
        .tables = {{.name = "T", .columns = std::move(columns), .indexes = std::move(indexes)}}};
  }
  Status Put(Row row, std::vector<std::string> columns = {"ID", "Name"}) {
    return database_->Transact([&](Transaction& tx) -> Status {
      WW_TRY_STATUS(tx.InsertOne("T", columns, row), "test");
      return {};
    });
  }
  std::vector<Row> All() {
    std::vector<Row> rows;
    const auto read = database_->Read([&](Transaction& tx) -> Status {
      WW_TRY(rows, tx.Fetch({.table = "T", .order = {{E::Column("ID")}}}), "test");
      return {};
    });
    EXPECT_TRUE(read) << read.error().message;
    return rows;
  }
  const ColumnDefinition kId{.name = "ID", .type = ColumnType::kInteger, .key = true};
};

TEST_P(SchemaContract, StaysWhenDefinedAgain) {
  Make(Of(1, {kId, {.name = "Name"}}));
  ASSERT_TRUE(Put({1, "a"}));
  Make(Of(1, {kId, {.name = "Name"}}));
  EXPECT_THAT(All(), ElementsAre(Row{1, "a"}));
}

TEST_P(SchemaContract, AddsColumnsAndIndexes) {
  Make(Of(1, {kId, {.name = "Name", .indexed = true}}));
  ASSERT_TRUE(Put({1, "a"}));
  ASSERT_TRUE(Put({2, "b"}));
  Make(Of(2,
          {kId,
           {.name = "Name"},
           {.name = "Count", .type = ColumnType::kInteger, .not_null = true},
           {.name = "Real", .type = ColumnType::kReal, .not_null = true, .indexed = true},
           {.name = "Text", .not_null = true, .case_insensitive = true},
           {.name = "Blob", .type = ColumnType::kBlob, .not_null = true},
           {.name = "When", .type = ColumnType::kDateTime}},
          {{.columns = {"Text", "ID"}, .unique = true}}));
  EXPECT_THAT(All(), ElementsAre(Row{1, "a", 0, 0.0, "", Bytes{}, Null{}},
                                 Row{2, "b", 0, 0.0, "", Bytes{}, Null{}}));
  EXPECT_TRUE(Put({3, "c"}));  // gets the defaults
  EXPECT_FALSE(Put({4, Null{}}, {"ID", "Text"}));
  // A program that does not know the new columns may still read; what it adds must fit.
  EXPECT_EQ(Reopen().value()->Define(Of(1, {kId, {.name = "Name"}})).error().code,
            Code::kUnsupported);
}

TEST_P(SchemaContract, RefusesWhatNeedsAMigration) {
  Make(Of(1, {kId, {.name = "Name"}}));
  const auto define = [&](std::vector<ColumnDefinition> columns) {
    return database_->Define(Of(2, std::move(columns)));
  };
  for (const auto& columns : std::vector<std::vector<ColumnDefinition>>{
           {kId, {.name = "Name", .type = ColumnType::kInteger}},
           {kId, {.name = "Name", .case_insensitive = true}},
           {kId, {.name = "Name", .not_null = true}},
           {kId, {.name = "Name", .key = true}},
           {kId, {.name = "Name"}, {.name = "More", .key = true}}}) {
    const auto status = define(columns);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Code::kUnsupported);
    EXPECT_THAT(status.error().message, HasSubstr("migration"));
  }
  ASSERT_TRUE(define({kId, {.name = "Name"}}));
}

TEST_P(SchemaContract, RunsMigrationsOnceAndOnOldDatabasesOnly) {
  Make(Of(1, {kId, {.name = "Name"}}));
  ASSERT_TRUE(Put({1, "12"}));
  auto next = Of(3, {kId, {.name = "Number", .type = ColumnType::kInteger}});
  next.migrations = {
      {.version = 2,
       .name = "names become numbers",
       .sqlite =
           {"ALTER TABLE \"T\" RENAME TO old",
            "CREATE TABLE \"T\" (\"ID\" INTEGER NOT NULL PRIMARY KEY, \"Number\" INTEGER) STRICT",
            "INSERT INTO \"T\" SELECT \"ID\", CAST(\"Name\" AS INTEGER) FROM old",
            "DROP TABLE old"},
       .postgresql =
           {"ALTER TABLE \"T\" RENAME COLUMN \"Name\" TO \"Number\"",
            "ALTER TABLE \"T\" ALTER COLUMN \"Number\" TYPE bigint USING \"Number\"::bigint"},
       .results = next.tables},
      {.version = 3,
       .name = "twice as much: 'a:b' stays text",
       .sqlite = {"UPDATE \"T\" SET \"Number\" = \"Number\" * 2 WHERE 'a:b' = 'a:b'"},
       .postgresql = {"UPDATE \"T\" SET \"Number\" = \"Number\" * 2 WHERE 'a:b' = 'a:b'"}}};
  Make(next);
  EXPECT_THAT(All(), ElementsAre(Row{1, 24}));
  Make(next);
  EXPECT_THAT(All(), ElementsAre(Row{1, 24}));
}

TEST_P(SchemaContract, DoesNotMigrateANewDatabase) {
  auto schema = Of(2, {kId, {.name = "Name"}});
  schema.migrations = {
      {.version = 2, .name = "x", .sqlite = {"nonsense"}, .postgresql = {"nonsense"}}};
  Make(schema);
  EXPECT_TRUE(Put({1, "a"}));
}

TEST_P(SchemaContract, AMigrationThatFailsChangesNothing) {
  Make(Of(1, {kId, {.name = "Name"}}));
  ASSERT_TRUE(Put({1, "a"}));
  auto schema = Of(2, {kId, {.name = "Name"}});
  schema.migrations = {{.version = 2,
                        .name = "half",
                        .sqlite = {"DELETE FROM \"T\"", "nonsense"},
                        .postgresql = {"DELETE FROM \"T\"", "nonsense"}}};
  const auto status = database_->Define(schema);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("migration 2 (half)"));
  EXPECT_THAT(All(), ElementsAre(Row{1, "a"}));
  schema.migrations[0].sqlite.pop_back();
  schema.migrations[0].postgresql.pop_back();
  ASSERT_TRUE(database_->Define(schema));
  EXPECT_TRUE(All().empty());
}

TEST_P(SchemaContract, RefusesANewerDatabase) {
  Make(Of(5, {kId}));
  const auto status = database_->Define(Of(4, {kId}));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kUnsupported);
  // Another schema has versions of its own.
  EXPECT_TRUE(database_->Define({.name = "other", .version = 1, .tables = {TagTable()}}));
}

TEST_P(SchemaContract, TwoProcessesMayDefineAtOnce) {
  std::vector<Status> results(4);
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) {
      threads.emplace_back([&] {
        auto database = Reopen();
        result = database ? (*database)->Define(SampleSchema()) : Status(Fail(database.error()));
      });
    }
  }
  for (const auto& result : results) EXPECT_TRUE(result) << result.error().message;
}

WW_BOTH_BACKENDS(SchemaContract);

TEST(Table, RefusesBadDefinitions) {
  const auto bad = [](TableDefinition table) {
    return Validate(table).error().code == Code::kUsage;
  };
  EXPECT_TRUE(bad({.name = "", .columns = {{.name = "a"}}}));
  EXPECT_TRUE(bad({.name = "1a", .columns = {{.name = "a"}}}));
  EXPECT_TRUE(bad({.name = "ww_schema", .columns = {{.name = "a"}}}));
  EXPECT_TRUE(bad({.name = "SQLITE_master", .columns = {{.name = "a"}}}));
  EXPECT_TRUE(bad({.name = std::string(61, 'a'), .columns = {{.name = "a"}}}));
  EXPECT_TRUE(bad({.name = "t", .columns = {}}));
  EXPECT_TRUE(bad({.name = "t", .columns = {{.name = "a"}, {.name = "A"}}}));
  EXPECT_TRUE(bad({.name = "t", .columns = {{.name = "rowid"}}}));
  EXPECT_TRUE(
      bad({.name = "t",
           .columns = {{.name = "a", .type = ColumnType::kInteger, .case_insensitive = true}}}));
  EXPECT_TRUE(bad({.name = "t", .columns = {{.name = "a"}}, .indexes = {{.columns = {"b"}}}}));
  EXPECT_TRUE(bad({.name = "t", .columns = {{.name = "a\""}}}));
  EXPECT_TRUE(Validate({.name = std::string(60, 'a'), .columns = {{.name = "SELECT"}}}));
}

TEST(Sqlite, MakesTheFileReadableByItsOwnerOnly) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "site.db";
  auto database = Database::Open("sqlite:" + path.string());
  ASSERT_TRUE(database);
  ASSERT_TRUE((*database)->Define(SampleSchema()));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    struct stat info = {};
    ASSERT_EQ(stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u) << entry.path();
  }
}

TEST(Sqlite, RefusesWhatIsNoDatabase) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "text";
  std::ofstream(path) << std::string(5000, 'x');
  EXPECT_EQ(Database::Open("sqlite:" + path.string()).error().code, Code::kCorrupt);
  EXPECT_EQ(Database::Open("sqlite:" + (folder.path() / "no/such").string()).error().code,
            Code::kIo);
  EXPECT_EQ(Database::Open("sqlite:").error().code, Code::kUsage);
  EXPECT_EQ(Database::Open("sqlite:a\"b").error().code, Code::kUsage);
  EXPECT_EQ(Database::Open("mysql://x").error().code, Code::kUsage);
}

TEST(Postgresql, SaysWhenNobodyAnswers) {
  const auto opened = Database::Open("postgresql://u:secret@/db?host=/nowhere");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kIo);
  EXPECT_THAT(opened.error().message, testing::Not(HasSubstr("secret")));
}

// tests/data/v1.sql is what version 1 of this module wrote: it must remain an ancestor.
TEST(Sqlite, UpgradesTheStoredCopyOfAnOlderDatabase) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "old.db";
  const auto command = "sqlite3 '" + path.string() + "' < '" WW_TEST_DATA "/v1.sql'";
  if (std::system(command.c_str()) != 0) GTEST_SKIP() << "no sqlite3 program";
  auto database = Database::Open("sqlite:" + path.string());
  ASSERT_TRUE(database) << database.error().message;
  auto schema = SampleSchema();
  schema.version = 2;
  schema.tables[0].columns.push_back(
      {.name = "Priority", .type = ColumnType::kInteger, .not_null = true});
  const auto defined = (*database)->Define(schema);
  ASSERT_TRUE(defined) << defined.error().message;
  const auto read = (*database)->Read([](Transaction& tx) -> Status {
    WW_TRY(const auto rows,
           tx.Fetch({.table = "SMS_ImagePackage", .where = E::Equal("PackageID", "abc00001")}),
           "test");
    EXPECT_THAT(rows, ElementsAre(Row{"ABC00001", "Windows 10", 3, 1.5, "/a",
                                      "20260101000000.000000+000", Bytes{std::byte{1}}, 0}));
    return {};
  });
  EXPECT_TRUE(read) << read.error().message;
  EXPECT_EQ(*(*database)->NextValue("ScheduleID"), 16777219);
}

}  // namespace
}  // namespace ww::database
