#include "cix_xml.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "names.h"

namespace ww::cab {
namespace {

constexpr std::string_view kNamespace = "urn:ContainerIndex";

}  // namespace

Result<pugi::xml_node> LoadCix(ByteView xml, std::string_view type, pugi::xml_document& document) {
  const auto parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed)
    return Fail(Code::kCorrupt, fmt::format("container index: {}", parsed.description()));
  const auto root = document.document_element();
  if (root.name() != std::string_view("Container") ||
      root.attribute("xmlns").value() != kNamespace) {
    return Fail(Code::kCorrupt, "not a container index");
  }
  if (root.attribute("type").value() != type) {
    return Fail(Code::kUnsupported,
                fmt::format("index of type \"{}\", not {}", root.attribute("type").value(), type));
  }
  return root;
}

Result<std::uint64_t> CixNumber(pugi::xml_node node, const char* attribute) {
  const std::string_view text = node.attribute(attribute).value();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Fail(Code::kCorrupt, fmt::format("{}@{} is no number: \"{}\"", node.name(), attribute,
                                            text.substr(0, 40)));
  }
  return value;
}

Status OnlyOnce(pugi::xml_node node, std::initializer_list<std::string_view> allowed) {
  for (const auto child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    bool known = false;
    for (const auto name : allowed) known = known || name == child.name();
    if (!known || node.child(child.name()) != child) {
      return Fail(Code::kUnsupported, fmt::format("index element {}/{} in a form that is not known",
                                                  node.name(), child.name()));
    }
  }
  return {};
}

Result<DigestValue> CixHash(pugi::xml_node parent) {
  const auto hash = parent.child("Hash");
  if (!hash)
    return Fail(Code::kCorrupt, fmt::format("index element {} without Hash", parent.name()));
  for (const auto attribute : hash.attributes()) {
    const std::string_view name = attribute.name();
    if (name == "alg" || name == "value") continue;
    return Fail(Code::kUnsupported, fmt::format("index attribute Hash@{}", name));
  }
  return ParseDigest(hash.attribute("alg").value(), hash.attribute("value").value());
}

Result<CixFile> ReadCixFile(pugi::xml_node file) {
  CixFile out;
  WW_TRY(out.name, NormaliseMemberName(file.attribute("name").value()), "index");
  WW_RETURN_IF_ERROR(OnlyOnce(file, {"Hash", "Delta"}));
  WW_TRY(out.id, CixNumber(file, "id"), out.name);
  WW_TRY(out.length, CixNumber(file, "length"), out.name);
  if (file.attribute("time")) {
    WW_TRY(out.time, CixNumber(file, "time"), out.name);
  }
  if (file.attribute("attr")) {
    WW_TRY(const auto attributes, CixNumber(file, "attr"), out.name);
    if (attributes > std::numeric_limits<std::uint32_t>::max()) {
      return Fail(Code::kCorrupt, fmt::format("{}: attributes of more than 32 bits", out.name));
    }
    out.attributes = static_cast<std::uint32_t>(attributes);
  }
  WW_TRY(out.digest, CixHash(file), out.name);
  return out;
}

Result<CixSourceKind> CixSourceType(pugi::xml_node source) {
  const std::string_view type = source.attribute("type").value();
  if (type == "RAW") return CixSourceKind::kRaw;
  if (type == "PA30" || type == "PA31" || type == "PA19") return CixSourceKind::kDelta;
  return Fail(Code::kUnsupported, fmt::format("index source of type \"{}\"", type));
}

}  // namespace ww::cab
