// WW_ServicingPlan: what a schedule would do to an image, before there is one.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "image_file.h"
#include "methods.h"
#include "wimwright/catalog/contents.h"
#include "wimwright/servicing/job.h"
#include "wimwright/servicing/report_json.h"

namespace ww::insight {
namespace {

using cim::Instance;
using cim::Value;
using provider::Call;
using provider::LongMethodCall;
using provider::Number;
using provider::Text;

constexpr std::size_t kMostUpdates = 200;
constexpr std::size_t kMostPast = 20;                 // runs that an estimate looks at
constexpr std::uint32_t kSourceMissing = 0x800F081F;  // CBS_E_SOURCE_MISSING

struct Chosen {
  std::uint32_t ci_id = 0;
  std::string article, title, missing;
  std::uint64_t bytes = 0;
  std::vector<std::filesystem::path> files;
};

// What the most of several packages of one update come to.
int Rank(std::string_view decision) {
  constexpr std::string_view kOrder[] = {"refused", "install", "stage", "superseded",
                                         "already_present"};
  const auto* const at = std::find(std::begin(kOrder), std::end(kOrder), decision);
  return static_cast<int>(at - std::begin(kOrder));
}

class Preview {
 public:
  Preview(const InsightOptions& options, LongMethodCall& m) : options_(options), m_(m) {}

  Status Run() {
    WW_TRY(const auto image, FileOfVersion(m_, options_, std::nullopt), "image");
    WW_RETURN_IF_ERROR(m_.provider.Read(m_.context, [&](Call& call) -> Status {
      chosen_.clear();
      WW_RETURN_IF_ERROR(ReadUpdates(call));
      return Estimate(call, image.package_id);
    }));
    servicing::JobOptions job;
    job.image = image.path;
    job.continue_on_error = true;
    job.scratch_dir = options_.library->ScratchDir();
    job.trust_store = options_.trust_store;
    std::map<std::string, std::vector<std::size_t>> owners;  // file name -> chosen
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      for (const auto& file : chosen_[i].files) {
        auto& of = owners[file.filename().string()];
        if (of.empty()) job.updates.push_back(file);
        of.push_back(i);
      }
    }
    servicing::JobReport report;
    if (!job.updates.empty()) {
      report = servicing::Plan(job, {*options_.files, *options_.clock, *options_.engine_log,
                                     NullProgress(), *m_.context.cancelled});
      if (report.outcome == servicing::Outcome::kCancelled) {
        return Fail(Code::kCancelled, "the question was cancelled");
      }
      if (report.indexes.empty() && report.error) return Fail(*report.error);
    }
    return Answer(report, owners, image.version);
  }

 private:
  Status ReadUpdates(Call& call) {
    if (!call.access.Somewhere(provider::kTypeSoftwareUpdate, provider::kOpRead)) {
      return provider::Denied(fmt::format("{} may not read software updates", call.context.user));
    }
    const auto& ids = provider::List(m_.Argument("CI_IDs"));
    if (ids.size() > kMostUpdates) {
      return provider::BadValue(fmt::format("more than {} updates", kMostUpdates));
    }
    for (const auto& id : ids) {
      WW_TRY(const auto row, call.store.FindOne("SMS_SoftwareUpdate", {{"CI_ID", id}}), "update");
      if (!row) {
        return provider::Missing(fmt::format("there is no software update {}", id.UintOr(0)));
      }
      Chosen one;
      one.ci_id = static_cast<std::uint32_t>(id.UintOr(0));
      one.article = (*row)["ArticleID"].TextOr("");
      one.title = (*row)["LocalizedDisplayName"].TextOr("");
      WW_TRY(const auto contents, catalog::ContentOfUpdate(call, one.ci_id), "content");
      for (const auto& content : contents) {
        for (const auto& file : content.files) {
          const auto path = file.id && options_.library->Has(*file.id)
                                ? options_.library->PathOf(*file.id)
                                : std::nullopt;
          if (path) {
            one.files.push_back(*path);
            one.bytes += file.bytes;
          } else {
            one.missing += (one.missing.empty() ? "" : ", ") + file.name;
          }
        }
      }
      chosen_.push_back(std::move(one));
    }
    return {};
  }

