#include <fmt/format.h>

#include "component_parser.h"
#include "elements.h"
#include "hresults.h"
#include "path_check.h"
#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

constexpr std::string_view kDigestNamespace = "http://www.w3.org/2000/09/xmldsig#";
constexpr std::string_view kIdentityTransform = "urn:schemas-microsoft-com:HashTransforms.Identity";

std::size_t DigestSize(DigestAlgorithm algorithm) {
  return algorithm == DigestAlgorithm::kSha256 ? 32 : 20;
}

}  // namespace

Status ComponentParser::File(pugi::xml_node node) {
  FileEntry file;
  WW_TRY(file.name, document_.Required(node, "name"), "file");
  if (const auto why = WhatIsWrongWithRelativePath(file.name); !why.empty()) {
    return Fail(document_.At(node, kCbsManifestInvalidItem, why));
  }
  WW_RETURN_IF_ERROR(
      OnlyAttributes(node,
                     {"name", "sourceName", "sourcePath", "importPath", "destinationPath",
                      "destinationName", "attributes", "writeableType", "hash", "hashalg"},
                     file.name));
  file.source_name = Text(node, "sourceName");
  file.source_path = Text(node, "sourcePath");
  file.import_path = Text(node, "importPath");
  file.destination_path = OptionalText(node, "destinationPath");
  file.destination_name = Text(node, "destinationName");
  if (!file.destination_name.empty()) {
    if (const auto why = WhatIsWrongWithPart(file.destination_name); !why.empty()) {
      return Fail(document_.At(node, kCbsManifestInvalidItem, why));
    }
  }
  file.attributes = Words(node.attribute("attributes").value());
  file.writeable_type = Text(node, "writeableType");
  bool hash_seen = false;
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    if (LocalName(child) != "hash") {
      WW_RETURN_IF_ERROR(FileChild(child, file));
      continue;
    }
    if (hash_seen) return Fail(document_.At(child, kCbsDuplicateElement, "a second hash"));
    hash_seen = true;
    WW_RETURN_IF_ERROR(FileHash(child, file));
  }
  // Side-by-side manifests of asm.v1: hash="<hex>" hashalg="SHA1".
  if (const auto hash = node.attribute("hash"); hash && !hash_seen) {
    auto digest = FromHex(hash.value());
    const std::string_view algorithm = node.attribute("hashalg").value();
    if (!digest || digest->size() != 20 ||
        !(algorithm.empty() || EqualNoCaseAscii(algorithm, "SHA1"))) {
      return Fail(document_.At(node, kCbsManifestInvalidItem, "a hash that is no SHA-1"));
    }
    file.digest_algorithm = DigestAlgorithm::kSha1;
    file.transform = HashTransform::kIdentity;
    file.digest = *std::move(digest);
  }
  out_.files.push_back(std::move(file));
  return {};
}

Status ComponentParser::FileHash(pugi::xml_node node, FileEntry& file) {
  const auto bad = [&](pugi::xml_node where, std::string_view why, Code code = Code::kCorrupt) {
    return Fail(document_.At(where, kCbsManifestInvalidItem, why, code));
  };
  WW_RETURN_IF_ERROR(OnlyAttributes(node, {}, file.name));
  pugi::xml_node value;
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    const auto name = LocalName(child);
    if (name == "Transforms") {
      for (auto transform = FirstElement(child); transform; transform = NextElement(transform)) {
        if (LocalName(transform) != "Transform" || file.transform != HashTransform::kNone) {
          return bad(transform, "more than one transform of a hash", Code::kUnsupported);
        }
        WW_TRY(const auto urn, document_.Required(transform, "Algorithm"), "hash");
        file.transform =
            urn == kIdentityTransform ? HashTransform::kIdentity : HashTransform::kOther;
      }
    } else if (name == "DigestMethod") {
      const std::string_view algorithm = child.attribute("Algorithm").value();
      const bool known_space = algorithm.starts_with(kDigestNamespace);
      const auto word =
          known_space ? algorithm.substr(kDigestNamespace.size()) : std::string_view();
      if (word != "sha256" && word != "sha1") {
        return bad(child, "a digest algorithm that is not known", Code::kUnsupported);
      }
      file.digest_algorithm = word == "sha256" ? DigestAlgorithm::kSha256 : DigestAlgorithm::kSha1;
    } else if (name == "DigestValue") {
      if (value) return bad(child, "a second digest");
      value = child;
    } else {
      WW_RETURN_IF_ERROR(Unknown(child, file.name));
    }
  }
  if (!value) return Fail(document_.At(node, kCbsMissingElements, "no element 'DigestValue'"));
  auto digest = FromBase64(value.child_value());
  if (file.digest_algorithm == DigestAlgorithm::kNone || !digest ||
      digest->size() != DigestSize(file.digest_algorithm)) {
    return bad(value, "a digest that does not fit its algorithm");
  }
  file.digest = *std::move(digest);
  return {};
}

