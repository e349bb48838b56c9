#include "scan_import.h"

#include <fmt/format.h>

#include "scan_writer.h"
#include "wimwright/base/memory.h"

namespace ww::catalog {
namespace {

using provider::LongMethodCall;
using provider::Number;
using provider::Text;

// However an import ends, the process is as small afterwards as it was before: the next one may run
// in another thread, whose heap knows nothing of this one's free pages.
struct Trim {
  ~Trim() { ReturnFreeMemory(); }
};

Status ImportFrom(const CatalogOptions& options, LongMethodCall& m,
                  const std::filesystem::path& path) {
  const Trim trim;
  ScanWriter writer(m.provider, m.context);
  ScanEvents events;
  events.begin = [&](const ScanSummary& catalogue) { return writer.Begin(catalogue); };
  events.categories = [&](const std::vector<Category>& all) { return writer.AddCategories(all); };
  events.update = [&](ScanUpdate&& update) { return writer.Add(std::move(update)); };
  events.relation = [&](const ScanRelation& relation) { return writer.Add(relation); };
  ScanOptions scan;
  scan.scratch_dir = options.library->ScratchDir();
  scan.cancellation = m.context.cancelled;
  auto summary = ReadScanCatalog(*options.files, path, events, scan);
  if (!summary) return Fail(summary.error());
  WW_RETURN_IF_ERROR(writer.Finish());
  const auto& counts = writer.counts();
  m.Result("Updates", Number(counts.updates));
  m.Result("Created", Number(counts.created));
  m.Result("Files", Number(counts.files));
  m.Result("Categories", Number(counts.categories));
  m.Result("Relations", Number(counts.relations));
  m.Result("Expired", Number(counts.expired));
  m.Result("CatalogDate", Text(summary->created));
  options.log->Info("CATALOG",
                    "scan catalogue of {}: {} entries, {} updates ({} new, {} changed, {} expired, "
                    "{} without a title), {} files, {} relations; left out: {} earlier revisions, "
                    "{} relations in a circle",
                    summary->created, summary->entries, counts.updates, counts.created,
                    counts.changed, counts.expired, summary->untitled, counts.files,
                    counts.relations, summary->outdated, summary->circles);
  return {};
}

Status ImportScanCatalog(const CatalogOptions& options, LongMethodCall& m) {
  WW_RETURN_IF_ERROR(CheckMayImport(m.provider, m.context));
  const auto path = m.Argument("Path").TextOr("");
  const auto upload = m.Argument("UploadID").TextOr("");
  if (path.empty() == upload.empty()) return provider::BadValue("give Path or UploadID");
  if (!path.empty()) {
    if (path.front() != '/') {
      return provider::BadValue(fmt::format("'{}' is no absolute path on this server", path));
    }
    return ImportFrom(options, m, path);
  }
  if (options.uploads == nullptr) return provider::BadValue("this site takes no uploads");
  WW_TRY(const auto lease, options.uploads->Take(m.context.user, upload), "UploadID");
  WW_RETURN_IF_ERROR(ImportFrom(options, m, lease->path()));
  lease->Done();
  return {};
}

}  // namespace

void BindScanImport(provider::Bindings& bindings, const CatalogOptions& options) {
  bindings.SetLongMethod("WW_UpdateCatalog", "ImportScanCatalog",
                         [options](LongMethodCall& m) { return ImportScanCatalog(options, m); });
}

}  // namespace ww::catalog
