#include "wimwright/manifest/package.h"

#include <fmt/format.h>

#include "component_parser.h"
#include "elements.h"
#include "hresults.h"
#include "identity_check.h"
#include "package_parser.h"
#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view LeadingDigits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && IsDigit(text[count])) ++count;
  return text.substr(0, count);
}

// Article numbers have had six or seven digits since before component based servicing.
bool IsArticleNumber(std::string_view digits) { return digits.size() >= 6 && digits.size() <= 8; }

// The digits behind the first "KB" that has some.
std::string_view ArticleAfterKb(std::string_view text) {
  for (std::size_t at = 0; at + 2 < text.size(); ++at) {
    if (!EqualNoCaseAscii(text.substr(at, 2), "kb")) continue;
    const auto digits = LeadingDigits(text.substr(at + 2));
    if (IsArticleNumber(digits)) return digits;
  }
  return {};
}

// The digits at the end: http://support.microsoft.com/?kbid=2780124
std::string_view ArticleAtEnd(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && IsDigit(text[begin - 1])) --begin;
  const auto digits = text.substr(begin);
  return IsArticleNumber(digits) ? digits : std::string_view();
}

}  // namespace

std::string PackageManifest::custom(std::string_view attribute) const {
  for (const auto& [name, value] : custom_information) {
    if (EqualNoCaseAscii(name, attribute)) return value;
  }
  return {};
}

std::string PackageManifest::kb() const {
  std::string_view digits = ArticleAfterKb(identifier);
  if (digits.empty()) digits = ArticleAtEnd(support_information);
  if (digits.empty()) digits = ArticleAfterKb(description);
  if (digits.empty()) digits = ArticleAfterKb(identity.name);
  return digits.empty() ? std::string() : "KB" + std::string(digits);
}

Result<PackageManifest> ParsePackage(ByteView xml) {
  WW_TRY(const auto document, XmlDocument::Load(xml), "package manifest");
  WW_TRY(auto manifest, PackageParser(*document).Run(), "package manifest");
  return manifest;
}

Result<PackageManifest> PackageParser::Run() {
  WW_RETURN_IF_ERROR(Root(document_.root()));
  return std::move(out_);
}

Status PackageParser::Unknown(pugi::xml_node node) const {
  if (IsIgnorableInPackage(PathBelowRoot(node))) return {};
  return Fail(document_.At(node, kCbsManifestInvalidItem, "an element that is not known here"));
}

Result<AssemblyIdentity> PackageParser::PackageIdentity(pugi::xml_node node) {
  WW_TRY(auto identity, document_.Identity(node), "identity");
  if (const auto why = WhatIsWrongWithPackage(identity); !why.empty()) {
    return Fail(document_.At(node, kCbsManifestInvalidItem, why));
  }
  return identity;
}

Result<AssemblyIdentity> PackageParser::OnlyIdentity(pugi::xml_node node) {
  const auto identity = Child(node, "assemblyIdentity");
  if (!identity) {
    return Fail(document_.At(node, kCbsMissingElements, "no element 'assemblyIdentity'"));
  }
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    if (child == identity) continue;
    if (LocalName(child) == "assemblyIdentity") {
      return Fail(document_.At(child, kCbsDuplicateElement, "a second identity"));
    }
    WW_RETURN_IF_ERROR(Unknown(child));
  }
  return document_.Identity(identity);
}

