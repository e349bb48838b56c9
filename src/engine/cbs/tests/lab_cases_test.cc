// Every case of the lab, decided by the planner. The lab was written from the reference without
// knowledge of the planner: where the two disagree, one of them is wrong.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>

#include "wimwright/base/text.h"
#include "wimwright/cab/update_package.h"
#include "wimwright/cbs/plan.h"
#include "wimwright/lab/lab.h"

namespace ww::cbs {
namespace {

namespace stdfs = std::filesystem;

struct Loaded {
  cab::UpdateFile file;
  std::vector<UpdateContent> contents;
};

TEST(LabCases, PlannerDecidesAsTheLabExpects) {
  const auto dir = stdfs::path(testing::TempDir()) / "ww_lab_cases";
  stdfs::remove_all(dir);
  lab::LabOptions options;
  options.preset = lab::Preset::kSmall;
  const auto report =
      lab::CreateLab(RealFileSystem(), dir, options, NullProgress(), NeverCancelled());
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_GT(report->cases.size(), 20u);

  std::size_t judged = 0;
  for (const auto& test_case : report->cases) {
    SCOPED_TRACE(test_case.name);
    // Defects that only reading the payload shows are for the tests of servicing.
    if (test_case.plan_exit_code != test_case.exit_code) continue;
    auto wim = wim::WimFile::Open(RealFileSystem(), dir / "images" / test_case.image);
    if (!wim)
      continue;  // containers that the reader refuses: the command line's tests look at those
    auto image = (*wim)->ReadImage(test_case.index);
    ASSERT_TRUE(image) << image.error().message;
    auto state = ImageState::Load(**wim, *image, test_case.index);
    if (!state) continue;
    std::vector<std::unique_ptr<Loaded>> loaded;
    std::vector<const UpdateContent*> updates;
    std::vector<const lab::ExpectedDecision*> expected;
    bool readable = true;
    for (const auto& update : test_case.updates) {
      auto file = cab::OpenUpdate(RealFileSystem(), dir / "updates" / update.update, {});
      if (!file) {
        EXPECT_EQ(update.decision, "refused") << update.update << ": " << file.error().message;
        readable = false;
        continue;
      }
      auto one = std::make_unique<Loaded>();
      one->file = std::move(*file);
      for (auto& package : one->file.packages) {
        auto content = UpdateContent::Load(*package, update.update);
        if (!content) {
          EXPECT_EQ(update.decision, "refused") << update.update << ": " << content.error().message;
          readable = false;
          continue;
        }
        one->contents.push_back(std::move(*content));
        expected.push_back(&update);
      }
      loaded.push_back(std::move(one));
    }
    if (!readable) continue;
    for (const auto& one : loaded) {
      for (const auto& content : one->contents) updates.push_back(&content);
    }
    const auto plan = MakePlan(*state, updates, {}, NullLogger());
    ASSERT_TRUE(plan) << plan.error().message;
    for (std::size_t i = 0; i < updates.size(); ++i) {
      const auto& decision = plan->updates[i];
      EXPECT_EQ(DecisionName(decision.decision), expected[i]->decision)
          << expected[i]->update << ": " << decision.reason << "\nlab: " << expected[i]->why;
      EXPECT_TRUE(EqualNoCaseAscii(FormatHresult(decision.hresult), expected[i]->hresult))
          << expected[i]->update << ": " << FormatHresult(decision.hresult) << " "
          << decision.reason << "\nlab: " << expected[i]->hresult << " " << expected[i]->why;
      ++judged;
    }
    if (!test_case.build_after.empty()) {
      EXPECT_EQ(plan->before.ToString(), test_case.build_before);
      EXPECT_EQ(plan->after.ToString(), test_case.build_after);
    }
  }
  EXPECT_GT(judged, 20u);
  stdfs::remove_all(dir);
}

}  // namespace
}  // namespace ww::cbs
