#include "applicable.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "remembered_plans.h"
#include "wimwright/base/text.h"
#include "wimwright/catalog/contents.h"
#include "wimwright/provider/image_properties.h"
#include "wimwright/provider/references.h"
#include "wimwright/servicing/job.h"

namespace ww::catalog {
namespace {

using cim::Instance;
using cim::Value;
using provider::Call;
using provider::LongMethodCall;
using provider::Number;
using provider::Text;

// All of them are in memory with their manifests while the engine plans.
constexpr std::size_t kMostUpdates = 200;
constexpr std::uint32_t kNotAllowedOffline = 0x800F082E;  // CBS_E_NOT_ALLOWED_OFFLINE
constexpr std::uint32_t kSourceMissing = 0x800F081F;      // CBS_E_SOURCE_MISSING

struct Row {
  std::uint32_t ci_id = 0;
  int index = 0;
  std::string decision;
  std::uint32_t hresult = 0;
  std::string reason, next_step;
};

struct Candidate {
  std::uint32_t ci_id = 0;
  std::string article, title, refusal;
  bool serviceable = true;
  std::vector<UpdateContent> contents;
};

// "10.0.14393.2312" -> "10.0.14393".
std::string BuildOf(std::string_view version) {
  std::size_t at = 0;
  for (int dots = 0; at < version.size(); ++at) {
    if (version[at] == '.' && ++dots == 3) break;
  }
  return std::string(version.substr(0, at));
}

// The WIM's numbers (SMS_ImageInformation.Architecture) as packages spell them.
std::string ArchitectureName(std::string_view number) {
  if (number == "0") return "x86";
  if (number == "9") return "amd64";
  if (number == "12") return "arm64";
  return std::string(number);
}

// What one knows of itself has nothing in common with what is asked for.
bool Apart(const std::set<std::string>& known, const std::set<std::string>& wanted) {
  return !known.empty() && std::none_of(known.begin(), known.end(), [&](const std::string& one) {
    return wanted.contains(one);
  });
}

// The word for several packages of one update: what is done counts most, then what hinders.
int Rank(std::string_view decision) {
  constexpr std::string_view kOrder[] = {"refused",    "install",         "stage",
                                         "superseded", "already_present", "not_applicable"};
  for (std::size_t i = 0; i < std::size(kOrder); ++i) {
    if (kOrder[i] == decision) return static_cast<int>(i);
  }
  return static_cast<int>(std::size(kOrder));
}

bool IsPassing(Code code) {
  return code == Code::kIo || code == Code::kNoSpace || code == Code::kBusy ||
         code == Code::kCancelled || code == Code::kInternal;
}

class Question {
 public:
  Question(const CatalogOptions& options, LongMethodCall& m) : options_(options), m_(m) {}

  Status Run() {
    WW_RETURN_IF_ERROR(m_.provider.Read(m_.context, [&](Call& call) { return ReadSite(call); }));
    WW_RETURN_IF_ERROR(AskAll());
    return Answer();
  }

 private:
  Status ReadSite(Call& call) {
    candidates_.clear();
    platforms_.clear();
    const auto id = m_.Argument("PackageID").TextOr("");
    const auto found = provider::ImageOf(call, id);
    if (!found) return provider::Missing(fmt::format("there is no image {}", id));
    const auto type = found->cls().IsA("SMS_ImagePackage") ? provider::kTypeImagePackage
                                                           : provider::kTypeUpgradePackage;
    WW_TRY(const auto readable, call.access.On(call.store, type, id, provider::kOpRead), "access");
    if (!readable) return provider::Missing(fmt::format("there is no image {}", id));
    if (!call.access.Somewhere(provider::kTypeSoftwareUpdate, provider::kOpRead)) {
      return provider::Denied(fmt::format("{} may not read software updates", call.context.user));
    }
    source_ = (*found)["PkgSourcePath"].TextOr("");
    WW_TRY(const auto platforms, call.store.FindAll("SMS_SupportedPlatformsOfflineServicing", {}),
           "platforms");
    for (const auto& one : platforms) {
      platforms_.emplace(one["OsVersionBuild"].TextOr(""), one["ProductType"].TextOr(""));
    }
    const auto& wanted = provider::List(m_.Argument("CI_IDs"));
    if (!wanted.empty()) return ReadNamed(call, wanted);
    return ReadAll(call);
  }

  Status ReadNamed(Call& call, const Value::Array& wanted) {
    std::set<std::uint64_t> seen;
    for (const auto& id : wanted) {
      if (!seen.insert(id.UintOr(0)).second) continue;
      WW_TRY(const auto row, call.store.FindOne("SMS_SoftwareUpdate", {{"CI_ID", id}}), "CI_IDs");
      if (!row)
        return provider::Missing(fmt::format("there is no software update {}", id.UintOr(0)));
      WW_RETURN_IF_ERROR(Add(call, *row));
    }
    return Bounded();
  }

