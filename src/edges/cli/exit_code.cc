#include "exit_code.h"

namespace ww::cli {

int ExitCodeOf(Code code) {
  switch (code) {
    case Code::kUsage:
      return kExitUsage;
    case Code::kCorrupt:
    case Code::kNotFound:
    case Code::kIo:
    case Code::kLimit:
      return kExitInput;
    case Code::kNotApplicable:
      return kExitNotApplicable;
    case Code::kPrerequisiteMissing:
      return kExitPrerequisite;
    case Code::kUnsupported:
    case Code::kConflict:
      return kExitUnsupported;
    case Code::kVerificationFailed:
      return kExitVerification;
    case Code::kNoSpace:
      return kExitNoSpace;
    case Code::kBusy:
      return kExitBusy;
    case Code::kCancelled:
      return kExitCancelled;
    case Code::kInternal:
      break;
  }
  return kExitInternal;
}

int ExitCodeOf(const servicing::JobReport& report) {
  switch (report.outcome) {
    case servicing::Outcome::kPlanned:
    case servicing::Outcome::kSucceeded:
    case servicing::Outcome::kNothingToDo:
      return kExitDone;
    case servicing::Outcome::kPartial:
      return kExitPartial;
    case servicing::Outcome::kCancelled:
      return kExitCancelled;
    case servicing::Outcome::kFailed:
      break;
  }
  return report.error ? ExitCodeOf(report.error->code) : kExitInternal;
}

}  // namespace ww::cli
