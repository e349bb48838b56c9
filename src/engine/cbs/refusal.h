// Why an update is not done: the pieces of an UpdateDecision that applicability and closure
// produce.
#pragma once

#include <string>

#include "wimwright/cbs/plan.h"

namespace ww::cbs {

struct Verdict {
  Decision decision = Decision::kInstall;  // kInstall: nothing speaks against it
  Code code = Code::kNotApplicable;
  Hresult hresult = kOk;
  std::string reason;
  std::string next_step;

  bool go() const { return decision == Decision::kInstall || decision == Decision::kStage; }
};

inline Verdict Refuse(Code code, Hresult hresult, std::string reason, std::string next_step) {
  return {Decision::kRefused, code, hresult, std::move(reason), std::move(next_step)};
}
inline Verdict Refuse(const Error& error) {
  return {Decision::kRefused, error.code, error.hresult, error.message, error.next_step};
}
inline Verdict NotApplicable(std::string reason, std::string next_step) {
  return {Decision::kNotApplicable, Code::kNotApplicable, kHrNotApplicable, std::move(reason),
          std::move(next_step)};
}

}  // namespace ww::cbs
