// Database::Version, on both back-ends.
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <thread>

#include "backends.h"
#include "samples.h"

namespace ww::database {
namespace {

class VersionContract : public ContractTest {
 protected:
  void SetUp() override {
    ContractTest::SetUp();
    if (!IsSkipped()) Make(SampleSchema());
  }

  static std::uint64_t Known(Database& database) {
    const auto version = database.Version();
    EXPECT_TRUE(version);
    return version.value_or(0);
  }
  static Status Put(Database& database, const std::string& id) {
    return database.Transact([&](Transaction& tx) -> Status {
      WW_TRY_STATUS(tx.InsertOne("SMS_ImagePackage", {"PackageID"}, {id}), "test");
      return {};
    });
  }
  // Another server of the site.
  std::unique_ptr<Database> Other() {
    auto other = Reopen();
    EXPECT_TRUE(other);
    EXPECT_TRUE((*other)->Define(SampleSchema()));
    return *std::move(other);
  }
};

TEST_P(VersionContract, IsTheSameWhileNothingChanges) {
  // The autovacuum of a new cluster may write in between, which is allowed to count.
  for (int attempt = 0; attempt < 20; ++attempt) {
    const auto before = Known(*database_);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(database_->Read([](Transaction& tx) -> Status {
        WW_TRY_STATUS(tx.Count({.table = "SMS_ImagePackage"}).map([](std::uint64_t) {}), "test");
        return {};
      }));
    }
    if (Known(*database_) == before) return;
  }
  ADD_FAILURE() << "reading changes it";
}

TEST_P(VersionContract, IsAnotherOneAsSoonAsAChangeReturned) {
  std::set<std::uint64_t> seen{Known(*database_)};
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(Put(*database_, "A" + std::to_string(i)));
    EXPECT_TRUE(seen.insert(Known(*database_)).second) << i;
  }
  ASSERT_TRUE(database_->NextValue("counter"));
  EXPECT_TRUE(seen.insert(Known(*database_)).second);
  ASSERT_TRUE(database_->ClaimRows({.table = "SMS_ImagePackage",
                                    .assignments = {{"Path", Expression::Literal("/x")}},
                                    .columns = {"PackageID"}}));
  EXPECT_TRUE(seen.insert(Known(*database_)).second);
}

TEST_P(VersionContract, ChangesOfOthersAreSeenAtOnce) {
  const auto other = Other();
  std::set<std::uint64_t> seen{Known(*database_)};
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(Put(*other, "B" + std::to_string(i)));
    EXPECT_TRUE(seen.insert(Known(*database_)).second) << i;
  }
}

TEST_P(VersionContract, IsKnownWithoutWaitingWhereThereIsNoNetwork) {
  EXPECT_EQ(database_->VersionAtOnce().has_value(), GetParam() == Backend::kSqlite);
}

// Those who ask at the same time share an answer, which must not be older than their question.
TEST_P(VersionContract, NoneOfManyWhoAskGetsAnOldAnswer) {
  const auto other = Other();
  std::atomic<bool> stop{false};
  std::vector<std::thread> askers;
  for (int i = 0; i < 3; ++i) {
    askers.emplace_back([&] {
      while (!stop) database_->Version();
    });
  }
  std::set<std::uint64_t> seen{Known(*database_)};
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(Put(*other, "D" + std::to_string(i)));
    EXPECT_TRUE(seen.insert(Known(*database_)).second) << i;
  }
  stop = true;
  for (auto& one : askers) one.join();
}

TEST_P(VersionContract, NothingKeptIsOlderThanItsVersion) {
  // A reader that keeps counts by version, and another server that writes as fast as it can: what
  // is kept must be what there is when it was written here.
  const auto other = Other();
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; i < 40; ++i) EXPECT_TRUE(Put(*other, "C" + std::to_string(i)));
    stop = true;
  });
  const auto count = [&] {
    std::uint64_t rows = 0;
    EXPECT_TRUE(database_->Read([&](Transaction& tx) -> Status {
      WW_TRY(rows, tx.Count({.table = "SMS_ImagePackage"}), "test");
      return {};
    }));
    return rows;
  };
  std::optional<std::uint64_t> kept_version;
  std::uint64_t kept = 0;
  while (!stop) {
    const auto version = database_->Version();
    const auto now = count();
    const auto after = database_->Version();
    if (version && version == after && kept_version == version) {
      EXPECT_EQ(now, kept);
    }
    kept_version = version;
    kept = now;
  }
  writer.join();
  EXPECT_EQ(count(), 40u);
}

WW_BOTH_BACKENDS(VersionContract);

}  // namespace
}  // namespace ww::database