Status ComponentParser::FileChild(pugi::xml_node node, FileEntry& file) {
  const auto name = LocalName(node);
  if (name == "securityDescriptor") {
    WW_RETURN_IF_ERROR(OnlyAttributes(node, {"name"}, file.name));
    WW_TRY(file.security_descriptor, document_.Required(node, "name"), "file");
    return NoChildren(node, file.name);
  }
  if (name == "systemProtection") {
    WW_RETURN_IF_ERROR(OnlyAttributes(node, {"behavior", "perUserVirtualization"}, file.name));
    file.system_protection = Text(node, "behavior");
    return NoChildren(node, file.name);
  }
  if (name == "link") {
    WW_RETURN_IF_ERROR(OnlyAttributes(node, {"destination"}, file.name));
    WW_TRY(auto destination, document_.Required(node, "destination"), "link");
    file.links.push_back(std::move(destination));
    return NoChildren(node, file.name);
  }
  if (!IsKnownFileEffect(name)) {
    const auto before = out_.effects.size();
    WW_RETURN_IF_ERROR(Unknown(node, file.name));
    if (out_.effects.size() > before) {
      file.effects.push_back(out_.effects.back().kind);
      pending_.push_back({before, out_.files.size()});
    }
    return {};
  }
  WW_RETURN_IF_ERROR(AddEffect(node, name, file.name));
  file.effects.emplace_back(name);
  if (DependsOnContent(name) == ContentDependence::kNamedFile) {
    pending_.push_back({out_.effects.size() - 1, out_.files.size()});
  }
  return {};
}

Status ComponentParser::Directories(pugi::xml_node node) {
  WW_RETURN_IF_ERROR(OnlyAttributes(node, {}));
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    if (LocalName(child) != "directory") {
      WW_RETURN_IF_ERROR(Unknown(child));
      continue;
    }
    DirectoryEntry directory;
    WW_TRY(directory.destination_path, document_.Required(child, "destinationPath"), "directory");
    const auto& path = directory.destination_path;
    WW_RETURN_IF_ERROR(
        OnlyAttributes(child, {"destinationPath", "owner", "attributes", "compression"}, path));
    WW_TRY(directory.owner, document_.Boolean(child, "owner", false), "directory");
    directory.attributes = Words(child.attribute("attributes").value());
    directory.compression = Text(child, "compression");
    for (auto inner = FirstElement(child); inner; inner = NextElement(inner)) {
      if (LocalName(inner) == "securityDescriptor") {
        WW_RETURN_IF_ERROR(OnlyAttributes(inner, {"name"}, path));
        WW_TRY(directory.security_descriptor, document_.Required(inner, "name"), "directory");
      } else if (LocalName(inner) == "systemProtection") {
        WW_RETURN_IF_ERROR(OnlyAttributes(inner, {"behavior", "perUserVirtualization"}, path));
        directory.system_protection = Text(inner, "behavior");
      } else {
        WW_RETURN_IF_ERROR(Unknown(inner, path));
      }
    }
    out_.directories.push_back(std::move(directory));
  }
  return {};
}

}  // namespace ww::manifest