  Status ReadAll(Call& call) {
    WW_TRY(const auto rows,
           call.store.FindAll("SMS_SoftwareUpdate", {{"IsContentProvisioned", provider::Flag(true)},
                                                     {"IsSuperseded", provider::Flag(false)}}),
           "updates");
    for (const auto& row : rows) {
      if (row["IsExpired"].BoolOr(false) || !row["IsOfflineServiceable"].BoolOr(true)) continue;
      WW_RETURN_IF_ERROR(Add(call, row));
    }
    return {};
  }

  Status Add(Call& call, const Instance& row) {
    Candidate one;
    one.ci_id = static_cast<std::uint32_t>(row["CI_ID"].UintOr(0));
    one.article = row["ArticleID"].TextOr("");
    one.title = row["LocalizedDisplayName"].TextOr("");
    one.serviceable = row["IsOfflineServiceable"].BoolOr(true);
    WW_TRY(one.contents, ContentOfUpdate(call, one.ci_id), "content");
    WW_TRY(const auto packages,
           call.store.FindAll("WW_UpdatePackage", {{"CI_ID", Number(one.ci_id)}}), "packages");
    for (const auto& package : packages) {
      if (one.refusal.empty()) one.refusal = package["Refusal"].TextOr("");
      architectures_[one.ci_id].insert(package["Architecture"].TextOr(""));
      for (const auto& target : provider::List(package["Targets"])) {
        targets_[one.ci_id].insert(target.TextOr(""));
      }
    }
    candidates_.push_back(std::move(one));
    return {};
  }

  Status Bounded() const {
    if (candidates_.size() <= kMostUpdates) return {};
    return provider::BadValue(
        fmt::format("{} updates are asked about; {} are the most. Name the "
                    "ones of interest in CI_IDs",
                    candidates_.size(), kMostUpdates));
  }

  void Say(std::uint32_t ci_id, int index, std::string decision, std::uint32_t hresult,
           std::string reason, std::string next_step) {
    rows_.push_back(
        {ci_id, index, std::move(decision), hresult, std::move(reason), std::move(next_step)});
  }

  Status AskAll() {
    const auto wim = provider::LocalWim(source_);
    if (!wim) {
      Say(0, 0, "unsupported", 0,
          fmt::format("this server cannot read the source '{}' of the image", source_),
          "Give the image a PkgSourcePath on this server.");
      return {};
    }
    auto properties = provider::ReadImageProperties(*options_.files, *wim);
    if (!properties) {
      Say(0, 0, "unsupported", properties.error().hresult, properties.error().message,
          properties.error().next_step.empty() ? "Check the image's source file."
                                               : properties.error().next_step);
      return {};
    }
    std::vector<int> indexes;
    std::set<std::string> builds, architectures;
    for (const auto& index : provider::IndexesOf(properties->xml)) {
      const auto build = BuildOf(index.os_version);
      if (platforms_.contains({build, index.product_type})) {
        indexes.push_back(index.index);
        builds.insert(build);
        architectures.insert(ArchitectureName(index.architecture));
        continue;
      }
      Say(0, index.index, "unsupported", 0,
          index.os_version.empty()
              ? fmt::format("index {} is no installed Windows", index.index)
              : fmt::format("{} ({}) is not in the table of systems that may be serviced offline",
                            index.os_version, index.product_type),
          "Only systems of SMS_SupportedPlatformsOfflineServicing can be serviced.");
    }
    if (indexes.empty()) return {};
    if (provider::List(m_.Argument("CI_IDs")).empty()) {
      // Of all the site's updates, those that can be for it at all.
      std::erase_if(candidates_, [&](const Candidate& one) {
        return Apart(targets_[one.ci_id], builds) ||
               Apart(architectures_[one.ci_id], architectures);
      });
      WW_RETURN_IF_ERROR(Bounded());
    }
    return AskEngine(*wim, indexes);
  }

  Status AskEngine(const std::filesystem::path& wim, const std::vector<int>& indexes) {
    servicing::JobOptions job;
    job.image = wim;
    job.indexes = indexes;
    job.continue_on_error = true;
    job.scratch_dir = options_.library->ScratchDir();
    std::map<std::string, std::vector<std::uint32_t>> owners;  // file name -> updates
    for (const auto& one : candidates_) {
      if (!one.refusal.empty() || !one.serviceable) {
        Say(one.ci_id, 0, "refused", kNotAllowedOffline,
            one.refusal.empty() ? "the update is not made of packages that can be serviced offline"
                                : one.refusal,
            "Install it on running computers.");
        continue;
      }
      std::vector<std::filesystem::path> paths;
      std::string missing;
      for (const auto& content : one.contents) {
        for (const auto& file : content.files) {
          const auto path = file.id && options_.library->Has(*file.id)
                                ? options_.library->PathOf(*file.id)
                                : std::nullopt;
          if (path) {
            paths.push_back(*path);
          } else {
            missing += (missing.empty() ? "" : ", ") + file.name;
          }
        }
      }
      if (!missing.empty() || paths.empty()) {
        Say(one.ci_id, 0, "no_content", kSourceMissing,
            missing.empty() ? "the update has no content" : "content is not downloaded: " + missing,
            "Import the file: wimwright site update import FILE.");
        continue;
      }
      for (const auto& path : paths) {
        auto& of = owners[path.filename().string()];
        if (of.empty()) job.updates.push_back(path);
        of.push_back(one.ci_id);
      }
    }
    if (job.updates.empty()) return {};
    WW_TRY(const auto planned, Plan(job), "plan");
    Take(planned, owners);
    return {};
  }

