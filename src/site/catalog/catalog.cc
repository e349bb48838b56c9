#include "wimwright/catalog/catalog.h"

#include <fmt/format.h>

#include <set>

#include "applicable.h"
#include "importer.h"
#include "methods.h"
#include "package_content.h"
#include "scan_import.h"
#include "wimwright/catalog/contents.h"

namespace ww::catalog {
namespace {

using cim::Instance;
using cim::Value;
using provider::Call;
using provider::LongMethodCall;
using provider::MethodCall;
using provider::Number;
using provider::Text;

Status ImportContent(const CatalogOptions& options, LongMethodCall& m) {
  Importer importer(options, m.provider, m.context);
  WW_RETURN_IF_ERROR(importer.CheckRights());
  const auto path = m.Argument("Path").TextOr("");
  const auto upload = m.Argument("UploadID").TextOr("");
  const auto into = static_cast<std::uint32_t>(m.Argument("CI_ID").UintOr(0));
  if (path.empty() == upload.empty()) return provider::BadValue("give Path or UploadID");
  std::vector<ImportedFile> files;
  if (!path.empty()) {
    WW_TRY(files, importer.ImportPath(path, into), "Path");
  } else {
    if (options.uploads == nullptr) return provider::BadValue("this site takes no uploads");
    WW_TRY(const auto lease, options.uploads->Take(m.context.user, upload), "UploadID");
    WW_TRY(auto one, importer.ImportFile(lease->path(), lease->state().request.name, into),
           "UploadID");
    lease->Done();
    files.push_back(std::move(one));
  }
  std::set<std::uint32_t> ids;
  Value::Array rows;
  for (const auto& file : files) {
    if (file.ci_id != 0) ids.insert(file.ci_id);
    WW_TRY(const auto cls, m.provider.schema().Get("WW_ImportedFile"), "class");
    auto row = Instance::Spawn(cls);
    row.SetRaw("Path", Text(file.path));
    row.SetRaw("Decision", Text(file.decision));
    row.SetRaw("CI_ID", Number(file.ci_id));
    row.SetRaw("ArticleID", Text(file.article));
    row.SetRaw("Title", Text(file.title));
    row.SetRaw("Reason", Text(file.reason));
    rows.push_back(provider::Embedded(std::move(row)));
  }
  Value::Array list;
  for (const auto id : ids) list.push_back(Number(id));
  m.Result("CI_IDs", Value::Of(std::move(list)));
  m.Result("Files", Value::Of(std::move(rows)));
  return {};
}

// Every licence of an imported package was met where it was downloaded.
Status GetEula(MethodCall& m) {
  m.Result("EULA", Text(""));
  return {};
}

Status SyncNow(MethodCall&) {
  return Fail(Error{Code::kUnsupported,
                    "this site has no software update point to synchronize with",
                    "Import updates (WW_UpdateCatalog.ImportContent) or the offline scan catalogue "
                    "(ImportScanCatalog).",
                    static_cast<std::uint32_t>(cim::WbemStatus::kProviderNotCapable)});
}

// The update's own rows; bytes go with the library's next garbage collection.
Status ForgetUpdate(Call& call, const Instance& update) {
  const auto id = update["CI_ID"];
  WW_TRY(const auto contents, ContentOfUpdate(call, static_cast<std::uint32_t>(id.UintOr(0))),
         "content");
  const auto drop = [&](std::string_view cls, provider::Where where) {
    return call.store.DeleteAll(cls, where).map([](std::uint64_t) {});
  };
  for (const auto& content : contents) {
    const auto key = Number(content.content_id);
    WW_TRY(const auto package, call.store.FindOne("SMS_PackageToContent", {{"ContentID", key}}),
           "packages");
    if (package) {
      return Fail(
          cim::ProviderError(cim::ProviderCode::kReferenced,
                             fmt::format("the deployment package {} has content of this update",
                                         (*package)["PackageID"].TextOr(""))));
    }
    for (const char* cls : {"SMS_Content", "SMS_CIContentFiles", "WW_ContentFile"}) {
      WW_RETURN_IF_ERROR(drop(cls, {{"ContentID", key}}));
    }
  }
  for (const char* cls : {"SMS_CIToContent", "SMS_CIAllCategories", "WW_UpdatePackage",
                          "WW_UpdateAlias", "WW_Supersedence", "SMS_CIUpdateSources"}) {
    WW_RETURN_IF_ERROR(drop(cls, {{"CI_ID", id}}));
  }
  WW_RETURN_IF_ERROR(drop("SMS_CIRelation", {{"ToCIID", id}}));
  return Unrelate(call, static_cast<std::uint32_t>(id.UintOr(0)));
}

}  // namespace

void BindCatalog(provider::Bindings& bindings, const CatalogOptions& options) {
  bindings.SetLongMethod("WW_UpdateCatalog", "ImportContent",
                         [options](LongMethodCall& m) { return ImportContent(options, m); });
  bindings.SetMethod("SMS_SoftwareUpdate", "GetEULA", GetEula);
  bindings.SetMethod("SMS_SoftwareUpdate", "SyncNow", SyncNow);
  BindPackageContent(bindings, options);
  BindScanImport(bindings, options);
  BindApplicable(bindings, options);
  auto& update = bindings["SMS_SoftwareUpdate"];
  update.remove = [before = update.remove](Call& call, const Instance& gone) -> Result<bool> {
    if (before) {
      WW_TRY(const bool kept, before(call, gone), "update");
      if (kept) return true;
    }
    WW_RETURN_IF_ERROR(ForgetUpdate(call, gone));
    return false;
  };
}

}  // namespace ww::catalog
