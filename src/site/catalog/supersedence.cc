#include "supersedence.h"

#include "methods.h"
#include "products.h"
#include "wimwright/provider/software_updates.h"

namespace ww::catalog {

using cim::Instance;
using provider::Call;
using provider::Flag;
using provider::Number;
using provider::Text;

namespace {

std::uint32_t IdOf(const Instance& row) {
  return static_cast<std::uint32_t>(row["CI_ID"].UintOr(0));
}

}  // namespace

Status Relate(Call& call, std::uint32_t newer, std::uint32_t older) {
  if (newer == older) return {};
  WW_TRY(auto old, call.store.FindOne("SMS_SoftwareUpdate", {{"CI_ID", Number(older)}}), "update");
  if (!old) return {};
  if (!(*old)["IsSuperseded"].BoolOr(false)) {
    old->SetRaw("IsSuperseded", Flag(true));
    WW_RETURN_IF_ERROR(call.store.Save(*old));
  }
  WW_TRY(const auto relation,
         provider::MakeRelation(call, newer, older, provider::kRelationSuperseded), "relation");
  return call.store.Save(relation);
}

Status Unrelate(Call& call, std::uint32_t ci_id) {
  WW_TRY(const auto relations,
         call.store.FindAll("SMS_CIRelation",
                            {{"FromCIID", Number(ci_id)},
                             {"RelationType", Number(provider::kRelationSuperseded)}}),
         "relations");
  WW_RETURN_IF_ERROR(
      call.store.DeleteAll("SMS_CIRelation", {{"FromCIID", Number(ci_id)}}).map([](std::uint64_t) {
      }));
  for (const auto& relation : relations) {
    WW_TRY(const auto others,
           call.store.Count("SMS_CIRelation",
                            {{"ToCIID", relation["ToCIID"]},
                             {"RelationType", Number(provider::kRelationSuperseded)}}),
           "relations");
    if (others != 0) continue;
    WW_TRY(auto old, call.store.FindOne("SMS_SoftwareUpdate", {{"CI_ID", relation["ToCIID"]}}),
           "older");
    if (!old) continue;
    old->SetRaw("IsSuperseded", Flag(false));
    WW_RETURN_IF_ERROR(call.store.Save(*old));
  }
  return {};
}

Result<std::optional<std::uint32_t>> FindByName(Call& call, std::string_view name) {
  if (name.empty()) return std::optional<std::uint32_t>();
  WW_TRY(const auto alias, call.store.FindOne("WW_UpdateAlias", {{"Alias", Text(name)}}), "name");
  if (alias) return std::optional(IdOf(*alias));
  WW_TRY(const auto update, call.store.FindOne("SMS_SoftwareUpdate", {{"CI_UniqueID", Text(name)}}),
         "name");
  if (update) return std::optional(IdOf(*update));
  return std::optional<std::uint32_t>();
}

Status AddNames(Call& call, std::uint32_t ci_id, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    WW_TRY(const auto taken, FindByName(call, name), "name");
    if (name.empty() || (taken && *taken != ci_id)) continue;
    WW_TRY(auto alias, call.store.Make("WW_UpdateAlias"), "name");
    alias.SetRaw("Alias", Text(name));
    alias.SetRaw("CI_ID", Number(ci_id));
    WW_RETURN_IF_ERROR(call.store.Save(alias));
    WW_TRY(const auto newer,
           call.store.FindAll("WW_Supersedence", {{"SupersededUniqueID", Text(name)}}), "newer");
    for (const auto& one : newer) WW_RETURN_IF_ERROR(Relate(call, IdOf(one), ci_id));
  }
  return {};
}

Status AddSuperseded(Call& call, std::uint32_t ci_id, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    WW_TRY(auto row, call.store.Make("WW_Supersedence"), "older");
    row.SetRaw("CI_ID", Number(ci_id));
    row.SetRaw("SupersededUniqueID", Text(name));
    WW_RETURN_IF_ERROR(call.store.Save(row));
    WW_TRY(const auto older, FindByName(call, name), "older");
    if (older) WW_RETURN_IF_ERROR(Relate(call, ci_id, *older));
  }
  return {};
}

Status RelateByPackage(Call& call, std::uint32_t ci_id, const PackageDescription& package) {
  WW_TRY(const auto rows,
         call.store.FindAll("WW_UpdatePackage", {{"Family", Text(package.family)}}), "packages");
  for (const auto& row : rows) {
    if (!row["IsMain"].BoolOr(false) || IdOf(row) == ci_id) continue;
    PackageDescription other;
    other.family = package.family;
    other.version = row["PackageVersion"].TextOr("");
    for (const auto& target : provider::List(row["Targets"])) {
      other.targets.push_back(target.TextOr(""));
    }
    if (Replaces(package, other.family, other.version, other.targets)) {
      WW_RETURN_IF_ERROR(Relate(call, ci_id, IdOf(row)));
    } else if (Replaces(other, package.family, package.version, package.targets)) {
      WW_RETURN_IF_ERROR(Relate(call, IdOf(row), ci_id));
    }
  }
  return {};
}

}  // namespace ww::catalog
