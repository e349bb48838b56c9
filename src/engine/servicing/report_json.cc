#include "wimwright/servicing/report_json.h"

#include <nlohmann/json.hpp>

#include "wimwright/cbs/hresult.h"
#include "wimwright/servicing/windows_code.h"

namespace ww::servicing {
namespace {

// Milliseconds are as exact as these numbers mean anything.
double Rounded(double seconds) {
  return static_cast<double>(static_cast<std::int64_t>(seconds * 1000 + 0.5)) / 1000;
}

Json UpdateJson(const UpdateOutcome& u) {
  return Json{{"input", u.input},
              {"identity", u.identity},
              {"kb", u.kb},
              {"decision", u.decision},
              {"order", u.order},
              {"hresult", cbs::FormatHresult(u.hresult)},
              {"symbol", cbs::SymbolOf(u.hresult)},
              {"reason", u.reason},
              {"next_step", u.next_step}};
}

Json IndexJson(const IndexOutcome& i) {
  Json updates = Json::array();
  for (const UpdateOutcome& u : i.updates) updates.push_back(UpdateJson(u));
  return Json{
      {"index", i.index},
      {"name", i.name},
      {"architecture", i.architecture},
      {"build_before", i.build_before},
      {"build_after", i.build_after},
      {"updates", std::move(updates)},
      {"files",
       {{"added", i.files.added}, {"replaced", i.files.replaced}, {"removed", i.files.removed}}},
      {"registry",
       {{"values_set", i.registry.values_set}, {"values_removed", i.registry.values_removed}}}};
}

}  // namespace

Json ErrorJson(const Error& error) {
  const WindowsCode windows = WindowsCodeOf(error);
  return Json{{"code", CodeName(error.code)},
              {"hresult", cbs::FormatHresult(windows.value)},
              {"symbol", windows.symbol},
              {"message", error.message},
              {"next_step", NextStepOf(error)}};
}

Json ReportJson(const JobReport& report, std::string_view image, std::string_view output) {
  Json indexes = Json::array();
  for (const IndexOutcome& i : report.indexes) indexes.push_back(IndexJson(i));
  Json object{{"image", image},
              {"output", output},
              {"indexes", std::move(indexes)},
              {"bytes", {{"read", report.bytes_read}, {"written", report.bytes_written}}},
              {"seconds",
               {{"plan", Rounded(report.seconds.plan)},
                {"apply", Rounded(report.seconds.apply)},
                {"verify", Rounded(report.seconds.verify)},
                {"publish", Rounded(report.seconds.publish)},
                {"total", Rounded(report.seconds.total)}}}};
  if (report.cached_contents != 0) {
    object["cache"] = {{"contents", report.cached_contents}, {"bytes", report.cached_bytes}};
  }
  if (!report.ignored_files.empty()) object["ignored_files"] = report.ignored_files;
  if (report.error) object["error"] = ErrorJson(*report.error);
  return object;
}

}  // namespace ww::servicing
