#include "outcome.h"

#include <algorithm>
#include <utility>

#include "wimwright/servicing/windows_code.h"

namespace ww::manager {
namespace {

using servicing::UpdateOutcome;

// Of several files the one that says most about the update.
int Weight(const UpdateOutcome& outcome) {
  const auto& d = outcome.decision;
  if (d == "failed" || d == "refused") return 5;
  if (d == "installed" || d == "install") return 4;
  if (d == "staged" || d == "stage") return 3;
  if (d == "already_present") return 2;
  return d == "superseded" ? 1 : 0;
}

UpdateStatus StatusOf(const UpdateOutcome& outcome, bool done) {
  const auto& d = outcome.decision;
  if (d == "installed" || d == "install") {
    return done ? UpdateStatus::kInstalled : UpdateStatus::kApplicable;
  }
  if (d == "already_present") return UpdateStatus::kInstalled;
  if (d == "staged" || d == "stage") {
    return done ? UpdateStatus::kInstalledCheckNotSupported : UpdateStatus::kApplicable;
  }
  if (d == "superseded" || d == "not_applicable") return UpdateStatus::kNotRequired;
  if (d == "refused") return UpdateStatus::kCheckNotSupported;
  if (d == "failed") return UpdateStatus::kApplicable;
  return UpdateStatus::kUnknown;
}

bool WentWrong(const UpdateOutcome& outcome) {
  return outcome.decision == "failed" || outcome.decision == "refused";
}

}  // namespace

std::vector<UpdateResult> ResultsOf(const servicing::JobReport& report, const UpdateOfFile& files,
                                    bool done) {
  std::vector<UpdateResult> out;
  for (const auto& index : report.indexes) {
    std::map<std::uint32_t, std::pair<const UpdateOutcome*, bool>> best;
    for (const auto& outcome : index.updates) {
      const auto file = files.find(outcome.input);
      if (file == files.end()) continue;
      auto& [chosen, installed] = best[file->second];
      if (chosen == nullptr || Weight(outcome) > Weight(*chosen)) chosen = &outcome;
      installed = installed || outcome.decision == "installed" || outcome.decision == "staged";
    }
    for (const auto& [update, of] : best) {
      const auto& [outcome, installed] = of;
      UpdateResult result;
      result.index = index.index;
      result.update = update;
      result.status = StatusOf(*outcome, done);
      if (WentWrong(*outcome)) result.error = Win32Of(outcome->hresult);
      if (WentWrong(*outcome) && result.error == 0) result.error = Win32Of(0x8000FFFFu);
      result.installed_now = installed && done && !WentWrong(*outcome);
      result.decision = outcome->decision;
      result.reason = outcome->reason;
      result.next_step = outcome->next_step;
      out.push_back(std::move(result));
    }
  }
  return out;
}

std::int32_t Win32Of(std::uint32_t hresult) {
  constexpr std::uint32_t kFacilityWin32 = 0x80070000;
  if ((hresult & 0xFFFF0000u) == kFacilityWin32) {
    return static_cast<std::int32_t>(hresult & 0xFFFFu);
  }
  return static_cast<std::int32_t>(hresult);
}

std::int32_t Win32Of(const Error& error) { return Win32Of(servicing::WindowsCodeOf(error).value); }

}  // namespace ww::manager
