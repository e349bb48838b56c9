#include "lab_fixture.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace ww::servicing {
namespace {

LabFiles Make(const TempDir& dir) {
  lab::LabOptions options;
  options.preset = lab::Preset::kSmall;
  auto report =
      lab::CreateLab(RealFileSystem(), dir / "lab", options, NullProgress(), NeverCancelled());
  if (!report) {
    std::fprintf(stderr, "no lab: %s\n", report.error().message.c_str());
    std::abort();
  }
  return {dir / "lab", std::move(*report)};
}

}  // namespace

JobOptions LabFiles::Options(const lab::Case& which) const {
  JobOptions out;
  out.image = image(which.image);
  out.indexes = {which.index};
  for (const auto& expected : which.updates) out.updates.push_back(update(expected.update));
  return out;
}

const lab::Case* LabFiles::Installable(std::string_view name) const {
  for (const auto& which : report.cases) {
    if (which.image != name || which.exit_code != 0 || which.updates.empty()) continue;
    if (std::all_of(which.updates.begin(), which.updates.end(),
                    [](const auto& update) { return update.decision == "install"; })) {
      return &which;
    }
  }
  return nullptr;
}

const LabFiles& Lab() {
  static const TempDir dir;
  static const LabFiles files = Make(dir);
  return files;
}

int ExitCode(const JobReport& report) {
  switch (report.outcome) {
    case Outcome::kPlanned:
    case Outcome::kSucceeded:
    case Outcome::kNothingToDo:
      return 0;
    case Outcome::kPartial:
      return 10;
    case Outcome::kCancelled:
      return 9;
    case Outcome::kFailed:
      break;
  }
  if (!report.error) return 20;
  switch (report.error->code) {
    case Code::kUsage:
      return 1;
    case Code::kCorrupt:
    case Code::kNotFound:
    case Code::kIo:
    case Code::kLimit:
      return 2;
    case Code::kNotApplicable:
      return 3;
    case Code::kPrerequisiteMissing:
      return 4;
    case Code::kUnsupported:
    case Code::kConflict:
      return 5;
    case Code::kVerificationFailed:
      return 6;
    case Code::kNoSpace:
      return 7;
    case Code::kBusy:
      return 8;
    case Code::kCancelled:
      return 9;
    case Code::kInternal:
      return 20;
  }
  return 20;
}

}  // namespace ww::servicing
