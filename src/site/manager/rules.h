// Rules (WW_ServicingRule): which updates a schedule gets, and when it is made.
#pragma once

#include <optional>

#include "records.h"
#include "wimwright/manager/offline_servicing_manager.h"
#include "wimwright/provider/binding.h"

namespace ww::manager {

inline constexpr std::string_view kRuleClass = "WW_ServicingRule";

// What a rule came to.
struct RuleResult {
  std::int32_t schedule_id = 0;  // 0: none was made
  std::vector<std::string> images;
};

// Makes a schedule of what fits now, due at once, and writes into the rule what came of it.
Result<RuleResult> EvaluateRule(provider::Call& call, ServicingLog& log, cim::Instance rule);

// The rules that are due, inside their windows.
Result<std::vector<RuleResult>> EvaluateDueRules(provider::SiteProvider& provider,
                                                 const ManagerOptions& options, ServicingLog& log);

void BindRules(provider::Bindings& bindings, ServicingLog& log,
               std::function<void(const RuleResult&)> made);

}  // namespace ww::manager
