#include "package_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "content_files.h"
#include "wimwright/provider/distribution.h"
#include "wimwright/provider/software_updates.h"
#include "wimwright/provider/status_messages.h"

namespace ww::catalog {
namespace {

using cim::Instance;
using cim::Value;
using provider::Call;
using provider::Flag;
using provider::LongMethodCall;
using provider::Number;
using provider::Text;

constexpr std::uint64_t kUpdatesPackageType = 5;  // PKG_TYPE_SWUPDATES
constexpr std::size_t kMaxContents = 10'000;      // of one call

std::string PackageIdOf(const cim::ObjectPath& path) {
  return path.keys.empty() ? std::string() : path.keys.front().value.TextOr("");
}

// The package, when the caller may change it.
Result<Instance> Mine(Call& call, std::string_view id, std::string_view method) {
  const auto key = Text(id);
  WW_TRY(const auto found, call.store.FindOne("SMS_SoftwareUpdatesPackage", {{"PackageID", key}}),
         "package");
  WW_TRY(const auto readable,
         call.access.On(call.store, provider::kTypeUpdatesPackage, id, provider::kOpRead),
         "access");
  if (!found || !readable) {
    return provider::Missing(fmt::format("there is no deployment package {}", id));
  }
  WW_TRY(const auto allowed,
         call.access.On(call.store, provider::kTypeUpdatesPackage, id, provider::kOpModify),
         "access");
  if (!allowed) {
    return provider::Denied(fmt::format("{} may not call {} on {}", call.context.user, method, id));
  }
  return *found;
}

// Where the package keeps its files, when that is a folder of this server.
std::filesystem::path SourceOf(const Instance& package) {
  const auto path = package["PkgSourcePath"].TextOr("");
  return path.starts_with('/') ? std::filesystem::path(path) : std::filesystem::path();
}

Result<std::vector<std::uint32_t>> ContentsOf(Call& call, std::string_view package_id) {
  WW_TRY(const auto rows,
         call.store.FindAll("SMS_PackageToContent", {{"PackageID", Text(package_id)}}),
         "contents of the package");
  std::vector<std::uint32_t> out;
  for (const auto& row : rows) {
    out.push_back(static_cast<std::uint32_t>(row["ContentID"].UintOr(0)));
  }
  return out;
}

Result<std::vector<std::uint32_t>> ContentIds(const Value& argument) {
  std::vector<std::uint32_t> out;
  for (const auto& one : provider::List(argument)) {
    out.push_back(static_cast<std::uint32_t>(one.UintOr(0)));
  }
  if (out.empty()) return provider::BadValue("ContentIDs is empty");
  if (out.size() > kMaxContents) return provider::BadValue("too many ContentIDs in one call");
  return out;
}

Status Link(Call& call, const Instance& package, const KnownContent& content) {
  const auto id = package["PackageID"];
  WW_TRY(auto row, call.store.Make("SMS_PackageToContent"), "content");
  row.SetRaw("PackageID", id);
  row.SetRaw("ContentID", Value::Int(content.id));
  row.SetRaw("ContentUniqueID", Text(content.unique_id));
  row.SetRaw("ContentSubFolder", Text(content.unique_id));
  row.SetRaw("ContentVersionInPkg", Value::Int(1));
  row.SetRaw("MinPackageVersion",
             Value::Int(static_cast<std::int64_t>(package["SourceVersion"].UintOr(0))));
  row.SetRaw("PackageType", Number(kUpdatesPackageType));
  row.SetRaw("SecuredTypeID", Number(provider::kTypeUpdatesPackage));
  row.SetRaw("SecureObjectID", id);
  WW_RETURN_IF_ERROR(call.store.Save(row));
  for (const auto update : content.updates) {
    WW_TRY(const auto item, call.store.FindOne("SMS_SoftwareUpdate", {{"CI_ID", Number(update)}}),
           "update");
    if (!item) continue;
    WW_TRY(auto carried, call.store.Make("SMS_CIContentPackage"), "content");
    carried.SetRaw("CI_ID", Number(update));
    carried.SetRaw("CI_SecuredTypeID", Number(provider::kTypeSoftwareUpdate));
    carried.SetRaw("CI_UniqueID", (*item)["CI_UniqueID"]);
    carried.SetRaw("ModelName", (*item)["ModelName"]);
    carried.SetRaw("PackageID", id);
    WW_RETURN_IF_ERROR(call.store.Save(carried));
  }
  return provider::Audit(call, 30189, {std::to_string(content.id), id.TextOr("")}, id.TextOr(""));
}

// A new version of the package; to the points when the caller asks for it.
Status Publish(Call& call, Instance package, bool refresh) {
  const auto id = package["PackageID"].TextOr("");
  WW_RETURN_IF_ERROR(provider::SavePackage(call, package));
  if (refresh) WW_RETURN_IF_ERROR(provider::MarkForDistribution(call, package));
  call.ContentChanged(id);
  return {};
}

// What the call is about, with the rights checked.
struct Work {
  Instance package;
  std::vector<KnownContent> contents;
};
Result<Work> Prepare(LongMethodCall& m, const std::vector<std::uint32_t>* wanted) {
  std::optional<Instance> package;
  std::vector<KnownContent> contents;
  WW_RETURN_IF_ERROR(m.provider.Read(m.context, [&](Call& call) -> Status {
    contents.clear();
    const auto id = PackageIdOf(m.path);
    WW_TRY(package, Mine(call, id, m.method.name), "package");
    std::vector<std::uint32_t> ids;
    if (wanted != nullptr) {
      ids = *wanted;
    } else {
      WW_TRY(ids, ContentsOf(call, id), "package");
    }
    for (const auto content_id : ids) {
      WW_TRY(auto content, FindContent(call, content_id), "ContentIDs");
      contents.push_back(std::move(content));
    }
    return {};
  }));
  return Work{*std::move(package), std::move(contents)};
}

Status AddUpdateContent(const CatalogOptions& options, LongMethodCall& m) {
  WW_TRY(const auto ids, ContentIds(m.Argument("ContentIDs")), "AddUpdateContent");
  const auto& sources = provider::List(m.Argument("ContentSourcePath"));
  if (sources.size() != ids.size()) {
    return provider::BadValue("ContentIDs and ContentSourcePath have one element for each content");
  }
  WW_TRY(auto work, Prepare(m, &ids), "AddUpdateContent");
  ContentTaker taker(options, m.provider, m.context);
  const auto source = SourceOf(work.package);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto& content = work.contents[i];
    std::filesystem::path folder;
    const auto text = sources[i].TextOr("");
    // What the library has is not looked for, so that any path will do.
    const bool there = std::all_of(content.files.begin(), content.files.end(), [&](const auto& f) {
      const auto id = content::ContentId::FromText(f.stored);
      return id && options.library->Has(*id);
    });
    if (!there && !text.empty()) {
      WW_TRY(folder, LocalFolder(text), "ContentSourcePath");
    }
    WW_RETURN_IF_ERROR(taker.Take(content, folder));
    if (!source.empty()) WW_RETURN_IF_ERROR(taker.WriteTo(content, source));
  }
  const bool refresh = m.Argument("bRefreshDPs").BoolOr(false);
  return m.provider.Transact(m.context, [&](Call& call) -> Status {
    WW_TRY(auto package, Mine(call, PackageIdOf(m.path), m.method.name), "package");
    WW_RETURN_IF_ERROR(provider::RaiseSourceVersion(call, package));
    for (const auto id : ids) {
      WW_TRY(const auto content, FindContent(call, id), "ContentIDs");
      WW_RETURN_IF_ERROR(Link(call, package, content));
    }
    return Publish(call, std::move(package), refresh);
  });
}

Status RemoveContent(const CatalogOptions& options, LongMethodCall& m) {
  WW_TRY(const auto ids, ContentIds(m.Argument("ContentIDs")), "RemoveContent");
  const bool refresh = m.Argument("bRefreshDPs").BoolOr(false);
  std::vector<std::filesystem::path> folders;
  WW_RETURN_IF_ERROR(m.provider.Transact(m.context, [&](Call& call) -> Status {
    folders.clear();
    WW_TRY(auto package, Mine(call, PackageIdOf(m.path), m.method.name), "package");
    const auto id = package["PackageID"];
    const auto source = SourceOf(package);
    WW_RETURN_IF_ERROR(provider::RaiseSourceVersion(call, package));
    for (const auto content_id : ids) {
      WW_TRY(const auto removed,
             call.store.DeleteAll("SMS_PackageToContent",
                                  {{"PackageID", id}, {"ContentID", Number(content_id)}}),
             "content");
      if (removed == 0) {
        return provider::Missing(fmt::format("{} has no content {}", id.TextOr(""), content_id));
      }
      WW_RETURN_IF_ERROR(
          provider::Audit(call, 30191, {std::to_string(content_id), id.TextOr("")}, id.TextOr("")));
      auto content = FindContent(call, content_id);
      if (content && !source.empty() && !content->unique_id.empty()) {
        folders.push_back(source / content->unique_id);
      }
    }
    // An update is carried as long as one of its contents is.
    WW_TRY(const auto left, ContentsOf(call, id.TextOr("")), "package");
    std::vector<std::uint32_t> carried;
    for (const auto content_id : left) {
      WW_TRY(const auto content, FindContent(call, content_id), "package");
      carried.insert(carried.end(), content.updates.begin(), content.updates.end());
    }
    WW_TRY(const auto rows, call.store.FindAll("SMS_CIContentPackage", {{"PackageID", id}}),
           "updates");
    for (const auto& row : rows) {
      const auto update = static_cast<std::uint32_t>(row["CI_ID"].UintOr(0));
      if (std::find(carried.begin(), carried.end(), update) != carried.end()) continue;
      WW_RETURN_IF_ERROR(
          call.store
              .DeleteAll("SMS_CIContentPackage", {{"PackageID", id}, {"CI_ID", Number(update)}})
              .map([](std::uint64_t) {}));
    }
    return Publish(call, std::move(package), refresh);
  }));
  // Only folders that AddUpdateContent makes go; what else lies in the source is not ours.
  std::error_code error;
  for (const auto& folder : folders) std::filesystem::remove_all(folder, error);
  static_cast<void>(options);
  return {};
}

Status ValidateNewPackageSource(const CatalogOptions& options, LongMethodCall& m) {
  WW_TRY(const auto folder, LocalFolder(m.Argument("PackageSource").TextOr("")), "PackageSource");
  WW_TRY(const auto work, Prepare(m, nullptr), "ValidateNewPackageSource");
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    return provider::BadValue(fmt::format("{} is no folder of this server", folder.string()));
  }
  ContentTaker taker(options, m.provider, m.context);
  for (const auto& content : work.contents) WW_RETURN_IF_ERROR(taker.Check(content, folder));
  return {};
}

