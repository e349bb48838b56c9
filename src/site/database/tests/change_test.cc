// Changes, transactions, counters and claims, on both back-ends.
#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <limits>
#include <set>
#include <thread>

#include "backends.h"
#include "samples.h"

namespace ww::database {
namespace {

using E = Expression;
using testing::ElementsAre;

class ChangeContract : public ContractTest {
 protected:
  void SetUp() override {
    ContractTest::SetUp();
    if (!IsSkipped()) Make(SampleSchema());
  }
  std::vector<Row> All(const Select& select) {
    std::vector<Row> rows;
    const auto read = database_->Read([&](Transaction& tx) -> Status {
      WW_TRY(rows, tx.Fetch(select), "test");
      return {};
    });
    EXPECT_TRUE(read) << read.error().message;
    return rows;
  }
  Status InsertPackage(Row row) {
    return database_->Transact([&](Transaction& tx) -> Status {
      WW_TRY_STATUS(tx.InsertOne("SMS_ImagePackage", kPackageColumns, row), "test");
      return {};
    });
  }
};

TEST_P(ChangeContract, ReturnsWhatWasPut) {
  Bytes all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<std::byte>(i));
  const std::vector<Row> rows = {
      {"A1", "Grüße \xF0\x9F\x98\x80 \xEF\xBF\xBF", std::numeric_limits<std::int64_t>::min(), 0.1,
       "", "x", all},
      {"A2", std::string(100'000, 'x'), std::numeric_limits<std::int64_t>::max(),
       -1.7976931348623157e308, " \n\t'\"\\", Null{}, Bytes{}},
      {"A3", "", -1, 5e-324, "%_?:p$1", "", Null{}},
      {"A4", Null{}, 0, 3, Null{}, Null{}, Bytes(70'000, std::byte{0})}};
  const auto put = database_->Transact([&](Transaction& tx) -> Status {
    WW_TRY(const auto count, tx.Insert("SMS_ImagePackage", kPackageColumns, rows), "test");
    EXPECT_EQ(count, 4u);
    return {};
  });
  ASSERT_TRUE(put) << put.error().message;
  auto expected = rows;
  expected[3][3] = 3.0;
  EXPECT_EQ(All({.table = "SMS_ImagePackage", .order = {{E::Column("PackageID")}}}), expected);
  // Bytes as literals.
  EXPECT_EQ(All({.table = "SMS_ImagePackage", .where = E::Equal("Icon", all)}).size(), 1u);
}

TEST_P(ChangeContract, RefusesValuesOfAnotherType) {
  for (const Row& bad :
       {Row{"A", "n", "1", 1.0, "", "", Null{}}, Row{"A", 5, 1, 1.0, "", "", Null{}},
        Row{"A", "n", 1.5, 1.0, "", "", Null{}}, Row{"A", "n", 1, 1.0, "", "", "text"},
        Row{"A", std::string("a\0b", 3), 1, 1.0, "", "", Null{}},
        Row{"A", "\xC3", 1, 1.0, "", "", Null{}},
        Row{"A", "n", 1, std::numeric_limits<double>::infinity(), "", "", Null{}}, Row{"A"}}) {
    EXPECT_EQ(InsertPackage(bad).error().code, Code::kUsage);
  }
  EXPECT_EQ(InsertPackage({Null{}, "n", 1, 1.0, "", "", Null{}}).error().code, Code::kUsage);
}

TEST_P(ChangeContract, KeepsKeysUniqueWithoutCase) {
  ASSERT_TRUE(InsertPackage({"ABC", "n", 1, 1.0, "", "", Null{}}));
  const auto again = InsertPackage({"abc", "n", 1, 1.0, "", "", Null{}});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kConflict) << again.error().message;
}

TEST_P(ChangeContract, Upserts) {
  const auto upsert = [&](Row row) {
    return database_->Transact([&](Transaction& tx) -> Status {
      const std::vector<Row> rows = {row, row};
      WW_TRY_STATUS(tx.Upsert("SMS_ImagePackage", {"Name", "PackageID", "SourceVersion"}, rows),
                    "test");
      return {};
    });
  };
  ASSERT_TRUE(InsertPackage({"ABC", "first", 1, 1.5, "p", "d", Null{}}));
  ASSERT_TRUE(upsert({"second", "abc", 2}));
  ASSERT_TRUE(upsert({"third", "DEF", 3}));
  EXPECT_THAT(All({.table = "SMS_ImagePackage", .order = {{E::Column("PackageID")}}}),
              ElementsAre(Row{"ABC", "second", 2, 1.5, "p", "d", Null{}},
                          Row{"DEF", "third", 3, Null{}, Null{}, Null{}, Null{}}));
  const auto no_key = database_->Transact([&](Transaction& tx) -> Status {
    const std::vector<Row> rows = {{"x"}};
    WW_TRY_STATUS(tx.Upsert("SMS_ImagePackage", {"Name"}, rows), "test");
    return {};
  });
  EXPECT_EQ(no_key.error().code, Code::kUsage);
}

TEST_P(ChangeContract, CountsWhatUpdatesAndDeletesMatch) {
  ASSERT_TRUE(database_->Transact(FillSample));
  const auto changed = database_->Transact([&](Transaction& tx) -> Status {
    WW_TRY(const auto updated,
           tx.Update(
               "SMS_ImagePackage",
               {{"SourceVersion", E::Add(E::Column("SourceVersion"), E::Literal(1))},
                {"Path", E::Literal(Null{})},
                {"Name", E::Upper(E::Column("Name"))}},
               E::Compare(Comparison::kGreaterOrEqual, E::Column("SourceVersion"), E::Literal(10))),
           "test");
    EXPECT_EQ(updated, 2u);
    WW_TRY(const auto deleted, tx.Delete("Tags", E::Equal("PackageID", "abc00001")), "test");
    EXPECT_EQ(deleted, 2u);
    WW_TRY(const auto none, tx.Delete("Tags", E::Or({})), "test");
    EXPECT_EQ(none, 0u);
    WW_TRY(const auto rest, tx.Delete("Tags", {}), "test");
    EXPECT_EQ(rest, 2u);
    return {};
  });
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_THAT(All({.table = "SMS_ImagePackage",
                   .columns = {E::Column("SourceVersion"), E::Column("Name")},
                   .where = E::Equal("PackageID", "ABC00004")}),
              ElementsAre(Row{11, "SERVER [2022] 100%"}));
}

TEST_P(ChangeContract, RollsBackWhatFails) {
  const auto failed = database_->Transact([&](Transaction& tx) -> Status {
    WW_RETURN_IF_ERROR(FillSample(tx));
    return Fail(Code::kNotApplicable, "no");
  });
  EXPECT_EQ(failed.error().code, Code::kNotApplicable);
  EXPECT_TRUE(All({.table = "Tags"}).empty());
  EXPECT_THROW(static_cast<void>(database_->Transact([&](Transaction& tx) -> Status {
                 static_cast<void>(FillSample(tx));
                 throw std::runtime_error("bug");
               })),
               std::runtime_error);
  EXPECT_TRUE(All({.table = "Tags"}).empty());
}

TEST_P(ChangeContract, DoesNotCommitAfterAFailureThatWasSwallowed) {
  const auto status = database_->Transact([&](Transaction& tx) -> Status {
    WW_RETURN_IF_ERROR(FillSample(tx));
    EXPECT_FALSE(tx.InsertOne("SMS_ImagePackage", {"PackageID"}, {"ABC00001"}));
    EXPECT_FALSE(tx.InsertOne("SMS_ImagePackage", {"PackageID"}, {"NEW"}));
    return {};
  });
  EXPECT_EQ(status.error().code, Code::kConflict);
  EXPECT_TRUE(All({.table = "Tags"}).empty());
}

TEST_P(ChangeContract, RefusesChangesWhileReading) {
  const auto status = database_->Read([&](Transaction& tx) -> Status {
    WW_TRY_STATUS(tx.Delete("Tags", {}), "test");
    return {};
  });
  EXPECT_EQ(status.error().code, Code::kUsage);
}

TEST_P(ChangeContract, ReadsOneStateBesideWriters) {
  ASSERT_TRUE(database_->Transact(FillSample));
  const auto read = database_->Read([&](Transaction& tx) -> Status {
    WW_TRY(const auto before, tx.Count({.table = "Tags"}), "test");
    WW_RETURN_IF_ERROR(database_->Transact([](Transaction& other) -> Status {
      WW_TRY_STATUS(other.Delete("Tags", {}), "test");
      return {};
    }));
    WW_TRY(const auto after, tx.Count({.table = "Tags"}), "test");
    EXPECT_EQ(before, after);
    return {};
  });
  EXPECT_TRUE(read) << read.error().message;
  EXPECT_TRUE(All({.table = "Tags"}).empty());
}

TEST_P(ChangeContract, RunsOtherStatementsWhileRowsAreOpen) {
  ASSERT_TRUE(database_->Transact(FillSample));
  const auto status = database_->Transact([&](Transaction& tx) -> Status {
    WW_TRY(const auto packages,
           tx.Query({.table = "SMS_ImagePackage", .order = {{E::Column("PackageID")}}}), "test");
    WW_TRY(const auto same,
           tx.Query({.table = "SMS_ImagePackage", .order = {{E::Column("PackageID")}}}), "test");
    int tags = 0;
    for (;;) {
      WW_TRY(const bool more, packages->Next(), "test");
      if (!more) break;
      WW_TRY(const bool also, same->Next(), "test");
      EXPECT_TRUE(also);
      EXPECT_EQ(packages->row()[0], same->row()[0]);
      WW_TRY(const auto rows,
             tx.Fetch({.table = "Tags", .where = E::Equal("PackageID", packages->row()[0])}),
             "test");
      tags += static_cast<int>(rows.size());
      WW_TRY_STATUS(tx.InsertOne("Tags", {"PackageID"}, {"other"}), "test");
    }
    EXPECT_EQ(tags, 4);
    return {};
  });
  EXPECT_TRUE(status) << status.error().message;
}

TEST_P(ChangeContract, AbandonedRowsHoldNothing) {
  ASSERT_TRUE(database_->Transact(FillSample));
  for (int i = 0; i < 20; ++i) {
    const auto read = database_->Read([&](Transaction& tx) -> Status {
      WW_TRY(const auto rows, tx.Query({.table = "SMS_ImagePackage"}), "test");
      WW_TRY_STATUS(rows->Next(), "test");
      return {};
    });
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_TRUE(database_->Transact([](Transaction& tx) -> Status {
      WW_TRY_STATUS(tx.InsertOne("Tags", {"PackageID"}, {"x"}), "test");
      return {};
    }));
  }
  EXPECT_EQ(All({.table = "Tags"}).size(), 24u);
}

#if defined(__has_feature)
#define WW_CLANG_ADDRESS_SANITIZER __has_feature(address_sanitizer)
#else
#define WW_CLANG_ADDRESS_SANITIZER 0
#endif
#if defined(__SANITIZE_ADDRESS__) || WW_CLANG_ADDRESS_SANITIZER
constexpr bool kKeepsFreedMemory = true;
#else
constexpr bool kKeepsFreedMemory = false;
#endif

long ResidentKilobytes() {
  long pages = 0, resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr || std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
  if (file != nullptr) std::fclose(file);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

TEST_P(ChangeContract, StreamsManyRowsInFlatMemory) {
  const auto filled = database_->Transact([&](Transaction& tx) -> Status {
    std::vector<Row> rows;
    for (int i = 0; i < 100'000; ++i) {
      rows.push_back({"P" + std::to_string(1'000'000 + i), std::string(200, 'n'), i});
      if (rows.size() < 10'000) continue;
      WW_TRY_STATUS(tx.Insert("SMS_ImagePackage", {"PackageID", "Name", "SourceVersion"}, rows),
                    "test");
      rows.clear();
    }
    return {};
  });
  ASSERT_TRUE(filled) << filled.error().message;
  const auto read = database_->Read([&](Transaction& tx) -> Status {
    WW_TRY(const auto rows,
           tx.Query({.table = "SMS_ImagePackage", .order = {{E::Column("PackageID")}}}), "test");
    int seen = 0;
    long start = 0, most = 0;
    for (;; ++seen) {
      WW_TRY(const bool more, rows->Next(), "test");
      if (!more) break;
      if (rows->row()[2].integer() != seen) return Fail(Code::kInternal, "out of order");
      if (seen == 20'000) start = ResidentKilobytes();
      if (seen > 20'000 && seen % 1000 == 0) most = std::max(most, ResidentKilobytes());
    }
    EXPECT_EQ(seen, 100'000);
    if (!kKeepsFreedMemory) {
      EXPECT_LT(most - start, 8'000) << "kilobytes";  // all rows are 20 MB at least
    }
    return {};
  });
  ASSERT_TRUE(read) << read.error().message;
  Cancellation cancellation;
  const auto cancelled = database_->Read([&](Transaction& tx) -> Status {
    WW_TRY(const auto rows, tx.Query({.table = "SMS_ImagePackage"}, cancellation), "test");
    WW_TRY_STATUS(rows->Next(), "test");
    cancellation.Request();
    WW_TRY_STATUS(rows->Next(), "test");
    return {};
  });
  EXPECT_EQ(cancelled.error().code, Code::kCancelled);
  EXPECT_EQ(All({.table = "SMS_ImagePackage", .limit = 1}).size(), 1u);
}

TEST_P(ChangeContract, CountsWithoutRepetition) {
  EXPECT_EQ(*database_->NextValue("ScheduleID", 16777217), 16777217);
  EXPECT_EQ(*database_->NextValue("ScheduleID", 16777217), 16777218);
  EXPECT_EQ(*database_->NextValue("other"), 1);
  static_cast<void>(database_->Transact([](Transaction& tx) -> Status {
    EXPECT_EQ(*tx.NextValue("other"), 2);
    EXPECT_EQ(*tx.NextValue("other"), 3);
    return Fail(Code::kCancelled, "taken back");
  }));
  EXPECT_EQ(*database_->NextValue("other"), 2);
  std::vector<std::vector<std::int64_t>> given(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : given) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) mine.push_back(database_->NextValue("shared").value_or(-1));
      });
    }
  }
  std::set<std::int64_t> all;
  for (const auto& mine : given) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 200u);
  EXPECT_EQ(*all.begin(), 1);
  EXPECT_EQ(*all.rbegin(), 200);
}

// Two transactions that each read what the other writes: one has to run again.
TEST_P(ChangeContract, RetriesCollisions) {
  ASSERT_TRUE(InsertPackage({"A", "n", 0, 1.0, "", "", Null{}}));
  std::atomic<int> runs = 0, failed = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i) {
          const auto status = database_->Transact([&](Transaction& tx) -> Status {
            ++runs;
            WW_TRY(
                const auto row,
                tx.FetchOne({.table = "SMS_ImagePackage", .columns = {E::Column("SourceVersion")}}),
                "test");
            WW_TRY_STATUS(tx.Update("SMS_ImagePackage",
                                    {{"SourceVersion", E::Literal((*row)[0].integer() + 1)}}, {}),
                          "test");
            return {};
          });
          if (!status) ++failed;
        }
      });
    }
  }
  const auto value = All({.table = "SMS_ImagePackage"})[0][2].integer();
  EXPECT_EQ(value + failed, 80);
  EXPECT_LE(failed, 2);
  EXPECT_GE(runs, 80);
}

