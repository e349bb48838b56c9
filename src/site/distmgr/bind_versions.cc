// WW_ImageVersion: rights, and the methods of versions.
#include <fmt/format.h>

#include "core.h"
#include "guards.h"
#include "version_store.h"
#include "wimwright/provider/references.h"

namespace ww::distmgr {
namespace {

using provider::Call;
using provider::LongMethodCall;
using provider::MethodCall;
using provider::Number;
using provider::Text;

std::uint32_t VersionArgument(const MethodCall& m) {
  return static_cast<std::uint32_t>(m.Argument("SourceVersion").UintOr(0));
}

Status RollBack(DistributionManager& manager, MethodCall& m) {
  const auto id = m.Argument("PackageID").TextOr("");
  WW_RETURN_IF_ERROR(CheckMay(m.call, id, provider::kOpModify));
  WW_TRY(const auto image, provider::ImageOf(m.call, id), "RollBack");
  WW_RETURN_IF_ERROR(provider::CheckNotServiced(m.call, id));
  const auto number = VersionArgument(m);
  WW_TRY(auto version, FindVersion(m.call, id, number), "RollBack");
  if (!version) return provider::Missing(fmt::format("{} has no version {}", id, number));
  if (image["StoredPkgVersion"].UintOr(0) == number) {
    return provider::BadValue(fmt::format("version {} is the current one of {}", number, id));
  }
  NewVersion made;
  made.package_id = version->package_id;
  made.origin = VersionOrigin::kRollback;
  made.based_on = number;
  made.files = std::move(version->files);
  made.update_points = m.Argument("UpdateDP").BoolOr(true);
  WW_TRY(const auto new_number, manager.PublishVersion(m.call, made), "RollBack");
  m.Result("NewVersion", Number(new_number));
  return provider::Audit(m.call, 30068, {id, fmt::format("{}", number)}, id);
}

Status SetPinned(MethodCall& m, bool pinned) {
  const auto id = m.Argument("PackageID").TextOr("");
  WW_RETURN_IF_ERROR(CheckMay(m.call, id, provider::kOpModify));
  WW_TRY(auto row,
         m.call.store.FindOne("WW_ImageVersion", {{"PackageID", Text(id)},
                                                  {"SourceVersion", Number(VersionArgument(m))}}),
         "version");
  if (!row) return provider::Missing(fmt::format("{} has no version {}", id, VersionArgument(m)));
  row->SetRaw("Pinned", provider::Flag(pinned));
  return m.call.store.Save(*row);
}

cim::Value Digests(const std::vector<content::ContentId>& ids) {
  cim::Value::Array out;
  for (const auto& id : ids) out.push_back(Text(id.ToText()));
  return cim::Value::Of(std::move(out));
}

Status Verify(Core& core, LongMethodCall& m) {
  const auto id = m.Argument("PackageID").TextOr("");
  WW_RETURN_IF_ERROR(m.provider.Read(
      m.context, [&](Call& call) { return CheckMay(call, id, provider::kOpModify); }));
  WW_TRY(const auto report, VerifyContent(core, id, NeverCancelled()), "Verify");
  m.Result("FileCount", Number(report.files));
  m.Result("Size", Number(report.bytes));
  m.Result("Damaged", Digests(report.damaged));
  m.Result("Repaired", Digests(report.repaired));
  return {};
}

}  // namespace

void BindVersions(Core& core, DistributionManager& manager, provider::Bindings& bindings) {
  auto& version = bindings["WW_ImageVersion"];
  version.clients_write = false;
  version.guard = GuardOfPackage;
  bindings.SetMethod("WW_ImageVersion", "RollBack",
                     [&manager](MethodCall& m) { return RollBack(manager, m); });
  bindings.SetMethod("WW_ImageVersion", "Pin", [](MethodCall& m) { return SetPinned(m, true); });
  bindings.SetMethod("WW_ImageVersion", "Unpin", [](MethodCall& m) { return SetPinned(m, false); });
  bindings.SetLongMethod("WW_ImageVersion", "Verify",
                         [&core](LongMethodCall& m) { return Verify(core, m); });
}

}  // namespace ww::distmgr
