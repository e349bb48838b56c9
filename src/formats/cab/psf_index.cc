#include "psf_index.h"

#include <fmt/format.h>

#include <unordered_set>

#include "names.h"

namespace ww::cab {
namespace {

constexpr std::string_view kPsfxVersion = "2";

tl::unexpected<Error> SeveralBaselines(std::string_view name) {
  return Fail(Code::kUnsupported,
              fmt::format("{}: an express package with deltas against several baselines", name));
}

// The only Delta of `file`, and its only Source.
Result<pugi::xml_node> OnlySource(pugi::xml_node file, std::string_view name) {
  const auto delta = file.child("Delta");
  if (!delta) return Fail(Code::kCorrupt, fmt::format("{}: no source in the index", name));
  WW_TRY_STATUS(OnlyOnce(delta, {"Source", "Basis"}), name);
  const auto source = delta.child("Source");
  if (!source) return Fail(Code::kCorrupt, fmt::format("{}: no source in the index", name));
  WW_TRY_STATUS(OnlyOnce(source, {"Hash"}), name);
  return source;
}

bool HasSeveralDeltas(pugi::xml_node file) {
  return static_cast<bool>(file.child("Delta").next_sibling("Delta"));
}

Result<PsfRecord> ReadRecord(pugi::xml_node file) {
  const std::string_view raw_name = file.attribute("name").value();
  if (HasSeveralDeltas(file)) return SeveralBaselines(raw_name);
  PsfRecord record;
  WW_TRY(record.file, ReadCixFile(file), "index");
  const auto& name = record.file.name;
  WW_TRY(const auto source, OnlySource(file, name), "index");
  if (file.child("Delta").child("Basis")) return SeveralBaselines(name);
  if (source.attribute("name")) {
    return Fail(Code::kUnsupported, fmt::format("{}: a PSF record without place", name));
  }
  WW_TRY(record.kind, CixSourceType(source), name);
  WW_TRY(record.offset, CixNumber(source, "offset"), name);
  WW_TRY(record.stored, CixNumber(source, "length"), name);
  WW_TRY(record.stored_digest, CixHash(source), name);
  if (record.kind == CixSourceKind::kRaw && record.stored != record.file.length) {
    return Fail(Code::kCorrupt, fmt::format("{} is stored with another length than listed", name));
  }
  return record;
}

Result<Sha256Digest> OnlySha256(const DigestValue& digest, std::string_view name) {
  if (const auto* sha256 = std::get_if<Sha256Digest>(&digest)) return *sha256;
  return Fail(Code::kUnsupported, fmt::format("{}: a digest that is not SHA-256", name));
}

Result<PsfxEntry> ReadEntry(pugi::xml_node file) {
  if (HasSeveralDeltas(file)) return SeveralBaselines(file.attribute("name").value());
  WW_TRY(auto described, ReadCixFile(file), "index");
  PsfxEntry entry;
  entry.target.name = std::move(described.name);
  const auto& name = entry.target.name;
  entry.target.length = described.length;
  entry.target.time = described.time;
  entry.target.attributes = described.attributes;
  WW_TRY(entry.target.sha256, OnlySha256(described.digest, name), "index");
  WW_TRY(const auto source, OnlySource(file, name), "index");
  if (source.attribute("offset") || source.attribute("length")) {
    return Fail(Code::kUnsupported, fmt::format("{}: a source with a place", name));
  }
  WW_TRY(entry.source, NormaliseMemberName(source.attribute("name").value()), name);
  WW_TRY(const auto kind, CixSourceType(source), name);
  entry.is_delta = kind == CixSourceKind::kDelta;
  WW_TRY(const auto source_digest, CixHash(source), name);
  WW_TRY(entry.source_digest, OnlySha256(source_digest, name), "index");
  const auto basis = file.child("Delta").child("Basis");
  if (!basis) {
    if (!entry.is_delta && entry.source_digest != entry.target.sha256) {
      return Fail(Code::kCorrupt, fmt::format("{} is carried over but differs", name));
    }
    return entry;
  }
  if (!entry.is_delta) {
    return Fail(Code::kUnsupported,
                fmt::format("{}: a basis for a file that is stored whole", name));
  }
  if (basis.attribute("file")) {
    return Fail(Code::kUnsupported, fmt::format("{}: a basis inside the package", name));
  }
  WW_TRY_STATUS(OnlyOnce(basis, {"Hash"}), name);
  WW_TRY(entry.target.basis.length, CixNumber(basis, "length"), name);
  WW_TRY(const auto basis_digest, CixHash(basis), name);
  WW_TRY(entry.target.basis.sha256, OnlySha256(basis_digest, name), "index");
  entry.has_basis = true;
  return entry;
}

}  // namespace

Result<PsfIndex> ParsePsfIndex(ByteView xml) {
  if (xml.size() > kMaxPsfIndexSize) return Fail(Code::kLimit, "the PSF index exceeds 256 MB");
  pugi::xml_document document;
  WW_TRY(const auto root, LoadCix(xml, "PSF", document), "PSF index");
  WW_TRY_STATUS(OnlyOnce(root, {"Description", "DeltaBasisSearch", "Files"}), "PSF index");
  PsfIndex index;
  index.container = root.attribute("name").value();
  if (root.attribute("length")) {
    WW_TRY(index.length, CixNumber(root, "length"), "PSF index");
  }
  std::unordered_set<std::uint64_t> ids;
  WW_RETURN_IF_ERROR(ForEachCixFile(root, [&](pugi::xml_node node) -> Status {
    auto record = ReadRecord(node);
    if (!record) return Fail(record.error().Within("PSF index"));
    if (!ids.insert(record->file.id).second) {
      return Fail(Code::kCorrupt, fmt::format("PSF index: id {} is used twice", record->file.id));
    }
    index.records.push_back(*std::move(record));
    return {};
  }));
  return index;
}

Result<std::vector<PsfxEntry>> ParsePsfxIndex(ByteView xml) {
  if (xml.size() > kMaxPsfIndexSize) return Fail(Code::kLimit, "PSFX.CIX exceeds 256 MB");
  pugi::xml_document document;
  WW_TRY(const auto root, LoadCix(xml, "PSFX", document), "PSFX.CIX");
  if (root.attribute("version").value() != kPsfxVersion) {
    return Fail(Code::kUnsupported,
                fmt::format("PSFX.CIX of version \"{}\"", root.attribute("version").value()));
  }
  WW_TRY_STATUS(OnlyOnce(root, {"Description", "DeltaBasisSearch", "Files"}), "PSFX.CIX");
  std::vector<PsfxEntry> entries;
  std::unordered_set<std::uint64_t> ids;
  WW_RETURN_IF_ERROR(ForEachCixFile(root, [&](pugi::xml_node node) -> Status {
    auto entry = ReadEntry(node);
    if (!entry) return Fail(entry.error().Within("PSFX.CIX"));
    const auto id = CixNumber(node, "id");
    if (!id || !ids.insert(*id).second) {
      return Fail(Code::kCorrupt,
                  fmt::format("PSFX.CIX: {} has no id of its own", entry->target.name));
    }
    entries.push_back(*std::move(entry));
    return {};
  }));
  return entries;
}

}  // namespace ww::cab