TEST_P(ChangeContract, ClaimsEachRowOnce) {
  ASSERT_TRUE(database_->Transact([](Transaction& tx) -> Status {
    std::vector<Row> rows;
    for (int i = 0; i < 40; ++i) rows.push_back({"P" + std::to_string(i), i, "free"});
    WW_TRY_STATUS(tx.Insert("Tags", {"PackageID", "Position", "Tag"}, rows), "test");
    return {};
  }));
  const Database::Claim claim{.table = "Tags",
                              .where = E::Equal("Tag", "FREE"),
                              .order = {{E::Column("Position")}},
                              .count = 3,
                              .assignments = {{"Tag", E::Literal("taken")}},
                              .columns = {"Position", "tag"}};
  auto first = database_->ClaimRows(claim);
  ASSERT_TRUE(first) << first.error().message;
  std::set<std::int64_t> positions;
  for (const auto& row : *first) {
    positions.insert(row[0].integer());
    EXPECT_EQ(row[1], Value("taken"));
  }
  EXPECT_EQ(positions, (std::set<std::int64_t>{0, 1, 2}));
  std::vector<std::vector<std::int64_t>> taken(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : taken) {
      threads.emplace_back([&] {
        for (;;) {
          const auto rows = database_->ClaimRows(claim);
          if (!rows || rows->empty()) return;
          for (const auto& row : *rows) mine.push_back(row[0].integer());
        }
      });
    }
  }
  std::size_t count = 0;
  for (const auto& mine : taken) {
    count += mine.size();
    positions.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(count, 37u);
  EXPECT_EQ(positions.size(), 40u);
}

TEST_P(ChangeContract, GivesUpWhenAllConnectionsAreInUse) {
  Options options;
  options.connections = 1;
  options.wait_for_connection = std::chrono::milliseconds(10);
  auto small = Reopen(options);
  ASSERT_TRUE(small);
  const auto status = (*small)->Read([&](Transaction&) -> Status {
    return (*small)->Read([](Transaction&) -> Status { return {}; });
  });
  EXPECT_EQ(status.error().code, Code::kBusy);
  EXPECT_TRUE((*small)->Read([](Transaction&) -> Status { return {}; }));
}

WW_BOTH_BACKENDS(ChangeContract);

}  // namespace
}  // namespace ww::database
