#include <fmt/format.h>
#include <utility>

#include "hresults.h"
#include "package_parser.h"
#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

struct TextAttribute {
  std::string_view name;
  std::string Parent::*member;
};
constexpr TextAttribute kAttributes[] = {
    {"integrate", &Parent::integrate},
    {"disposition", &Parent::disposition},
    {"buildCompare", &Parent::build_compare},
    {"serviceCompare", &Parent::service_compare},
    {"revisionCompare", &Parent::revision_compare},
    {"distributionCompare", &Parent::distribution_compare},
    {"set", &Parent::set},
    {"name", &Parent::name},
};

}  // namespace

Result<Parent> PackageParser::ParentTree(pugi::xml_node top) {
  Parent root;
  std::vector<std::pair<pugi::xml_node, Parent*>> work = {{top, &root}};
  while (!work.empty()) {
    const auto [node, parent] = work.back();
    work.pop_back();
    std::vector<pugi::xml_node> nested;
    WW_RETURN_IF_ERROR(ParentLevel(node, *parent, nested));
    // Sized once, so that the pointers stay good.
    parent->nested.resize(nested.size());
    for (std::size_t i = 0; i < nested.size(); ++i)
      work.emplace_back(nested[i], &parent->nested[i]);
  }
  return root;
}

Status PackageParser::ParentLevel(pugi::xml_node node, Parent& parent,
                                  std::vector<pugi::xml_node>& nested) {
  // Every attribute here changes which images the package applies to: none may be overlooked.
  for (const auto attribute : node.attributes()) {
    if (IsNamespaceDeclaration(attribute)) continue;
    bool known = false;
    for (const auto& [name, member] : kAttributes) {
      if (name != attribute.name()) continue;
      parent.*member = attribute.value();
      known = true;
    }
    if (!known) {
      return Fail(document_.At(node, kCbsManifestInvalidItem,
                               fmt::format("the attribute '{}' is not known here",
                                           std::string_view(attribute.name()).substr(0, 100))));
    }
  }
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    if (LocalName(child) == "assemblyIdentity") {
      WW_TRY(auto identity, PackageIdentity(child), "parent");
      parent.any_of.push_back(std::move(identity));
    } else if (LocalName(child) == "parent") {
      nested.push_back(child);
    } else {
      WW_RETURN_IF_ERROR(Unknown(child));
    }
  }
  if (parent.any_of.empty() && nested.empty()) {
    return Fail(document_.At(node, kCbsMissingElements, "no element 'assemblyIdentity'"));
  }
  return {};
}

}  // namespace ww::manifest
