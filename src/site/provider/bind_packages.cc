// Every kind of package: keys, versions, sources, assignments (sms-schema.md, image and upgrade
// packages).
#include <fmt/format.h>

#include <cctype>

#include "bind.h"
#include "site_control.h"
#include "wimwright/provider/distribution.h"
#include "wimwright/provider/identifiers.h"
#include "wimwright/provider/image_properties.h"
#include "wimwright/provider/references.h"
#include "wimwright/provider/software_updates.h"
#include "wimwright/provider/status_messages.h"

namespace ww::provider {
namespace {

using cim::Instance;

constexpr std::uint32_t kSourceDirect = 2;  // PkgSourceFlag: read the files from the source path

struct Width {
  std::string_view property;
  std::size_t most;  // characters; the cmdlet pages name them for images
};
constexpr Width kWidths[] = {{"Name", 50}, {"Description", 127}, {"Version", 32}};

std::size_t Characters(std::string_view utf8) {
  std::size_t count = 0;
  for (const char c : utf8) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

bool IsImage(const Instance& package) {
  const auto type = ObjectTypeOf(package.cls());
  return type == kTypeImagePackage || type == kTypeUpgradePackage;
}

std::uint64_t PackageTypeOf(const Instance& package) {
  if (ObjectTypeOf(package.cls()) == kTypeImagePackage) return 257;
  if (ObjectTypeOf(package.cls()) == kTypeUpgradePackage) return 259;
  if (ObjectTypeOf(package.cls()) == kTypeUpdatesPackage) return 5;
  return 8;
}

Status CheckWidths(const Instance& package) {
  if (!IsImage(package)) return {};
  for (const auto& [property, most] : kWidths) {
    const auto text = package[property].TextOr("");
    if (Characters(text) > most) {
      return BadValue(fmt::format("{} has at most {} characters", property, most));
    }
  }
  return {};
}

// \\server\share or C:\folder: a place that this server cannot look into.
bool IsWindowsPath(std::string_view path) {
  return path.starts_with("\\\\") ||
         (path.size() > 2 && std::isalpha(static_cast<unsigned char>(path[0])) != 0 &&
          path[1] == ':' && (path[2] == '\\' || path[2] == '/'));
}

// Fills the properties that come from the source. A source on another computer cannot be looked
// into from here: the package is kept without them, and says so in a status message.
Status TakeSource(Call& call, Instance& package) {
  const auto source = package["PkgSourcePath"].TextOr("");
  if (!IsImage(package) || package["PkgSourceFlag"].UintOr(0) != kSourceDirect || source.empty()) {
    return {};
  }
  const auto wim = LocalWim(source);
  if (!wim && !IsWindowsPath(source)) {
    return BadValue(
        fmt::format("PkgSourcePath '{}' is neither an absolute path nor a UNC path", source));
  }
  if (!wim) {
    StatusMessage message;
    message.id = 2306;
    message.severity = Severity::kWarning;
    message.component = "SMS_DISTRIBUTION_MANAGER";
    message.module = "SMS Server";
    message.strings = {source, package["Name"].TextOr(""), package["PackageID"].TextOr("")};
    message.attributes = {{kAttributePackage, package["PackageID"].TextOr("")}};
    return RaiseStatusMessage(call, message).map([](std::int64_t) {});
  }
  auto properties = ReadImageProperties(*call.options.files, *wim);
  if (!properties) {
    return BadValue(fmt::format("PkgSourcePath: {}", properties.error().message));
  }
  package.SetRaw("ImageProperty", Text(properties->xml));
  package.SetRaw("ImageOSVersion", Text(properties->os_version));
  package.SetRaw("PackageSize", Number(properties->bytes / 1024));
  return {};
}

Status RaiseVersion(Call& call, Instance& package) {
  WW_RETURN_IF_ERROR(TakeSource(call, package));
  package.SetRaw("SourceVersion", Number(package["SourceVersion"].UintOr(0) + 1));
  package.SetRaw("SourceDate", call.Now());
  package.SetRaw("LastRefreshTime", call.Now());
  return {};
}

Status Create(Call& call, Instance& made) {
  WW_RETURN_IF_ERROR(CheckWidths(made));
  if (made["Name"].TextOr("").empty()) return BadValue("a package needs a Name");
  WW_TRY(const auto id, NextPackageId(call), "PackageID");
  made.SetRaw("PackageID", Text(id));
  made.SetRaw("PackageType", Number(PackageTypeOf(made)));
  made.SetRaw("ActionInProgress", Number(0));
  made.SetRaw("SourceSite", call.SiteCode());
  made.SetRaw("SourceVersion", Number(0));
  if (made["PkgSourceFlag"].is_null()) made.SetRaw("PkgSourceFlag", Number(1));
  if (made["Priority"].is_null()) made.SetRaw("Priority", Number(2));
  if (made["NumOfPrograms"].is_null()) made.SetRaw("NumOfPrograms", Number(0));
  if (made["PkgFlags"].is_null()) made.SetRaw("PkgFlags", Number(0));
  made.SetRaw("RefreshPkgSourceFlag", Flag(false));
  for (const char* name : {"Description", "Language", "Manufacturer", "Version"}) {
    if (made[name].is_null()) made.SetRaw(name, Text(""));
  }
  if (made["LastRefreshTime"].is_null()) {
    made.SetRaw("LastRefreshTime", cim::Value::Date(cim::DateTime()));
  }
  return RaiseVersion(call, made);
}

Status Update(Call& call, const Instance& before, Instance& changed, const Instance& sent) {
  const auto id = before["PackageID"].TextOr("");
  WW_RETURN_IF_ERROR(CheckNotServiced(call, id));
  WW_RETURN_IF_ERROR(CheckWidths(changed));
  changed.SetRaw("PackageType", before["PackageType"]);
  const bool refresh = sent["RefreshPkgSourceFlag"].BoolOr(false);
  changed.SetRaw("RefreshPkgSourceFlag", Flag(false));  // always reads FALSE
  const bool moved = !(changed["PkgSourcePath"] == before["PkgSourcePath"]) ||
                     !(changed["PkgSourceFlag"] == before["PkgSourceFlag"]);
  if (!refresh && !moved) return {};
  WW_RETURN_IF_ERROR(RaiseVersion(call, changed));
  return MarkForDistribution(call, changed);
}

Status Saved(Call& call, const Instance& package, bool created) {
  const auto id = package["PackageID"].TextOr("");
  if (created) call.ContentChanged(id);
  return Audit(call, created ? 30000 : 30001,
               {id, package["Manufacturer"].TextOr(""), package["Version"].TextOr(""),
                package["Name"].TextOr(""), package["Language"].TextOr("")},
               id);
}

Result<bool> Remove(Call& call, const Instance& package) {
  const auto id = package["PackageID"].TextOr("");
  WW_RETURN_IF_ERROR(CheckNotServiced(call, id));
  WW_RETURN_IF_ERROR(ForgetPackage(call, id));
  const auto key = Text(id);
  for (const char* joined :
       {"SMS_ImageServicingScheduledImage", "SMS_ImageServicingProgress",
        "SMS_ImageServicingScanRequest", "SMS_ImageUpdateStatus", "SMS_ImageUpdateHistory"}) {
    WW_TRY_STATUS(call.store.DeleteAll(joined, {{"ImagePackageID", key}}).map([](std::uint64_t) {}),
                  joined);
  }
  WW_TRY_STATUS(
      call.store
          .DeleteAll("SMS_SecuredCategoryMembership",
                     {{"ObjectKey", key}, {"ObjectTypeID", Number(ObjectTypeOf(package.cls()))}})
          .map([](std::uint64_t) {}),
      "scopes");
  WW_TRY_STATUS(call.store.DeleteAll("SMS_ObjectContainerItem", {{"InstanceKey", key}})
                    .map([](std::uint64_t) {}),
                "folder");
  WW_TRY_STATUS(Audit(call, 30002, {id, "", "", package["Name"].TextOr("")}, id), "audit");
  return false;
}

Status Show(Call& call, Instance& package) {
  const auto type = ObjectTypeOf(package.cls());
  WW_TRY(const auto scopes, ScopesOf(call.store, type, package["PackageID"].TextOr("")), "scopes");
  cim::Value::Array names;
  for (const auto& scope : scopes) {
    WW_TRY(const auto found,
           call.store.FindOne("SMS_SecuredCategory", {{"CategoryID", Text(scope)}}), "scope");
    names.push_back(found ? (*found)["CategoryName"] : Text(scope));
  }
  package.SetRaw("SecuredScopeNames", cim::Value::Of(std::move(names)));
  return {};
}

// The instance of a method that changes it, when the caller may.
Result<Instance> Mine(MethodCall& m, std::uint32_t operations) {
  auto& call = m.call;
  const auto& package = *m.instance;
  const auto id = package["PackageID"].TextOr("");
  WW_TRY(const auto allowed,
         call.access.On(call.store, ObjectTypeOf(package.cls()), id, operations), "access");
  if (!allowed) {
    return Denied(fmt::format("{} may not call {} on {}", call.context.user, m.method.name, id));
  }
  return package;
}

Status Save(Call& call, Instance package) {
  package.SetRaw("SedoObjectVersion", Text(NewGuid()));
  return call.store.Save(package);
}

Status RefreshPkgSource(MethodCall& m) {
  WW_TRY(auto package, Mine(m, kOpModify), "package");
  const auto id = package["PackageID"].TextOr("");
  WW_RETURN_IF_ERROR(CheckNotServiced(m.call, id));
  WW_RETURN_IF_ERROR(RaiseVersion(m.call, package));
  WW_RETURN_IF_ERROR(Save(m.call, package));
  WW_RETURN_IF_ERROR(MarkForDistribution(m.call, package));
  return Audit(m.call, 30068, {id}, id);
}

Status SetSourceSite(MethodCall& m, std::string_view site) {
  WW_TRY(auto package, Mine(m, kOpModify), "package");
  if (!cim::SameName(site, m.call.site().site_code)) {
    return Missing(fmt::format("{} is not a site of this hierarchy", site));
  }
  package.SetRaw("SourceSite", m.call.SiteCode());
  return Save(m.call, std::move(package));
}

Status AddDistributionPoints(MethodCall& m) {
  WW_TRY(const auto package, Mine(m, kOpCopyToDistributionPoint), "package");
  const auto* sites = m.Argument("SiteCode").AsArray();
  const auto* paths = m.Argument("NALPath").AsArray();
  if (sites == nullptr || paths == nullptr || sites->size() != paths->size()) {
    return BadValue("SiteCode and NALPath have one element for each distribution point");
  }
  std::string points;
  for (std::size_t i = 0; i < paths->size(); ++i) {
    if (!cim::SameName((*sites)[i].TextOr(""), m.call.site().site_code)) {
      return Missing(fmt::format("{} is not this site", (*sites)[i].TextOr("")));
    }
    WW_RETURN_IF_ERROR(AssignToDistributionPoint(m.call, package, (*paths)[i].TextOr("")));
    points += (points.empty() ? "" : ", ") + (*paths)[i].TextOr("");
  }
  const auto id = package["PackageID"].TextOr("");
  return Audit(m.call, 30125, {id, points}, id);
}

Status AddChangeNotification(MethodCall& m) {
  WW_TRY(const auto package, Mine(m, kOpModify), "package");
  const auto id = package["PackageID"].TextOr("");
  m.call.ContentChanged(id);
  return Audit(m.call, 30192, {id}, id);
}

Status GetNextId(MethodCall& m) {
  WW_TRY(const auto number, PeekPackageNumber(m.call), "NextID");
  m.Result("ReturnValue", cim::Value::Int(number));
  return {};
}

Status SetNextId(MethodCall& m) {
  if (!m.call.access.Everywhere(kTypeSite, kOpModify)) {
    return Denied(fmt::format("{} may not set package numbers", m.call.context.user));
  }
  return SetPackageNumber(m.call, static_cast<std::uint32_t>(m.Argument("NextID").UintOr(0)));
}

// Not of the class's own: SMS_ContentPackage and the updates' packages take content in by calls
// that need the content library.
Status ReloadImageProperties(MethodCall& m) {
  WW_TRY(auto package, Mine(m, kOpModify), "package");
  const auto source = package["PkgSourcePath"].TextOr("");
  if (!LocalWim(source)) {
    return BadValue(fmt::format("this server cannot read {}: the source has to be a local path",
                                source.empty() ? "an empty PkgSourcePath" : source));
  }
  package.SetRaw("PkgSourceFlag", Number(kSourceDirect));
  WW_RETURN_IF_ERROR(TakeSource(m.call, package));
  return Save(m.call, std::move(package));
}

Status GetImageProperties(MethodCall& m) {
  if (!m.call.access.Somewhere(kTypeImagePackage, kOpRead)) {
    return Denied(fmt::format("{} may not read images", m.call.context.user));
  }
  const auto source = m.Argument("SourceImagePath").TextOr("");
  const auto wim = LocalWim(source);
  if (!wim) return BadValue(fmt::format("this server cannot read {}", source));
  auto properties = ReadImageProperties(*m.call.options.files, *wim);
  if (!properties) return BadValue(properties.error().message);
  m.Result("ImageProperty", Text(properties->xml));
  return {};
}

// Static; the fourth parameter came later (sms-provider-behaviour.md 4).
Status RunOfflineServicingManager(MethodCall& m) {
  auto& call = m.call;
  const auto site = m.Argument("SiteCode").TextOr("");
  if (!cim::SameName(site, call.site().site_code)) {
    return Missing(fmt::format("{} is not this site ({})", site, call.site().site_code));
  }
  const auto id = m.Argument("PackageID").TextOr("");
  WW_TRY(const auto image, ImageOf(call, id), "RunOfflineServicingManager");
  const auto type = ObjectTypeOf(image.cls());
  WW_TRY(const auto readable, call.access.On(call.store, type, id, kOpRead), "access");
  if (!readable) return Missing(fmt::format("there is no package {}", id));
  WW_TRY(const auto allowed, call.access.On(call.store, type, id, kOpModify), "access");
  if (!allowed) return Denied(fmt::format("{} may not service {}", call.context.user, id));
  const auto wanted = m.Argument("PackageType").UintOr(PackageTypeOf(image));
  if (wanted != PackageTypeOf(image)) {
    return BadValue(
        fmt::format("{} is of package type {}, not {}", id, PackageTypeOf(image), wanted));
  }
  return RequestServicing(call, id, static_cast<std::uint32_t>(wanted));
}

}  // namespace

Status RaiseSourceVersion(Call& call, Instance& package) { return RaiseVersion(call, package); }
Status SavePackage(Call& call, Instance package) { return Save(call, std::move(package)); }

void BindPackages(Bindings& bindings) {
  for (const auto& [name, type] :
       {std::pair{"SMS_ImagePackage", kTypeImagePackage},
        std::pair{"SMS_OperatingSystemInstallPackage", kTypeUpgradePackage},
        std::pair{"SMS_SoftwareUpdatesPackage", kTypeUpdatesPackage},
        std::pair{"SMS_ContentPackage", kTypeApplication}}) {
    auto& binding = bindings[name];
    binding.generated_key = "PackageID";
    binding.object_type = type;
    binding.create = Create;
    binding.update = Update;
    binding.saved = Saved;
    binding.remove = Remove;
    binding.show_whole = Show;
    binding.shows_rows_only = true;
    const auto method = [&bindings, name = std::string_view(name)](std::string_view method_name,
                                                                   Method code) {
      bindings.SetMethod(name, method_name, std::move(code));
    };
    method("RefreshPkgSource", RefreshPkgSource);
    method("GetNextID", GetNextId);
    method("SetNextID", SetNextId);
    method("Unlock", [](MethodCall& m) { return SetSourceSite(m, m.call.site().site_code); });
    method("SetSourceSite",
           [](MethodCall& m) { return SetSourceSite(m, m.Argument("SourceSite").TextOr("")); });
    method("AddDistributionPoints", AddDistributionPoints);
    method("AddChangeNotification", AddChangeNotification);
  }
  for (const char* image : {"SMS_ImagePackage", "SMS_OperatingSystemInstallPackage"}) {
    bindings.SetMethod(image, "ReloadImageProperties", ReloadImageProperties);
    bindings.SetMethod(image, "GetImageProperties", GetImageProperties);
  }
  bindings.SetMethod("SMS_ImagePackage", "RunOfflineServicingManager", RunOfflineServicingManager);
}

}  // namespace ww::provider
