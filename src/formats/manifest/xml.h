// A checked XML document, and what both manifest parsers need from it. pugixml stays behind this
// header.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "wimwright/base/bytes.h"
#include "wimwright/manifest/identity.h"
#include "xml_check.h"

namespace ww::manifest {

// Elements are known by their local names: genuine manifests spell the namespaces of the same
// elements in many ways (asm.v1, asm.v2, asm.v3, with and without prefix), and no name means two
// things at one place.
class XmlDocument {
 public:
  static Result<std::unique_ptr<XmlDocument>> Load(ByteView bytes, const XmlLimits& limits = {});

  pugi::xml_node root() const { return root_; }

  // An error about `node`: message, element path, line and byte offset (in the text as UTF-8).
  Error At(pugi::xml_node node, std::uint32_t hresult, std::string_view message,
           Code code = Code::kCorrupt) const;
  std::size_t OffsetOf(pugi::xml_node node) const;

  // An attribute that has to be there and not be empty.
  Result<std::string> Required(pugi::xml_node node, const char* attribute) const;
  // The identity in the attributes of `node`; a version is optional only where `version_optional`.
  Result<AssemblyIdentity> Identity(pugi::xml_node node, bool version_optional = false) const;
  // yes/no, true/false, 1/0; absent or empty is `fallback`.
  Result<bool> Boolean(pugi::xml_node node, const char* attribute, bool fallback) const;

 private:
  XmlDocument() = default;
  Status CheckAttributes() const;

  std::string text_;
  pugi::xml_document document_;
  pugi::xml_node root_;
};

std::string_view LocalName(std::string_view qualified);
inline std::string_view LocalName(pugi::xml_node node) {
  return LocalName(std::string_view(node.name()));
}
inline std::string Text(pugi::xml_node node, const char* attribute) {
  return node.attribute(attribute).value();
}
std::optional<std::string> OptionalText(pugi::xml_node node, const char* attribute);
bool IsNamespaceDeclaration(pugi::xml_attribute attribute);

// assembly/package/parent
std::string ElementPath(pugi::xml_node node);

// Element children only: pugixml trees hold text nodes between them.
pugi::xml_node FirstElement(pugi::xml_node parent);
pugi::xml_node NextElement(pugi::xml_node node);
// The first child element with this local name, or a null node.
pugi::xml_node Child(pugi::xml_node parent, std::string_view local_name);

// Next node of a walk over all descendants of `top` in document order; null at the end. No
// recursion.
pugi::xml_node NextInTree(pugi::xml_node node, pugi::xml_node top);

// Words separated by white space.
std::vector<std::string> Words(std::string_view text);

}  // namespace ww::manifest