  // Of every file in every index: from the engine, or as it said before.
  Result<std::vector<PlannedFile>> Plan(const servicing::JobOptions& job) {
    PlanQuestion question;
    question.package_id = m_.Argument("PackageID").TextOr("");
    question.file_state = FileState(job.image).value_or("");
    question.indexes = job.indexes;
    for (const auto& path : job.updates) question.inputs.push_back(path.filename().string());
    std::optional<std::vector<PlannedFile>> known;
    WW_RETURN_IF_ERROR(m_.provider.Read(m_.context, [&](Call& call) -> Status {
      WW_TRY(known, RecallPlan(call, question), "plan");
      return {};
    }));
    remembered_ = known.has_value();
    if (known) return *std::move(known);
    const servicing::Context context{*options_.files, SystemClock(), *options_.log, NullProgress(),
                                     *m_.context.cancelled};
    const auto report = servicing::Plan(job, context);
    if (report.outcome == servicing::Outcome::kCancelled) {
      return Fail(Code::kCancelled, "the question was cancelled");
    }
    std::vector<PlannedFile> files;
    if (report.indexes.empty() && report.error) {
      Say(0, 0, "unsupported", report.error->hresult, report.error->message,
          report.error->next_step);
      return files;
    }
    for (const auto& index : report.indexes) {
      for (const auto& update : index.updates) {
        files.push_back({index.index, update.input, update.decision, update.hresult, update.reason,
                         update.next_step});
      }
    }
    // What may go better next time, and what was asked while the file changed, is asked again.
    if (report.error && IsPassing(report.error->code)) return files;
    if (question.file_state.empty() || FileState(job.image) != question.file_state) return files;
    WW_RETURN_IF_ERROR(m_.provider.Transact(
        m_.context, [&](Call& call) { return RememberPlan(call, question, files); }));
    return files;
  }

  // One row for each update, however many packages it has.
  void Take(const std::vector<PlannedFile>& files,
            const std::map<std::string, std::vector<std::uint32_t>>& owners) {
    std::map<std::pair<int, std::uint32_t>, const PlannedFile*> chosen;
    for (const auto& file : files) {
      const auto found = owners.find(file.input);
      if (found == owners.end()) continue;
      for (const auto id : found->second) {
        auto& best = chosen[{file.index, id}];
        if (best == nullptr || Rank(file.decision) < Rank(best->decision)) best = &file;
      }
    }
    for (const auto& [key, file] : chosen) {
      Say(key.second, key.first, file->decision, file->hresult, file->reason, file->next_step);
    }
  }

  Status Answer() {
    std::map<std::uint32_t, const Candidate*> by_id;
    for (const auto& one : candidates_) by_id.emplace(one.ci_id, &one);
    std::stable_sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) {
      return std::pair(a.index, a.ci_id) < std::pair(b.index, b.ci_id);
    });
    WW_TRY(const auto cls, m_.provider.schema().Get("WW_ApplicableUpdate"), "class");
    Value::Array out;
    for (const auto& row : rows_) {
      auto one = Instance::Spawn(cls);
      one.SetRaw("CI_ID", Number(row.ci_id));
      one.SetRaw("ImageIndex", Number(static_cast<std::uint64_t>(row.index)));
      one.SetRaw("Decision", Text(row.decision));
      one.SetRaw("HResult", Number(row.hresult));
      one.SetRaw("Reason", Text(row.reason));
      one.SetRaw("NextStep", Text(row.next_step));
      if (const auto update = by_id.find(row.ci_id); update != by_id.end()) {
        one.SetRaw("ArticleID", Text(update->second->article));
        one.SetRaw("Title", Text(update->second->title));
      }
      out.push_back(provider::Embedded(std::move(one)));
    }
    m_.Result("Updates", Value::Of(std::move(out)));
    m_.Result("Remembered", provider::Flag(remembered_));
    return {};
  }

  const CatalogOptions& options_;
  LongMethodCall& m_;
  std::string source_;
  std::set<std::pair<std::string, std::string>> platforms_;  // build, product type
  std::vector<Candidate> candidates_;
  std::map<std::uint32_t, std::set<std::string>> architectures_, targets_;
  std::vector<Row> rows_;
  bool remembered_ = false;
};

}  // namespace

void BindApplicable(provider::Bindings& bindings, const CatalogOptions& options) {
  bindings.SetLongMethod(
      "WW_UpdateCatalog", "ApplicableUpdates",
      [options](LongMethodCall& m) -> Status { return Question(options, m).Run(); });
}

}  // namespace ww::catalog
