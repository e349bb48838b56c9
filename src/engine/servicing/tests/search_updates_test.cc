#include "search_updates.h"

#include "lab_fixture.h"

namespace ww::servicing {
namespace {

constexpr std::string_view kSigned = "windows10.0-kb9000118-x86.msu";

class SearchUpdates : public testing::Test {
 protected:
  SearchUpdates() {
    options_.updates = {Lab().update(kSigned)};
    options_.trust_store = Lab().dir / "lab-ca.pem";
  }
  Result<UpdateSet> Load(FileSystem& under, Bench& bench) {
    bench.fs = &under;
    const auto context = bench.context();
    JobFileSystem fs(context.fs, context.cancel, context.progress);
    return LoadUpdates(options_, fs, dir_.path(), {}, context);
  }

  TempDir dir_;
  JobOptions options_;
};

TEST_F(SearchUpdates, SignedUpdateIsReadAndItsSignerLogged) {
  Bench bench;
  const auto set = Load(RealFileSystem(), bench);
  ASSERT_TRUE(set) << set.error().message;
  ASSERT_EQ(set->updates.size(), 1U);
  EXPECT_FALSE(set->updates[0].error);
  EXPECT_NE(bench.log.text().find("is signed by"), std::string::npos);
}

// The moments in which its signature is checked are among them.
TEST_F(SearchUpdates, CancelledAtAnyReadIsNoBadUpdate) {
  std::uint64_t total = 0;
  {
    FailingFileSystem counter(RealFileSystem());
    Bench bench;
    ASSERT_TRUE(Load(counter, bench));
    total = counter.operations();
  }
  ASSERT_GT(total, 10U);
  for (std::uint64_t n = 1; n <= total; ++n) {
    FailingFileSystem fs(RealFileSystem());
    Bench bench;
    fs.hook = [&](std::uint64_t number) {
      if (number == n) bench.cancel.Request();
    };
    const auto set = Load(fs, bench);
    if (!set) {
      EXPECT_EQ(set.error().code, Code::kCancelled) << n;
      continue;
    }
    for (const auto& update : set->updates) {
      EXPECT_FALSE(update.error) << n << ": " << update.error->message;
    }
  }
}

}  // namespace
}  // namespace ww::servicing