  // As long as the last runs took: of this image when it had any, of all others.
  Status Estimate(Call& call, const std::string& package_id) {
    WW_TRY(auto rows,
           call.store.FindAll("WW_ServicingRun",
                              {{"State", Text("Succeeded")}, {"ImagePackageID", Text(package_id)}}),
           "runs");
    if (rows.empty()) {
      WW_TRY(rows, call.store.FindAll("WW_ServicingRun", {{"State", Text("Succeeded")}}), "runs");
    }
    std::sort(rows.begin(), rows.end(), [](const Instance& a, const Instance& b) {
      return a["RunID"].IntOr(0) > b["RunID"].IntOr(0);
    });
    std::vector<std::int64_t> seconds;
    for (const auto& row : rows) {
      const auto* begun = row["RunDateTime"].AsDate();
      const auto* ended = row["Finished"].AsDate();
      if (begun == nullptr || ended == nullptr || seconds.size() == kMostPast) continue;
      const auto took =
          std::chrono::duration_cast<std::chrono::seconds>(ended->ToUtc() - begun->ToUtc());
      seconds.push_back(std::max<std::int64_t>(took.count(), 1));
    }
    if (seconds.empty()) return {};
    std::sort(seconds.begin(), seconds.end());
    estimate_ = static_cast<std::uint64_t>(seconds[seconds.size() / 2]);
    return {};
  }

  Status Answer(const servicing::JobReport& report,
                const std::map<std::string, std::vector<std::size_t>>& owners,
                std::uint32_t version) {
    struct Step {
      std::size_t chosen = 0;
      int index = 0;
      const servicing::UpdateOutcome* outcome = nullptr;
    };
    std::vector<Step> steps;
    std::vector<bool> said(chosen_.size(), false);
    for (const auto& index : report.indexes) {
      std::map<std::size_t, const servicing::UpdateOutcome*> best;
      for (const auto& outcome : index.updates) {
        const auto found = owners.find(outcome.input);
        if (found == owners.end()) continue;
        for (const auto i : found->second) {
          auto& one = best[i];
          if (one == nullptr || Rank(outcome.decision) < Rank(one->decision)) one = &outcome;
        }
      }
      for (const auto& [i, outcome] : best) {
        steps.push_back({i, index.index, outcome});
        said[i] = true;
      }
    }
    // In the order in which they would be done; those that would not be come last.
    std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) {
      const auto order = [](const Step& s) {
        return s.outcome->order == 0 ? 1'000'000 : s.outcome->order;
      };
      return std::pair(a.index, order(a)) < std::pair(b.index, order(b));
    });
    WW_TRY(const auto cls, m_.provider.schema().Get("WW_ApplicableUpdate"), "class");
    Value::Array out;
    std::uint64_t bytes = 0;
    std::vector<bool> counted(chosen_.size(), false);
    const auto row = [&](const Chosen& chosen, int index, std::string_view decision,
                         std::uint32_t hresult, std::string_view reason, std::string_view next) {
      auto one = Instance::Spawn(cls);
      one.SetRaw("CI_ID", Number(chosen.ci_id));
      one.SetRaw("ImageIndex", Number(static_cast<std::uint64_t>(index)));
      one.SetRaw("Decision", Text(decision));
      one.SetRaw("HResult", Number(hresult));
      one.SetRaw("Reason", Text(reason));
      one.SetRaw("NextStep", Text(next));
      one.SetRaw("ArticleID", Text(chosen.article));
      one.SetRaw("Title", Text(chosen.title));
      out.push_back(provider::Embedded(std::move(one)));
    };
    for (const auto& step : steps) {
      const auto& chosen = chosen_[step.chosen];
      const auto& outcome = *step.outcome;
      row(chosen, step.index, outcome.decision, outcome.hresult, outcome.reason, outcome.next_step);
      if (outcome.order != 0 && !counted[step.chosen]) bytes += chosen.bytes;
      if (outcome.order != 0) counted[step.chosen] = true;
    }
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      if (said[i]) continue;
      row(chosen_[i], 0, "no_content", kSourceMissing,
          chosen_[i].missing.empty() ? std::string("the update has no content")
                                     : "content is not downloaded: " + chosen_[i].missing,
          "Import the file: wimwright site update import FILE.");
    }
    const bool any = std::find(counted.begin(), counted.end(), true) != counted.end();
    m_.Result("Updates", Value::Of(std::move(out)));
    m_.Result("UsedVersion", Number(version));
    if (!report.indexes.empty()) {
      m_.Result("BuildBefore", Text(report.indexes.front().build_before));
      m_.Result("BuildAfter", Text(report.indexes.front().build_after));
    }
    m_.Result("PayloadBytes", Number(bytes));
    m_.Result("EstimatedSeconds", Number(any ? estimate_ : 0));
    m_.Result("Report", Text(servicing::ReportJson(report, m_.Argument("PackageID").TextOr(""), "")
                                 .dump(-1, ' ', false, servicing::Json::error_handler_t::replace)));
    return {};
  }

  const InsightOptions& options_;
  LongMethodCall& m_;
  std::vector<Chosen> chosen_;
  std::uint64_t estimate_ = 0;
};

}  // namespace

void BindPreview(provider::Bindings& bindings, const InsightOptions& options) {
  bindings.SetLongMethod("WW_ServicingPlan", "Preview", [options](LongMethodCall& m) -> Status {
    return Preview(options, m).Run();
  });
}

}  // namespace ww::insight
