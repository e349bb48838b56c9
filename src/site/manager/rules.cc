#include "rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "due.h"
#include "wimwright/base/text.h"
#include "wimwright/provider/identifiers.h"
#include "wimwright/provider/references.h"
#include "wimwright/schedule/token.h"

namespace ww::manager {
namespace {

using cim::Instance;
using cim::Value;
using provider::Call;
using provider::Text;

bool HasWord(const std::string& title, const Value& word) {
  return title.find(ToLowerAscii(word.TextOr(""))) != std::string::npos;
}

bool TitleFits(const Instance& rule, const Instance& update) {
  const auto title = ToLowerAscii(update["LocalizedDisplayName"].TextOr(""));
  const auto& wanted = provider::List(rule["TitleWords"]);
  const auto& unwanted = provider::List(rule["ExcludedWords"]);
  const auto has = [&title](const Value& word) { return HasWord(title, word); };
  return std::all_of(wanted.begin(), wanted.end(), has) &&
         std::none_of(unwanted.begin(), unwanted.end(), has);
}

bool OldEnough(Call& call, const Instance& rule, const Instance& update) {
  const auto days = rule["MinimumAgeDays"].UintOr(0);
  const auto* posted = update["DatePosted"].AsDate();
  if (days == 0 || posted == nullptr) return true;
  return cim::DateDiff(cim::DatePart::kDay, *posted, call.now) >= static_cast<std::int64_t>(days);
}

// The updates in force that the rule's conditions let through.
Result<std::vector<std::uint32_t>> UpdatesFor(Call& call, const Instance& rule) {
  std::vector<Instance> candidates;
  if (const auto group = rule["UpdateGroupID"].UintOr(0); group != 0) {
    WW_TRY(const auto found,
           call.store.FindOne("SMS_AuthorizationList", {{"CI_ID", provider::Number(group)}}),
           "update group");
    if (!found) return provider::Missing(fmt::format("there is no update group {}", group));
    for (const auto& id : provider::List((*found)["Updates"])) {
      WW_TRY(auto update, call.store.FindOne("SMS_SoftwareUpdate", {{"CI_ID", id}}), "update");
      if (update) candidates.push_back(*std::move(update));
    }
  } else {
    WW_TRY(candidates,
           call.store.FindAll("SMS_SoftwareUpdate", {{"IsContentProvisioned", Value::Bool(true)},
                                                     {"IsSuperseded", Value::Bool(false)}}),
           "updates");
  }
  std::vector<std::uint32_t> out;
  for (const auto& update : candidates) {
    const bool in_force = update["IsContentProvisioned"].BoolOr(false) &&
                          !update["IsSuperseded"].BoolOr(false) &&
                          !update["IsExpired"].BoolOr(false);
    if (!in_force || !TitleFits(rule, update) || !OldEnough(call, rule, update)) continue;
    out.push_back(static_cast<std::uint32_t>(update["CI_ID"].UintOr(0)));
  }
  return out;
}

Result<std::vector<std::string>> ImagesFor(Call& call, const Instance& rule) {
  std::vector<std::string> out;
  for (const auto& id : provider::List(rule["ImagePackageIDs"])) {
    WW_TRY(const auto image, call.store.FindOne("SMS_PackageBaseclass", {{"PackageID", id}}),
           "image");
    if (image) out.push_back((*image)["PackageID"].TextOr(""));
  }
  return out;
}

Result<std::int32_t> MakeSchedule(Call& call, const Instance& rule,
                                  const std::vector<std::string>& images,
                                  const std::vector<std::uint32_t>& updates) {
  WW_TRY(const auto id, provider::NextIdentifier(call, "ScheduleID"), "ScheduleID");
  WW_TRY(auto schedule, call.store.Make("SMS_ImageServicingSchedule"), "schedule");
  schedule.SetRaw("ScheduleID", Value::Int(id));
  schedule.SetRaw(
      "Name", Text(fmt::format("{} {}", rule["Name"].TextOr(""), call.now.ToSql().substr(0, 16))));
  schedule.SetRaw("Description", Text(fmt::format("Made by rule {}", rule["RuleID"].IntOr(0))));
  schedule.SetRaw("Schedule", Text(""));
  schedule.SetRaw("Action", Value::Int(static_cast<int>(ScheduleAction::kRunNow)));
  schedule.SetRaw("State", Value::Int(static_cast<int>(ScheduleState::kScheduled)));
  schedule.SetRaw("ContinueOnError", provider::Flag(rule["ContinueOnError"].BoolOr(false)));
  schedule.SetRaw("UpdateDP", provider::Flag(rule["UpdateDP"].BoolOr(true)));
  schedule.SetRaw("RemoveSupersededUpdates", provider::Flag(false));
  WW_RETURN_IF_ERROR(call.store.Insert(schedule));
  for (const auto& image : images) {
    WW_TRY(auto row, call.store.Make("SMS_ImageServicingScheduledImage"), "image");
    row.SetRaw("ScheduleID", Value::Int(id));
    row.SetRaw("ImagePackageID", Text(image));
    WW_RETURN_IF_ERROR(call.store.Save(row));
  }
  for (const auto update : updates) {
    WW_TRY(auto row, call.store.Make("SMS_ImageServicingScheduledUpdate"), "update");
    row.SetRaw("ScheduleID", Value::Int(id));
    row.SetRaw("UpdateID", Value::Int(update));
    WW_RETURN_IF_ERROR(call.store.Save(row));
  }
  return static_cast<std::int32_t>(id);
}

Status CheckTokens(const Instance& rule, const char* property) {
  const auto tokens = schedule::ParseSchedule(rule[property].TextOr(""));
  if (tokens) return {};
  return provider::BadValue(fmt::format("{}: {}", property, tokens.error().message));
}

// Whoever makes a rule must be allowed to do what it will do.
Status CheckRule(Call& call, const Instance& rule) {
  if (rule["Name"].TextOr("").empty()) return provider::BadValue("a rule needs a Name");
  WW_RETURN_IF_ERROR(CheckTokens(rule, "Schedule"));
  WW_RETURN_IF_ERROR(CheckTokens(rule, "MaintenanceWindow"));
  for (const auto& id : provider::List(rule["ImagePackageIDs"])) {
    WW_TRY(const auto image, provider::ImageOf(call, id.TextOr("")), "ImagePackageIDs");
    const auto type = provider::ObjectTypeOf(image.cls());
    WW_TRY(const auto allowed, call.access.On(call.store, type, id.TextOr(""), provider::kOpModify),
           "access");
    if (!allowed) {
      return provider::Denied(
          fmt::format("{} may not service {}", call.context.user, id.TextOr("")));
    }
  }
  return {};
}

Result<provider::Guard> GuardOfRule(Call& call, const Instance& rule) {
  const auto& images = provider::List(rule["ImagePackageIDs"]);
  if (images.empty()) return provider::Guard{};
  return provider::PackageGuard(call, images[0].TextOr(""));
}

}  // namespace

Result<RuleResult> EvaluateRule(Call& call, ServicingLog& log, Instance rule) {
  RuleResult result;
  WW_TRY(const auto updates, UpdatesFor(call, rule), "rule");
  WW_TRY(result.images, ImagesFor(call, rule), "rule");
  std::string told = fmt::format("{} updates for {} images", updates.size(), result.images.size());
  if (updates.empty()) told = "no update fits the rule";
  if (result.images.empty()) told = "the rule has no image";
  if (!updates.empty() && !result.images.empty()) {
    WW_TRY(result.schedule_id, MakeSchedule(call, rule, result.images, updates), "schedule");
    rule.SetRaw("LastScheduleID", Value::Int(result.schedule_id));
  }
  rule.SetRaw("LastEvaluation", call.Now());
  rule.SetRaw("LastResult", Text(told));
  WW_RETURN_IF_ERROR(call.store.Save(rule));
  log.Line("Rule {} ({}): {}", rule["RuleID"].IntOr(0), rule["Name"].TextOr(""), told);
  return result;
}

Result<std::vector<RuleResult>> EvaluateDueRules(provider::SiteProvider& provider,
                                                 const ManagerOptions& options, ServicingLog& log) {
  std::vector<RuleResult> results;
  const auto now = options.clock->Now();
  const auto is_due = [&](const Instance& rule) {
    if (!rule["Enabled"].BoolOr(false)) return false;
    const auto tokens = schedule::ParseSchedule(rule["Schedule"].TextOr(""));
    const auto windows = schedule::ParseSchedule(rule["MaintenanceWindow"].TextOr(""));
    const auto* last = rule["LastEvaluation"].AsDate();
    if (!tokens || !windows || last == nullptr) return false;
    const auto due = DueAt(*tokens, last->ToUtc(), false, now, options.zone);
    return due && *due <= now && InWindow(*windows, now, options.zone);
  };
  std::vector<Instance> all;
  WW_RETURN_IF_ERROR(provider.Read(provider::SystemContext(), [&](Call& call) -> Status {
    WW_TRY(all, call.store.FindAll(kRuleClass, {}), "rules");
    return {};
  }));
  for (const auto& one : all) {
    if (!is_due(one)) continue;
    std::optional<RuleResult> result;
    WW_RETURN_IF_ERROR(provider.Transact(provider::SystemContext(), [&](Call& call) -> Status {
      result.reset();
      WW_TRY(const auto rule, call.store.FindOne(kRuleClass, {{"RuleID", one["RuleID"]}}), "rule");
      if (!rule || !is_due(*rule)) return {};  // another server was first
      WW_TRY(result, EvaluateRule(call, log, *rule), "rule");
      return {};
    }));
    if (result) results.push_back(*std::move(result));
  }
  return results;
}

void BindRules(provider::Bindings& bindings, ServicingLog& log,
               std::function<void(const RuleResult&)> made) {
  auto& binding = bindings[kRuleClass];
  binding.generated_key = "RuleID";
  binding.guard = GuardOfRule;
  binding.write_operations = provider::kOpModify;
  binding.create = [](Call& call, Instance& row) -> Status {
    WW_RETURN_IF_ERROR(CheckRule(call, row));
    WW_TRY(const auto id, provider::NextIdentifier(call, "RuleID"), "RuleID");
    row.SetRaw("RuleID", Value::Int(id));
    row.SetRaw("LastEvaluation", call.Now());  // what it counts from
    row.SetRaw("LastScheduleID", Value::Int(0));
    row.SetRaw("LastResult", Text(""));
    if (row["Enabled"].is_null()) row.SetRaw("Enabled", provider::Flag(true));
    if (row["UpdateDP"].is_null()) row.SetRaw("UpdateDP", provider::Flag(true));
    return {};
  };
  binding.update = [](Call& call, const Instance& before, Instance& row,
                      const Instance&) -> Status {
    WW_RETURN_IF_ERROR(CheckRule(call, row));
    if (!(row["Schedule"] == before["Schedule"])) row.SetRaw("LastEvaluation", call.Now());
    return {};
  };
  bindings.SetMethod(
      kRuleClass, "EvaluateNow", [&log, made = std::move(made)](provider::MethodCall& m) -> Status {
        WW_TRY(const auto rule,
               m.call.store.FindOne(kRuleClass, {{"RuleID", m.Argument("RuleID")}}), "rule");
        if (!rule) return provider::Missing("there is no such rule");
        WW_RETURN_IF_ERROR(CheckRule(m.call, *rule));
        WW_TRY(const auto result, EvaluateRule(m.call, log, *rule), "rule");
        m.Result("ScheduleID", Value::Int(result.schedule_id));
        made(result);
        for (const auto& image : result.images) m.call.ServicingRequested(image);
        return {};
      });
}

}  // namespace ww::manager
