#include "describe_package.h"

#include <fmt/format.h>

#include <algorithm>

#include "wimwright/base/text.h"
#include "wimwright/cbs/hresult.h"

namespace ww::catalog {
namespace {

constexpr std::uint64_t kMaxMum = 64 << 20;

bool Contains(std::string_view text, std::string_view word) {
  return FoldCase(text).find(FoldCase(word)) != std::string::npos;
}

void AddParents(const std::vector<manifest::Parent>& parents, PackageDescription& out) {
  // Nested parents are capped by the parser's depth; one level is what genuine updates have.
  std::vector<const manifest::Parent*> todo;
  for (const auto& parent : parents) todo.push_back(&parent);
  while (!todo.empty()) {
    const auto& parent = *todo.back();
    todo.pop_back();
    for (const auto& nested : parent.nested) todo.push_back(&nested);
    for (const auto& identity : parent.any_of) {
      if (!identity.has_version) continue;
      auto build = fmt::format("{}.{}.{}", identity.version.parts[0], identity.version.parts[1],
                               identity.version.parts[2]);
      if (std::find(out.targets.begin(), out.targets.end(), build) == out.targets.end()) {
        out.targets.push_back(std::move(build));
      }
      if (Contains(identity.name, "Server")) out.for_server = true;
      if (Contains(identity.name, "Client")) out.for_client = true;
    }
  }
  std::sort(out.targets.begin(), out.targets.end());
}

PackageDescription From(const manifest::PackageManifest& mum) {
  PackageDescription out;
  out.identity = manifest::PackageIdentityString(mum.identity);
  out.family = ToLowerAscii(manifest::PackageFamilyString(mum.identity));
  out.version = mum.identity.version.ToString();
  out.kb = mum.kb();
  if (out.kb.starts_with("KB")) out.kb.erase(0, 2);
  out.architecture = ToLowerAscii(mum.identity.architecture);
  out.language = mum.identity.language;
  out.release_type = mum.release_type;
  out.restart = mum.restart;
  out.description = mum.description;
  if (mum.support_information.starts_with("http")) out.support_url = mum.support_information;
  out.created = mum.creation_time;
  AddParents(mum.parents, out);
  return out;
}

// By name alone: what UpdateContent says when it cannot look at components.
cbs::UpdateKind KindByName(std::string_view identity) {
  const auto starts = [&](std::string_view prefix) {
    return EqualNoCaseAscii(identity.substr(0, prefix.size()), prefix);
  };
  if (starts("Package_for_SafeOSDU")) return cbs::UpdateKind::kSafeOs;
  if (starts("Package_for_RollupFix")) return cbs::UpdateKind::kCumulative;
  if (starts("Package_for_ServicingStack")) return cbs::UpdateKind::kServicingStack;
  if (starts("Package_for_DotNetRollup")) return cbs::UpdateKind::kDotNet;
  return cbs::UpdateKind::kOther;
}

}  // namespace

Result<PackageDescription> DescribePackage(cab::UpdatePackage& package,
                                           std::optional<Error>& refusal) {
  auto content = cbs::UpdateContent::Load(package, package.name);
  if (!content && content.error().hresult == cbs::kNoSignature) {
    // It can be described; a run of servicing will refuse it by name.
    content = cbs::UpdateContent::LoadUnsigned(package, package.name);
  }
  if (content) {
    auto out = From(content->outer().manifest);
    out.kind = content->kind();
    out.member = package.name;
    return out;
  }
  // Damage is damage; what the engine does not know yet is still an update of the site.
  const auto code = content.error().code;
  if (code != Code::kUnsupported && code != Code::kLimit) return Fail(content.error());
  const auto index = package.members().Find("update.mum");
  if (!index) return Fail(content.error());
  WW_TRY(const auto bytes, package.members().Read(*index, kMaxMum), "update.mum");
  auto mum = manifest::ParsePackage(bytes);
  if (!mum) return Fail(content.error());
  refusal = content.error();
  auto out = From(*mum);
  out.kind = KindByName(out.identity);
  out.member = package.name;
  return out;
}

}  // namespace ww::catalog
