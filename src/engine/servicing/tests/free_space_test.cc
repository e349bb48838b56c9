#include "free_space.h"

#include <gtest/gtest.h>

#include "job_input.h"
#include "lab_fixture.h"
#include "wimwright/servicing/job.h"

namespace ww::servicing {
namespace {

std::uint64_t Needed(const JobOptions& options, Bench& bench) {
  const auto context = bench.context();
  JobFileSystem fs(context.fs, context.cancel, context.progress);
  const auto input = OpenInput(options.image, fs, bench.log);
  const auto indexes = ChosenIndexes(options, *input->wim);
  const auto planned = PlanJob(options, *input->wim, *indexes, {}, {}, fs, context);
  if (!planned) return 0;
  return SpaceNeeded(*input->wim, planned->plan, false);
}

// Updates of every form: whole files, differences of both generations, carried over files.
TEST(FreeSpace, IsNeverEstimatedTooLowForTheLabsUpdates) {
  TempDir dir;
  int applied = 0;
  for (const auto& which : Lab().report.cases) {
    if (which.exit_code != 0) continue;
    SCOPED_TRACE(which.name);
    auto options = Lab().Options(which);
    options.output = dir / "out.wim";
    Bench bench;
    const auto needed = Needed(options, bench);
    const auto report = Apply(options, bench.context());
    if (report.outcome != Outcome::kSucceeded) continue;
    const auto grown = stdfs::file_size(*options.output) - stdfs::file_size(options.image);
    EXPECT_GE(needed, kReserve + grown);
    EXPECT_LE(needed, 2 * kReserve + 4 * grown) << "a disk with room would be refused";
    ++applied;
  }
  EXPECT_GT(applied, 10);
}

}  // namespace
}  // namespace ww::servicing
