#include "wimwright/base/result.h"

namespace ww {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kCorrupt:
      return "WW_E_CORRUPT";
    case Code::kUnsupported:
      return "WW_E_UNSUPPORTED";
    case Code::kNotFound:
      return "WW_E_NOT_FOUND";
    case Code::kBusy:
      return "WW_E_BUSY";
    case Code::kIo:
      return "WW_E_IO";
    case Code::kNotApplicable:
      return "WW_E_NOT_APPLICABLE";
    case Code::kUsage:
      return "WW_E_USAGE";
    case Code::kPrerequisiteMissing:
      return "WW_E_PREREQUISITE_MISSING";
    case Code::kConflict:
      return "WW_E_CONFLICT";
    case Code::kVerificationFailed:
      return "WW_E_VERIFICATION_FAILED";
    case Code::kNoSpace:
      return "WW_E_NO_SPACE";
    case Code::kCancelled:
      return "WW_E_CANCELLED";
    case Code::kInternal:
      return "WW_E_INTERNAL";
    case Code::kLimit:
      return "WW_E_LIMIT";
  }
  return "WW_E_INTERNAL";
}

}  // namespace ww
