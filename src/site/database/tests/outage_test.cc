// A PostgreSQL server that closes connections, restarts, or stays away.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "backends.h"
#include "outage.h"
#include "samples.h"
#include "wimwright/base/windows_code.h"

namespace ww::database {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class OutageTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    cluster_ = SharedCluster(&why);
    if (cluster_ == nullptr) GTEST_SKIP() << why;
    url_ = cluster_->NewUrl();
    Open({});
    ASSERT_TRUE(database_->Define(SampleSchema()));
    ASSERT_TRUE(Put("A1"));
  }
  void Open(const Options& options) { database_ = *Database::Open(url_, options); }
  Status Put(const std::string& id) {
    return database_->Transact([&](Transaction& tx) -> Status {
      WW_TRY_STATUS(tx.InsertOne("SMS_ImagePackage", {"PackageID"}, {id}), "test");
      return {};
    });
  }
  Result<std::uint64_t> Count(const std::function<void(Transaction&)>& before = {}) {
    std::uint64_t count = 0;
    WW_RETURN_IF_ERROR(database_->Read([&](Transaction& tx) -> Status {
      if (before) before(tx);
      WW_TRY(count, tx.Count({.table = "SMS_ImagePackage"}), "test");
      return {};
    }));
    return count;
  }

  Cluster* cluster_ = nullptr;
  std::string url_;
  std::unique_ptr<Database> database_;
};

TEST_F(OutageTest, WhatIdledInThePoolIsReplaced) {
  cluster_->CloseConnections();
  EXPECT_EQ(Count(), 1u);
  cluster_->CloseConnections();
  EXPECT_TRUE(Put("A2"));
  EXPECT_EQ(Count(), 2u);
}

TEST_F(OutageTest, AReadWhoseConnectionBreaksRunsAgain) {
  int runs = 0;
  EXPECT_EQ(Count([&](Transaction&) {
              if (++runs == 1) cluster_->CloseConnections();
            }),
            1u);
  EXPECT_EQ(runs, 2);
}

TEST_F(OutageTest, WhatWasHandedOnIsNotReadAgain) {
  int runs = 0;
  const auto count = Count([&](Transaction& tx) {
    ++runs;
    tx.MustNotRepeat();
    cluster_->CloseConnections();
  });
  EXPECT_EQ(runs, 1);
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().hresult, kServerUnavailable);
}

TEST_F(OutageTest, AStatementThatEndsTheServerIsNotRepeatedForEver) {
  int runs = 0;
  const auto count = Count([&](Transaction&) {
    ++runs;
    cluster_->CloseConnections();
  });
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().hresult, kServerUnavailable);
  EXPECT_EQ(runs, 4);
}

TEST_F(OutageTest, AChangeThatWasNotCommittedIsMadeOnce) {
  int runs = 0;
  ASSERT_TRUE(database_->Transact([&](Transaction& tx) -> Status {
    ++runs;
    WW_TRY_STATUS(tx.InsertOne("SMS_ImagePackage", {"PackageID"}, {"A2"}), "test");
    if (runs == 1) cluster_->CloseConnections();
    WW_TRY_STATUS(tx.InsertOne("SMS_ImagePackage", {"PackageID"}, {"A3"}), "test");
    return {};
  }));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Count(), 3u);
}

TEST_F(OutageTest, ACommitThatNobodyAnsweredIsNotRepeated) {
  // The session ends in the middle of its commit.
  ASSERT_TRUE(cluster_->Execute(
      "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); "
      "RETURN NULL; END $$; "
      "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON \"SMS_ImagePackage\" "
      "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()",
      url_));
  const auto put = Put("A2");
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().hresult, kOutcomeUnknown) << put.error().message;
  EXPECT_EQ(Count(), 1u);
}

TEST_F(OutageTest, CallsWaitWhileTheServerRestarts) {
  cluster_->Stop();
  std::thread reader([&] { EXPECT_TRUE(Count()); });
  std::thread writer([&] { EXPECT_TRUE(Put("A2")); });
  // Not by a thread: the server ends with whoever started it.
  EXPECT_EQ(cluster_->Start(), "");
  reader.join();
  writer.join();
  EXPECT_EQ(Count(), 2u);
}

TEST_F(OutageTest, AServerThatStaysAwayIsNotWaitedForTwice) {
  Open({.wait_for_server = milliseconds(1500)});
  ASSERT_TRUE(database_->Define(SampleSchema()));
  cluster_->Stop();
  const auto begin = steady_clock::now();
  const auto first = Count();
  const auto waited = steady_clock::now() - begin;
  const auto second = Count();
  const auto again = steady_clock::now() - begin - waited;
  EXPECT_FALSE(database_->Check());
  EXPECT_FALSE(database_->Version());
  EXPECT_EQ(cluster_->Start(), "");
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().hresult, kServerUnavailable) << first.error().message;
  EXPECT_GE(waited, milliseconds(1490));
  ASSERT_FALSE(second);
  EXPECT_LT(again, milliseconds(1000));
  EXPECT_EQ(Count(), 1u);
  EXPECT_TRUE(database_->Check());
  EXPECT_TRUE(database_->Version());
}

TEST(Outage, ASuccessEndsIt) {
  Outage outage(milliseconds(20));
  while (outage.Wait()) {
  }
  EXPECT_FALSE(outage.Wait());
  outage.Over();
  EXPECT_TRUE(outage.Wait());
}

}  // namespace
}  // namespace ww::database
