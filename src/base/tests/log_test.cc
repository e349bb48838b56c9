#include "wimwright/base/log.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace ww {
namespace {

class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/ww-log-XXXXXX";
    folder_ = mkdtemp(pattern);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<Logger> Open(LogFlush flush) {
    return *OpenFileLogger(folder_ / "a.log", LogFormat::kText, SystemClock(), flush);
  }
  std::string Text() {
    std::ifstream in(folder_ / "a.log");
    return std::string((std::istreambuf_iterator<char>(in)), {});
  }
  std::filesystem::path folder_;
};

TEST_F(LogTest, EachLineIsThereWhenItWasWritten) {
  const auto log = Open(LogFlush::kEachLine);
  log->Info("A", "one");
  EXPECT_NE(Text().find("one"), std::string::npos);
}

TEST_F(LogTest, LinesForSoonComeWithoutAnotherOne) {
  const auto log = Open(LogFlush::kSoon);
  log->Info("A", "one");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (Text().empty() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_NE(Text().find("one"), std::string::npos);
}

TEST_F(LogTest, AWarningBringsTheLinesBeforeIt) {
  const auto log = Open(LogFlush::kSoon);
  log->Info("A", "one");
  log->Warning("A", "two");
  const auto text = Text();
  EXPECT_LT(text.find("one"), text.find("two"));
  EXPECT_NE(text.find("two"), std::string::npos);
}

TEST_F(LogTest, TheEndLosesNothing) {
  auto log = Open(LogFlush::kSoon);
  for (int i = 0; i < 1000; ++i) log->Info("A", "line {}", i);
  log.reset();
  EXPECT_NE(Text().find("line 999"), std::string::npos);
}

}  // namespace
}  // namespace ww
