#include "job_record.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "wimwright/servicing/report_json.h"

namespace ww::manager {
namespace {

using servicing::Json;

std::uint32_t Hex(const std::string& text) {  // "0x800F081E"
  std::uint32_t value = 0;
  if (text.size() > 2) std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
  return value;
}

servicing::Outcome OutcomeOf(std::string_view name) {
  using servicing::Outcome;
  for (const auto outcome : {Outcome::kPlanned, Outcome::kSucceeded, Outcome::kNothingToDo,
                             Outcome::kPartial, Outcome::kFailed, Outcome::kCancelled}) {
    if (servicing::OutcomeName(outcome) == name) return outcome;
  }
  return Outcome::kFailed;
}

}  // namespace

std::string RecordOf(const servicing::JobReport& report, std::string_view image) {
  Json object{
      {"schema", 1}, {"command", "apply"}, {"result", servicing::OutcomeName(report.outcome)}};
  object.update(servicing::ReportJson(report, image, ""));
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<servicing::JobReport> ReportOf(std::string_view record) try {
  servicing::JobReport report;
  if (record.empty()) return report;
  const auto json = Json::parse(record);
  report.outcome = OutcomeOf(json.value("result", ""));
  for (const auto& one : json.value("indexes", Json::array())) {
    servicing::IndexOutcome index;
    index.index = one.value("index", 0);
    index.build_after = one.value("build_after", "");
    for (const auto& update : one.value("updates", Json::array())) {
      servicing::UpdateOutcome outcome;
      outcome.input = update.value("input", "");
      outcome.decision = update.value("decision", "");
      outcome.reason = update.value("reason", "");
      outcome.next_step = update.value("next_step", "");
      outcome.hresult = Hex(update.value("hresult", ""));
      index.updates.push_back(std::move(outcome));
    }
    report.indexes.push_back(std::move(index));
  }
  return report;
} catch (const Json::exception&) {
  return Fail(Code::kCorrupt, "the run's record is no report");
}

Status UpdatesOfReport(provider::Call& call, const ContentOfUpdate& content_of,
                       const std::vector<std::uint32_t>& updates, UpdateOfFile& files) {
  for (const auto update : updates) {
    WW_TRY(const auto contents, content_of(call, update), "content");
    for (const auto& file : contents) files.emplace(file.id.ToText(), update);
  }
  return {};
}

}  // namespace ww::manager
