#include "scan.h"

#include "job_record.h"
#include "records.h"

namespace ww::manager {
namespace {

using cim::Instance;
using cim::Value;
using provider::Call;

constexpr const char* kRequest = "SMS_ImageServicingScanRequest";
constexpr int kSuccess = 1, kFailed = 2;

Result<std::vector<UpdateResult>> Scan(provider::SiteProvider& provider,
                                       const ManagerOptions& options, const std::string& image,
                                       const Cancellation& cancelled) {
  WW_TRY(const auto version, options.distribution->EnsureSource(image, NullProgress(), cancelled),
         "package source");
  if (version.files.size() != 1) {
    return Fail(Code::kUnsupported, "only packages of one WIM are scanned");
  }
  const auto path = options.library->PathOf(version.files[0].id);
  if (!path) return Fail(Code::kUnsupported, "the content library is no folder");
  servicing::JobOptions job;
  job.image = *path;
  job.scratch_dir = options.library->ScratchDir();
  job.continue_on_error = true;
  UpdateOfFile files;
  WW_RETURN_IF_ERROR(provider.Read(provider::SystemContext(), [&](Call& call) -> Status {
    WW_TRY(const auto updates,
           call.store.FindAll("SMS_SoftwareUpdate", {{"IsContentProvisioned", Value::Bool(true)}}),
           "updates");
    files.clear();
    job.updates.clear();
    for (const auto& update : updates) {
      const auto id = static_cast<std::uint32_t>(update["CI_ID"].UintOr(0));
      WW_TRY(const auto contents, options.content_of_update(call, id), "content");
      for (const auto& file : contents) {
        const auto at = options.library->PathOf(file.id);
        if (!file.downloaded || !at || !options.library->Has(file.id)) continue;
        if (files.emplace(at->filename().string(), id).second) job.updates.push_back(*at);
      }
    }
    return {};
  }));
  if (job.updates.empty()) return std::vector<UpdateResult>();
  const auto report = servicing::Plan(
      job, {*options.files, *options.clock, *options.engine_log, NullProgress(), cancelled});
  if (report.indexes.empty() && report.error) return Fail(*report.error);
  auto results = ResultsOf(report, files, false);
  // A scan installs nothing: what could not be installed is no error of an installation.
  for (auto& result : results) result.error = 0;
  return results;
}

}  // namespace

Result<bool> ScanNext(provider::SiteProvider& provider, const ManagerOptions& options,
                      ServicingLog& log, const Cancellation& cancelled) {
  std::string image;
  WW_RETURN_IF_ERROR(provider.Read(provider::SystemContext(), [&](Call& call) -> Status {
    WW_TRY(const auto all, call.store.FindAll(kRequest, {}), "scan requests");
    image.clear();
    for (const auto& one : all) {
      if (image.empty() && one["Status"].is_null()) image = one["ImagePackageID"].TextOr("");
    }
    return {};
  }));
  if (image.empty()) return false;
  const auto results = Scan(provider, options, image, cancelled);
  if (!results && results.error().code == Code::kCancelled) return Fail(results.error());
  if (results) {
    log.Line("Scanned image package {}: {} states of updates", image, results->size());
  } else {
    log.Line("Scan of image package {} failed: {}", image, results.error().message);
  }
  WW_RETURN_IF_ERROR(provider.Transact(provider::SystemContext(), [&](Call& call) -> Status {
    WW_TRY(auto row, call.store.FindOne(kRequest, {{"ImagePackageID", provider::Text(image)}}),
           "request");
    if (!row) return {};
    row->SetRaw("LastRunDateTime", call.Now());
    row->SetRaw("Status", Value::Int(results ? kSuccess : kFailed));
    WW_RETURN_IF_ERROR(call.store.Save(*row));
    if (!results) return {};
    return RecordUpdates(call, image, *results);
  }));
  return true;
}

}  // namespace ww::manager
