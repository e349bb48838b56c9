#include "cix_index.h"

#include <fmt/format.h>

#include <charconv>
#include <pugixml.hpp>
#include <unordered_map>

#include "names.h"

namespace ww::cab {
namespace {

constexpr std::size_t kMaxEntries = 500'000;
constexpr std::string_view kNamespace = "urn:ContainerIndex";

template <typename T>
Result<T> Number(pugi::xml_node node, const char* attribute) {
  const std::string_view text = node.attribute(attribute).value();
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Fail(Code::kCorrupt, fmt::format("{}@{} is no number: \"{}\"", node.name(), attribute,
                                            text.substr(0, 40)));
  }
  return value;
}

// The element children of `node` may only be those of `allowed`, each at most once.
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

Result<DigestValue> ParseHash(pugi::xml_node parent) {
  const auto hash = parent.child("Hash");
  if (!hash)
    return Fail(Code::kCorrupt, fmt::format("index element {} without Hash", parent.name()));
  for (const auto attribute : hash.attributes()) {
    const std::string_view name = attribute.name();
    if (name == "alg" || name == "value") continue;
    // A normalisation kind or a sub-range: then the digest is not that of the bytes.
    return Fail(Code::kUnsupported, fmt::format("index attribute Hash@{}", name));
  }
  return ParseDigest(hash.attribute("alg").value(), hash.attribute("value").value());
}

Result<CixSource> ParseSource(pugi::xml_node node) {
  WW_RETURN_IF_ERROR(OnlyOnce(node, {"Hash"}));
  if (node.attribute("offset")) {
    return Fail(Code::kUnsupported, "the index points into a PSF (express package)");
  }
  CixSource source;
  const std::string_view type = node.attribute("type").value();
  if (type == "PA30" || type == "PA31" || type == "PA19") {
    source.kind = CixSourceKind::kDelta;  // the decoder goes by the stream's own magic
  } else if (type != "RAW") {
    return Fail(Code::kUnsupported, fmt::format("index source of type \"{}\"", type));
  }
  WW_TRY(source.member, NormaliseMemberName(node.attribute("name").value()), "index source");
  WW_TRY(source.digest, ParseHash(node), "index source");
  return source;
}

struct ParsedFile {
  std::uint64_t id = 0;
  std::optional<std::uint64_t> basis_id;
  CixEntry entry;
};

Status ParseDelta(pugi::xml_node file, ParsedFile& out) {
  const auto delta = file.child("Delta");
  WW_RETURN_IF_ERROR(OnlyOnce(delta, {"Source", "Basis"}));
  if (const auto source = delta.child("Source")) {
    WW_TRY(out.entry.source, ParseSource(source), "Delta");
  }
  if (const auto basis = delta.child("Basis")) {
    if (!basis.attribute("file") || basis.first_child()) {
      return Fail(Code::kUnsupported, "a delta needs a basis that is not in the package");
    }
    WW_TRY(out.basis_id, Number<std::uint64_t>(basis, "file"), "Basis");
  }
  if (!out.entry.source && !out.basis_id) {
    return Fail(Code::kCorrupt, "neither source nor basis");
  }
  if (out.entry.source && out.entry.source->kind == CixSourceKind::kRaw && out.basis_id) {
    return Fail(Code::kUnsupported, "a basis for a file that is stored whole");
  }
  return {};
}

Result<ParsedFile> ParseFile(pugi::xml_node file) {
  ParsedFile out;
  auto& entry = out.entry;
  WW_TRY(entry.name, NormaliseMemberName(file.attribute("name").value()), "index");
  WW_RETURN_IF_ERROR(OnlyOnce(file, {"Hash", "Delta"}));
  WW_TRY(out.id, Number<std::uint64_t>(file, "id"), entry.name);
  WW_TRY(entry.length, Number<std::uint64_t>(file, "length"), entry.name);
  if (file.attribute("time")) {
    WW_TRY(entry.time, Number<std::uint64_t>(file, "time"), entry.name);
  }
  if (file.attribute("attr")) {
    WW_TRY(entry.attributes, Number<std::uint32_t>(file, "attr"), entry.name);
  }
  WW_TRY(entry.digest, ParseHash(file), entry.name);
  WW_TRY_STATUS(ParseDelta(file, out), entry.name);
  return out;
}

Status CheckContainer(pugi::xml_node root) {
  if (root.name() != std::string_view("Container") ||
      root.attribute("xmlns").value() != kNamespace) {
    return Fail(Code::kCorrupt, "not a container index");
  }
  if (root.child("DeltaBasisSearch")) {
    return Fail(Code::kUnsupported,
                "the package takes delta bases from the running system (express package)");
  }
  if (root.attribute("type").value() != std::string_view("CAB")) {
    return Fail(Code::kUnsupported, fmt::format("index of type \"{}\", not CAB (express package)",
                                                root.attribute("type").value()));
  }
  return OnlyOnce(root, {"Description", "Files"});
}

// Each entry has one basis at most, so following the bases from every entry and marking what was
// seen visits each once: a chain that meets its own mark is a cycle.
Status CheckCycles(const std::vector<CixEntry>& entries) {
  std::vector<std::size_t> mark(entries.size(), 0);
  for (std::size_t start = 0; start < entries.size(); ++start) {
    for (std::optional<std::size_t> at = start; at && mark[*at] != start + 1;
         at = entries[*at].basis) {
      if (mark[*at] != 0) break;  // joins a chain that is known to end
      mark[*at] = start + 1;
      const auto next = entries[*at].basis;
      if (next && mark[*next] == start + 1) {
        return Fail(Code::kCorrupt,
                    fmt::format("{} is, in the end, its own basis", entries[start].name));
      }
    }
  }
  return {};
}

}  // namespace

Result<std::vector<CixEntry>> ParseCix(ByteView xml) {
  if (xml.size() > kMaxCixSize) return Fail(Code::kLimit, "the container index exceeds 64 MB");
  pugi::xml_document document;
  const auto parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed)
    return Fail(Code::kCorrupt, fmt::format("container index: {}", parsed.description()));
  const auto root = document.document_element();
  WW_RETURN_IF_ERROR(CheckContainer(root));

  std::vector<CixEntry> entries;
  std::vector<std::optional<std::uint64_t>> basis_ids;
  std::unordered_map<std::uint64_t, std::size_t> by_id;
  for (const auto node : root.child("Files").children()) {
    if (node.type() != pugi::node_element) continue;
    if (node.name() != std::string_view("File")) {
      return Fail(Code::kUnsupported, fmt::format("index element Files/{}", node.name()));
    }
    if (entries.size() == kMaxEntries) return Fail(Code::kLimit, "the index lists too many files");
    auto file = ParseFile(node);
    if (!file) return Fail(file.error());
    if (!by_id.emplace(file->id, entries.size()).second) {
      return Fail(Code::kCorrupt, fmt::format("index id {} is used twice", file->id));
    }
    basis_ids.push_back(file->basis_id);
    entries.push_back(std::move(file->entry));
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!basis_ids[i]) continue;
    const auto found = by_id.find(*basis_ids[i]);
    if (found == by_id.end()) {
      return Fail(Code::kCorrupt, fmt::format("{} has basis {}, which the index does not list",
                                              entries[i].name, *basis_ids[i]));
    }
    entries[i].basis = found->second;
  }
  WW_RETURN_IF_ERROR(CheckCycles(entries));
  return entries;
}

}  // namespace ww::cab
