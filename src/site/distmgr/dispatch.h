// What points are told: which version of which package each is to have.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core.h"

namespace ww::distmgr {

// SMS_DistributionPoint.Status and SMS_PackageStatusDistPointsSummarizer.State.
inline constexpr std::uint64_t kAssignmentDeleted = 3;
enum ContentState : std::uint32_t {
  kStateInstalled = 0,
  kStatePending = 1,
  kStateRetrying = 2,
  kStateFailed = 3,
  kStateRemovalPending = 4,
  kStateRemovalRetrying = 5,
  kStateRemovalFailed = 6,
  kStateUpdating = 7,
  kStateMonitoring = 8,
};

// Everything that is waiting is told, as far as a staged rollout lets it. Answers when to look
// again, when that is not when somebody reports.
Result<std::optional<std::chrono::seconds>> TellPoints(Core& core, std::string_view package_id);
// The source cannot be taken in: whoever waits for it shows why.
Status TellPointsOfProblem(provider::Call& call, const cim::Instance& package,
                           std::uint32_t message, const std::vector<std::string>& strings);
Status ForgetPackageAtPoints(provider::Call& call, std::string_view package_id);
Result<std::set<std::string>> PackagesWithWaitingPoints(provider::Call& call);

// One row of WW_DistributionProgress, which may be new; and the state row that belongs to it.
Result<cim::Instance> ProgressOf(provider::Call& call, std::string_view package_id,
                                 std::string_view nal_path);
Result<std::optional<cim::Instance>> StateOf(provider::Call& call, std::string_view package_id,
                                             std::string_view nal_path);
// The last message about it. Raises it, and keeps it in `progress` (not saved).
Status TellOf(provider::Call& call, cim::Instance& progress, std::uint32_t message,
              std::vector<std::string> strings, std::uint32_t win32_error = 0);
// The point has something to ask for.
Status RaiseGeneration(provider::Call& call, std::string_view nal_path);
// The assignment and everything about it is gone.
Status ForgetAssignment(provider::Call& call, std::string_view package_id,
                        std::string_view nal_path);

// content_access.cc
struct ContentAccess {
  bool anonymous = false;
  std::vector<std::string> token_sha256;
};
Result<ContentAccess> ContentAccessNow(Core& core, provider::Call& call);
// Tokens that have ended go, and the points are told.
Status ForgetEndedTokens(Core& core, provider::Call& call);
void BindContentAccess(Core& core, provider::Bindings& bindings);

Status RaiseAllGenerations(provider::Call& call);
void BindPoints(Core& core, provider::Bindings& bindings);
void BindViews(Core& core, provider::Bindings& bindings);

}  // namespace ww::distmgr
