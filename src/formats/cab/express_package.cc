#include "express_package.h"

#include <fmt/format.h>

#include <algorithm>

#include "cabinet_set.h"
#include "names.h"
#include "wimwright/base/text.h"
#include "wimwright/delta/apply.h"

namespace ww::cab {
namespace {

constexpr std::uint64_t kMaxRecord = 256ULL << 20;
constexpr std::uint64_t kMaxTarget = 1ULL << 30;

// Files that are made from one record and nothing else.
class MadeMembers final : public Members {
 public:
  struct Entry {
    PsfxEntry psfx;
    std::size_t record = 0;  // among the PSF's members
  };
  MadeMembers(std::shared_ptr<Members> psf, std::vector<Entry> entries)
      : psf_(std::move(psf)), entries_(std::move(entries)) {}

  Status Prepare() {
    std::vector<Member> list;
    list.reserve(entries_.size());
    for (const auto& e : entries_) {
      const auto& t = e.psfx.target;
      list.push_back({t.name, t.length, t.time, t.attributes, t.sha256});
    }
    return SetList(std::move(list));
  }

  Status Stream(std::span<const std::size_t> wanted, MemberSink& sink) override {
    auto order = CheckWanted(wanted);
    if (!order) return Fail(order.error());
    for (const auto i : *order) {
      WW_TRY(const Bytes file, Make(entries_[i]), list()[i].name);
      WW_RETURN_IF_ERROR(sink.Begin(list()[i], i));
      if (!file.empty()) WW_RETURN_IF_ERROR(sink.Write(file));
      WW_RETURN_IF_ERROR(sink.End());
    }
    return {};
  }

 private:
  Result<Bytes> Make(const Entry& entry) {
    WW_TRY(const Bytes record, psf_->Read(entry.record, kMaxRecord), "record");
    if (Sha256(record) != entry.psfx.source_digest) {
      return Fail(Code::kVerificationFailed, "its record is not the one that PSFX.CIX means");
    }
    delta::Limits limits;
    limits.max_delta = kMaxRecord;
    limits.max_target = std::min(entry.psfx.target.length, kMaxTarget);
    WW_TRY(auto file, delta::Apply({}, record, limits), "expanding");
    if (file.size() != entry.psfx.target.length || Sha256(file) != entry.psfx.target.sha256) {
      return Fail(Code::kVerificationFailed, "it was made but does not match its digest");
    }
    return file;
  }

  std::shared_ptr<Members> psf_;
  std::vector<Entry> entries_;
};

template <typename M>
Result<std::unique_ptr<Members>> Ready(std::unique_ptr<M> members) {
  WW_RETURN_IF_ERROR(members->Prepare());
  return std::unique_ptr<Members>(std::move(members));
}

bool AtRoot(std::string_view name) { return name.find('\\') == std::string_view::npos; }

Result<std::vector<PsfxEntry>> ReadPsfx(Members& metadata) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < metadata.list().size(); ++i) {
    if (!IsPsfxIndexName(metadata.list()[i].name)) continue;
    if (found) return Fail(Code::kCorrupt, "the package has several PSFX.CIX");
    found = i;
  }
  if (!found) return std::vector<PsfxEntry>();
  WW_TRY(const Bytes xml, metadata.Read(*found, kMaxPsfIndexSize), "PSFX.CIX");
  return ParsePsfxIndex(xml);
}

// Sorts the entries into what can be made here and what the image has to help with.
Status Sort(std::vector<PsfxEntry> entries, const Members& psf,
            std::vector<MadeMembers::Entry>& made, std::vector<PsfxTarget>& targets) {
  for (auto& entry : entries) {
    if (!entry.is_delta) {
      // Carried over: the very bytes of the predecessor's file.
      entry.target.basis = {entry.target.length, entry.target.sha256};
      entry.target.carried_from = std::move(entry.source);
      targets.push_back(std::move(entry.target));
      continue;
    }
    const auto record = psf.Find(entry.source);
    if (!record) {
      return Fail(Code::kCorrupt, fmt::format("{} comes from record \"{}\", which the PSF lacks",
                                              entry.target.name, entry.source));
    }
    if (entry.has_basis) {
      entry.target.delta = *record;
      targets.push_back(std::move(entry.target));
    } else {
      made.push_back({std::move(entry), *record});
    }
  }
  return {};
}

}  // namespace

bool IsPsfIndexName(std::string_view name) {
  return AtRoot(name) && EndsWithNoCase(name, ".psf.cix.xml");
}
bool IsPsfxIndexName(std::string_view name) { return EqualNoCaseAscii(name, "PSFX.CIX"); }

Result<PsfIndex> ReadPsfIndexOf(Members& metadata) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < metadata.list().size(); ++i) {
    if (!IsPsfIndexName(metadata.list()[i].name)) continue;
    if (found) return Fail(Code::kCorrupt, "the package has several PSF indexes");
    found = i;
  }
  if (!found) return Fail(Code::kNotFound, "the package has no PSF index");
  WW_TRY(const Bytes xml, metadata.Read(*found, kMaxPsfIndexSize), "PSF index");
  return ParsePsfIndex(xml);
}

Result<ExpressPackage> JoinExpress(std::unique_ptr<Members> metadata, PsfIndex index,
                                   std::shared_ptr<const File> psf) {
  ExpressPackage out;
  WW_TRY(auto psfx, ReadPsfx(*metadata), "express package");
  WW_TRY(auto opened, OpenPsf(std::move(psf), std::move(index)), "express package");
  const std::shared_ptr<Members> records(std::move(opened));
  std::vector<MadeMembers::Entry> made;
  WW_TRY_STATUS(Sort(std::move(psfx), *records, made, out.targets), "PSFX.CIX");

  std::vector<SetPart> parts(3);
  parts[0].members = records;
  WW_TRY(parts[1].members, Ready(std::make_unique<MadeMembers>(records, std::move(made))),
         "PSFX.CIX");
  const auto& list = metadata->list();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& name = list[i].name;
    const bool payload = AtRoot(name) && EndsWithNoCase(name, ".psf");
    if (payload || IsPsfIndexName(name) || IsPsfxIndexName(name) || parts[0].members->Find(name) ||
        parts[1].members->Find(name)) {
      parts[2].hidden.push_back(i);
    }
  }
  parts[2].members = std::move(metadata);
  WW_TRY(out.members, JoinParts(std::move(parts)), "express package");
  return out;
}

}  // namespace ww::cab
