#include "xml.h"

#include <fmt/format.h>
#include <algorithm>
#include <vector>

#include "hresults.h"
#include "identity_check.h"
#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

constexpr unsigned kParseFlags =
    pugi::parse_cdata | pugi::parse_escapes | pugi::parse_wconv_attribute | pugi::parse_eol;

}  // namespace

std::string_view LocalName(std::string_view qualified) {
  const auto colon = qualified.find(':');
  return colon == std::string_view::npos ? qualified : qualified.substr(colon + 1);
}

std::optional<std::string> OptionalText(pugi::xml_node node, const char* attribute) {
  const auto found = node.attribute(attribute);
  if (!found) return std::nullopt;
  return found.value();
}

bool IsNamespaceDeclaration(pugi::xml_attribute attribute) {
  const std::string_view name = attribute.name();
  return name == "xmlns" || name.starts_with("xmlns:");
}

std::string ElementPath(pugi::xml_node node) {
  std::vector<std::string_view> names;
  for (; node && node.type() == pugi::node_element; node = node.parent()) {
    names.push_back(LocalName(node));
  }
  std::string path;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    if (!path.empty()) path += '/';
    path += name->substr(0, 100);
  }
  return path;
}

pugi::xml_node FirstElement(pugi::xml_node parent) {
  auto node = parent.first_child();
  while (node && node.type() != pugi::node_element) node = node.next_sibling();
  return node;
}

pugi::xml_node NextElement(pugi::xml_node node) {
  do {
    node = node.next_sibling();
  } while (node && node.type() != pugi::node_element);
  return node;
}

pugi::xml_node Child(pugi::xml_node parent, std::string_view local_name) {
  auto node = FirstElement(parent);
  while (node && LocalName(node) != local_name) node = NextElement(node);
  return node;
}

pugi::xml_node NextInTree(pugi::xml_node node, pugi::xml_node top) {
  if (const auto child = node.first_child()) return child;
  while (node != top) {
    if (const auto next = node.next_sibling()) return next;
    node = node.parent();
  }
  return {};
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    text = Trim(text);
    if (text.empty()) return words;
    const auto end = text.find_first_of(" \t\r\n");
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  }
}

Result<std::unique_ptr<XmlDocument>> XmlDocument::Load(ByteView bytes, const XmlLimits& limits) {
  WW_TRY(auto text, DecodeXml(bytes, limits), "XML");
  WW_TRY_STATUS(CheckXml(text, limits), "XML");
  std::unique_ptr<XmlDocument> document(new XmlDocument);
  document->text_ = std::move(text);
  const auto parsed = document->document_.load_buffer(
      document->text_.data(), document->text_.size(), kParseFlags, pugi::encoding_utf8);
  if (!parsed) {
    return Fail(
        Error{Code::kCorrupt,
              fmt::format("XML: {}{}", parsed.description(),
                          TextPosition(document->text_, static_cast<std::size_t>(parsed.offset))),
              {},
              kCbsXmlParserFailure});
  }
  document->root_ = FirstElement(document->document_);
  if (!document->root_ || NextElement(document->root_)) {
    return Fail(
        Error{Code::kCorrupt, "XML: not exactly one root element", {}, kCbsXmlParserFailure});
  }
  WW_RETURN_IF_ERROR(document->CheckAttributes());
  return document;
}

Status XmlDocument::CheckAttributes() const {
  std::vector<std::string_view> names;
  for (auto node = root_; node; node = NextInTree(node, root_)) {
    names.clear();
    for (const auto attribute : node.attributes()) names.emplace_back(attribute.name());
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) {
      return Fail(At(node, kCbsDuplicateAttributes,
                     fmt::format("the attribute '{}' stands twice", twice->substr(0, 100))));
    }
  }
  return {};
}

std::size_t XmlDocument::OffsetOf(pugi::xml_node node) const {
  const auto offset = node.offset_debug();
  return offset < 0 ? 0 : static_cast<std::size_t>(offset);
}

Error XmlDocument::At(pugi::xml_node node, std::uint32_t hresult, std::string_view message,
                      Code code) const {
  return Error{
      code,
      fmt::format("{}: {}{}", ElementPath(node), message, TextPosition(text_, OffsetOf(node))),
      {},
      hresult};
}

Result<std::string> XmlDocument::Required(pugi::xml_node node, const char* attribute) const {
  const std::string_view value = node.attribute(attribute).value();
  if (value.empty()) {
    return Fail(At(node, kCbsMissingAttributes, fmt::format("no attribute '{}'", attribute)));
  }
  return std::string(value);
}

Result<AssemblyIdentity> XmlDocument::Identity(pugi::xml_node node, bool version_optional) const {
  AssemblyIdentity id;
  WW_TRY(id.name, Required(node, "name"), "identity");
  const std::string_view version = node.attribute("version").value();
  if (!version.empty()) {
    const auto parsed = Version::Parse(version);
    if (!parsed) {
      return Fail(At(node, kCbsManifestInvalidItem,
                     fmt::format("'{}' is not a version of four numbers", version.substr(0, 60))));
    }
    id.version = *parsed;
    id.has_version = true;
  } else if (!version_optional) {
    return Fail(At(node, kCbsMissingAttributes, "no attribute 'version'"));
  }
  id.architecture = Text(node, "processorArchitecture");
  const std::string language = Text(node, "language");
  if (!EqualNoCaseAscii(language, "neutral") && !EqualNoCaseAscii(language, "none")) {
    id.language = language;
  }
  id.public_key_token = Text(node, "publicKeyToken");
  id.type = Text(node, "type");
  id.type_name = Text(node, "typeName");
  id.version_scope = Text(node, "versionScope");
  id.build_type = Text(node, "buildType");
  if (const auto why = WhatIsWrong(id); !why.empty()) {
    return Fail(At(node, kCbsManifestInvalidItem, why));
  }
  return id;
}

Result<bool> XmlDocument::Boolean(pugi::xml_node node, const char* attribute, bool fallback) const {
  const std::string_view value = node.attribute(attribute).value();
  if (value.empty()) return fallback;
  if (EqualNoCaseAscii(value, "yes") || EqualNoCaseAscii(value, "true") || value == "1")
    return true;
  if (EqualNoCaseAscii(value, "no") || EqualNoCaseAscii(value, "false") || value == "0")
    return false;
  return Fail(At(
      node, kCbsManifestInvalidItem,
      fmt::format("'{}' of attribute '{}' is neither yes nor no", value.substr(0, 60), attribute)));
}

}  // namespace ww::manifest
