#include "media_report.h"

#include <nlohmann/json.hpp>

#include "error_text.h"
#include "exit_code.h"
#include "job_report.h"

namespace ww::cli {
namespace {

Json CompanionJson(const servicing::Companion& companion) {
  return Json{{"input", companion.input},   {"identity", companion.identity},
              {"target", companion.target}, {"decision", "refused"},
              {"reason", companion.reason}, {"next_step", companion.next_step}};
}

std::string CompanionText(const servicing::Companion& companion) {
  return fmt::format("    -  refused          {} {}\n       for {}\n       {}\n       next: {}\n",
                     companion.input, companion.identity, companion.target, companion.reason,
                     companion.next_step);
}

}  // namespace

int ReportMedia(Session& session, const servicing::MediaReport& report, const std::string& media) {
  Json images = Json::array(), companions = Json::array();
  std::string text;
  for (const auto& file : report.files) {
    const JobNames names{file.path.string(), "", true};
    if (!file.report) {
      text += fmt::format("{}: nothing is for it\n", names.image);
      images.push_back(Json{{"image", names.image}});
      continue;
    }
    text += Headline(*file.report, names) + "\n" + JobText(*file.report);
    Json image{{"result", servicing::OutcomeName(file.report->outcome)},
               {"exit_code", ExitCodeOf(*file.report)}};
    image.update(JobJson(*file.report, names));
    images.push_back(std::move(image));
  }
  if (!report.companions.empty()) text += "beside the images\n";
  for (const auto& companion : report.companions) {
    text += CompanionText(companion);
    companions.push_back(CompanionJson(companion));
  }
  for (const auto& ignored : report.ignored_files) text += "ignored  " + ignored + "\n";
  const int exit_code = report.error ? ExitCodeOf(report.error->code) : kExitDone;
  if (report.error) ComplainAbout(session, *report.error, exit_code);
  if (session.options().json) {
    Json object{{"media", media},
                {"images", std::move(images)},
                {"companions", std::move(companions)},
                {"ignored_files", report.ignored_files}};
    if (report.error) object["error"] = ErrorJson(*report.error);
    session.PrintJson(report.error ? "failed" : "planned", exit_code, object);
  } else {
    session.Print(text);
  }
  return exit_code;
}

}  // namespace ww::cli
