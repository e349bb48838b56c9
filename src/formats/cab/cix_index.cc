#include "cix_index.h"

#include <fmt/format.h>

#include <pugixml.hpp>
#include <unordered_map>

#include "names.h"

namespace ww::cab {
namespace {

Result<CixSource> ParseSource(pugi::xml_node node) {
  WW_RETURN_IF_ERROR(OnlyOnce(node, {"Hash"}));
  if (node.attribute("offset")) {
    return Fail(Code::kUnsupported, "the index points into a PSF (express package)");
  }
  CixSource source;
  WW_TRY(source.kind, CixSourceType(node), "index source");
  WW_TRY(source.member, NormaliseMemberName(node.attribute("name").value()), "index source");
  WW_TRY(source.digest, CixHash(node), "index source");
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
    WW_TRY(out.basis_id, CixNumber(basis, "file"), "Basis");
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
  WW_TRY(auto read, ReadCixFile(file), "index");
  ParsedFile out;
  out.id = read.id;
  auto& entry = out.entry;
  entry.name = std::move(read.name);
  entry.length = read.length;
  entry.time = read.time;
  entry.attributes = read.attributes;
  entry.digest = read.digest;
  WW_TRY_STATUS(ParseDelta(file, out), entry.name);
  return out;
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
  WW_TRY(const auto root, LoadCix(xml, "CAB", document), "container index");
  if (root.child("DeltaBasisSearch")) {
    return Fail(Code::kUnsupported,
                "the package takes delta bases from the running system (express package)");
  }
  WW_RETURN_IF_ERROR(OnlyOnce(root, {"Description", "Files"}));

  std::vector<CixEntry> entries;
  std::vector<std::optional<std::uint64_t>> basis_ids;
  std::unordered_map<std::uint64_t, std::size_t> by_id;
  WW_RETURN_IF_ERROR(ForEachCixFile(root, [&](pugi::xml_node node) -> Status {
    auto file = ParseFile(node);
    if (!file) return Fail(file.error());
    if (!by_id.emplace(file->id, entries.size()).second) {
      return Fail(Code::kCorrupt, fmt::format("index id {} is used twice", file->id));
    }
    basis_ids.push_back(file->basis_id);
    entries.push_back(std::move(file->entry));
    return {};
  }));
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