Status PackageParser::Root(pugi::xml_node assembly) {
  if (LocalName(assembly) != "assembly") {
    return Fail(document_.At(assembly, kCbsManifestInvalidItem, "the root is not an assembly"));
  }
  out_.description = Text(assembly, "description");
  out_.display_name = Text(assembly, "displayName");
  out_.company = Text(assembly, "company");
  out_.copyright = Text(assembly, "copyright");
  out_.support_information = Text(assembly, "supportInformation");
  out_.creation_time = Text(assembly, "creationTimeStamp");
  out_.last_update_time = Text(assembly, "lastUpdateTimeStamp");
  bool identity_seen = false;
  for (auto node = FirstElement(assembly); node; node = NextElement(node)) {
    const auto name = LocalName(node);
    if (name == "assemblyIdentity") {
      if (identity_seen) return Fail(document_.At(node, kCbsDuplicateElement, "a second identity"));
      identity_seen = true;
      WW_TRY(out_.identity, PackageIdentity(node), "identity");
      if (HasWildcard(out_.identity)) {
        return Fail(document_.At(node, kCbsManifestInvalidItem, "an identity with '*'"));
      }
    } else if (name == "package") {
      if (package_seen_) return Fail(document_.At(node, kCbsDuplicateElement, "a second package"));
      package_seen_ = true;
      WW_RETURN_IF_ERROR(Package(node));
    } else {
      WW_RETURN_IF_ERROR(Unknown(node));
    }
  }
  if (!identity_seen || !package_seen_) {
    return Fail(document_.At(
        assembly, kCbsMissingElements,
        fmt::format("no element '{}'", identity_seen ? "package" : "assemblyIdentity")));
  }
  return {};
}

Status PackageParser::Package(pugi::xml_node node) {
  out_.identifier = Text(node, "identifier");
  out_.release_type = Text(node, "releaseType");
  out_.restart = Text(node, "restart");
  out_.applicability_evaluation = Text(node, "applicabilityEvaluation");
  out_.permanence = Text(node, "permanence");
  out_.psf_name = Text(node, "psfName");
  out_.target_partition = Text(node, "targetPartition");
  out_.binary_partition = Text(node, "binaryPartition");
  WW_TRY(out_.self_update, document_.Boolean(node, "selfUpdate", false), "package");
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    WW_RETURN_IF_ERROR(PackageChild(child));
  }
  return {};
}

Status PackageParser::PackageChild(pugi::xml_node node) {
  const auto name = LocalName(node);
  if (name == "parent") {
    WW_TRY(auto parent, ParentTree(node), "parent");
    out_.parents.push_back(std::move(parent));
    return {};
  }
  if (name == "update") return UpdateElement(node);
  if (name == "customInformation") return CustomInformation(node);
  if (name == "packageExtended") return Extended(node);
  if (name == "declareCapability") return DeclareCapability(node);
  if (name != "installerAssembly") return Unknown(node);
  if (out_.installer_assembly) {
    return Fail(document_.At(node, kCbsDuplicateElement, "a second installer assembly"));
  }
  WW_TRY(out_.installer_assembly, document_.Identity(node), "installer assembly");
  return {};
}

Status PackageParser::CustomInformation(pugi::xml_node node) {
  for (const auto attribute : node.attributes()) {
    if (!IsNamespaceDeclaration(attribute)) {
      out_.custom_information.emplace_back(LocalName(std::string_view(attribute.name())),
                                           attribute.value());
    }
  }
  return {};
}

Status PackageParser::Extended(pugi::xml_node node) {
  if (!std::string_view(node.attribute("completelyOfflineCapable").value()).empty()) {
    WW_TRY(out_.completely_offline_capable,
           document_.Boolean(node, "completelyOfflineCapable", false), "package");
  }
  if (node.attribute("packageSize")) out_.package_size = Text(node, "packageSize");
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    WW_RETURN_IF_ERROR(Unknown(child));
  }
  return {};
}

Status PackageParser::DeclareCapability(pugi::xml_node node) {
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    if (LocalName(child) == "capability") {
      WW_RETURN_IF_ERROR(CapabilityElement(child, out_.declared_capabilities));
    } else {
      WW_RETURN_IF_ERROR(Unknown(child));
    }
  }
  return {};
}

Status PackageParser::CapabilityElement(pugi::xml_node node, std::vector<Capability>& out) {
  const auto read = [&](pugi::xml_node from) -> Status {
    WW_TRY(auto name, document_.Required(from, "name"), "capability");
    out.push_back({std::move(name), Text(from, "version"), Text(from, "language")});
    return {};
  };
  if (!FirstElement(node)) return read(node);
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    if (LocalName(child) == "capabilityIdentity") {
      WW_RETURN_IF_ERROR(read(child));
    } else {
      WW_RETURN_IF_ERROR(Unknown(child));
    }
  }
  return {};
}

}  // namespace ww::manifest