Status RebuildPackage(const CatalogOptions& options, LongMethodCall& m) {
  WW_TRY(auto work, Prepare(m, nullptr), "RebuildPackage");
  const auto source = SourceOf(work.package);
  auto folder = source;
  if (const auto text = m.Argument("ContentSourcePath").TextOr(""); !text.empty()) {
    WW_TRY(folder, LocalFolder(text), "ContentSourcePath");
  }
  ContentTaker taker(options, m.provider, m.context);
  for (auto& content : work.contents) {
    WW_RETURN_IF_ERROR(taker.Take(content, folder));
    if (!source.empty()) WW_RETURN_IF_ERROR(taker.WriteTo(content, source));
  }
  return m.provider.Transact(m.context, [&](Call& call) -> Status {
    WW_TRY(auto package, Mine(call, PackageIdOf(m.path), m.method.name), "package");
    WW_RETURN_IF_ERROR(provider::RaiseSourceVersion(call, package));
    return Publish(call, std::move(package), true);
  });
}

// Reads every file of the content again.
Status IsContentValid(const CatalogOptions& options, LongMethodCall& m) {
  std::uint32_t id = 0;
  for (const auto& key : m.path.keys) {
    if (cim::SameName(key.name, "ContentID")) id = static_cast<std::uint32_t>(key.value.UintOr(0));
  }
  KnownContent content;
  WW_RETURN_IF_ERROR(m.provider.Read(m.context, [&](Call& call) -> Status {
    if (!call.access.Somewhere(provider::kTypeUpdatesPackage, provider::kOpRead)) {
      return provider::Denied(fmt::format("{} may not read packages", call.context.user));
    }
    WW_TRY(content, FindContent(call, id), "content");
    return {};
  }));
  bool valid = !content.files.empty();
  for (const auto& file : content.files) {
    const auto stored = content::ContentId::FromText(file.stored);
    if (!stored || !options.library->Has(*stored)) {
      valid = false;
      continue;
    }
    const auto checked = options.library->Verify(*stored, NullProgress(), *m.context.cancelled);
    if (!checked && checked.error().code == Code::kCancelled) return Fail(checked.error());
    valid = valid && checked;
  }
  m.Result("ReturnValue", Value::Bool(valid));
  return {};
}

}  // namespace

void BindPackageContent(provider::Bindings& bindings, const CatalogOptions& options) {
  const auto method = [&](std::string_view cls, std::string_view name, auto code) {
    bindings.SetLongMethod(cls, name,
                           [options, code](LongMethodCall& m) { return code(options, m); });
  };
  constexpr std::string_view kPackage = "SMS_SoftwareUpdatesPackage";
  method(kPackage, "AddUpdateContent", AddUpdateContent);
  method(kPackage, "RemoveContent", RemoveContent);
  method(kPackage, "ValidateNewPackageSource", ValidateNewPackageSource);
  method(kPackage, "RebuildPackage", RebuildPackage);
  method("SMS_PackageToContent", "IsContentValid", IsContentValid);
  auto& package = bindings[kPackage];
  package.remove = [before = package.remove](Call& call, const Instance& gone) -> Result<bool> {
    if (before) {
      WW_TRY(const bool kept, before(call, gone), "package");
      if (kept) return true;
    }
    for (const char* cls : {"SMS_PackageToContent", "SMS_CIContentPackage"}) {
      WW_RETURN_IF_ERROR(
          call.store.DeleteAll(cls, {{"PackageID", gone["PackageID"]}}).map([](std::uint64_t) {}));
    }
    return false;
  };
}

}  // namespace ww::catalog
