#include "import_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "supersedence.h"
#include "wimwright/base/text.h"
#include "wimwright/content/content_id.h"
#include "wimwright/provider/identifiers.h"
#include "wimwright/provider/software_updates.h"

namespace ww::catalog {

using cim::Instance;
using cim::Value;
using provider::Call;
using provider::Flag;
using provider::Number;
using provider::Text;

namespace {

std::uint32_t IdOf(const Value& value) { return static_cast<std::uint32_t>(value.UintOr(0)); }

FileRecord RecordOf(const UpdateDescription& update) {
  FileRecord file;
  file.name = update.file_name;
  file.bytes = update.bytes;
  file.sha1 = update.sha1;
  file.sha256 = update.sha256;
  file.stored = true;
  return file;
}

// Rows of files with one of these digests.
Result<std::vector<Instance>> FilesWith(Call& call, const Sha1Digest& sha1,
                                        const Sha256Digest* sha256) {
  WW_TRY(auto rows, call.store.FindAll("WW_ContentFile", {{"SHA1", Text(ToHex(sha1))}}), "files");
  if (sha256 != nullptr) {
    WW_TRY(auto more, call.store.FindAll("WW_ContentFile", {{"SHA256", Text(ToHex(*sha256))}}),
           "files");
    for (auto& row : more) rows.push_back(std::move(row));
  }
  return rows;
}

class Recorder {
 public:
  Recorder(Call& call, const UpdateDescription& update) : call_(call), update_(update) {}

  Result<ImportOutcome> Run(const std::vector<WantedFile>& extracted, std::uint32_t into) {
    WW_TRY_STATUS(FindUpdate(extracted, into), "update");
    bool created = false;
    if (!row_) {
      WW_RETURN_IF_ERROR(CreateUpdate());
      created = true;
    } else if (into == 0 && update_.has_scan_metadata) {
      // Microsoft's own words replace those that were made up.
      WW_RETURN_IF_ERROR(ApplyFacts(call_, Facts(), *row_));
      WW_RETURN_IF_ERROR(call_.store.Save(*row_));
    }
    const auto ci_id = IdOf((*row_)["CI_ID"]);
    WW_TRY(const bool changed, TakeContent(extracted), "content");
    WW_RETURN_IF_ERROR(Packages(ci_id));
    if (into == 0) {
      WW_RETURN_IF_ERROR(Categories());
      WW_RETURN_IF_ERROR(Names(ci_id));
      WW_RETURN_IF_ERROR(AddSuperseded(call_, ci_id, update_.supersedes));
      WW_RETURN_IF_ERROR(RelateByPackage(call_, ci_id, update_.main_package()));
    }
    WW_RETURN_IF_ERROR(RefreshContentState(call_, ci_id));
    ImportOutcome out;
    out.ci_id = ci_id;
    out.article = (*row_)["ArticleID"].TextOr("");
    out.title = (*row_)["LocalizedDisplayName"].TextOr("");
    out.decision = created   ? ImportDecision::kImported
                   : changed ? ImportDecision::kCompleted
                             : ImportDecision::kAlreadyPresent;
    return out;
  }

 private:
  UpdateFacts Facts() const {
    UpdateFacts facts;
    facts.unique_id = update_.unique_id;
    facts.revision = update_.revision;
    facts.article = update_.article;
    facts.bulletin = update_.bulletin;
    facts.severity = update_.severity;
    facts.created = update_.created;
    facts.exclusive = update_.exclusive;
    facts.offline_serviceable = !update_.engine_refusal;
    facts.texts = update_.texts;
    facts.languages = update_.languages;
    facts.info_url = update_.support_url;
    return facts;
  }

  // By CI_ID, by its bytes, by what is inside it, by its names: in this order.
  Status FindUpdate(const std::vector<WantedFile>& extracted, std::uint32_t into) {
    std::optional<std::uint32_t> id;
    if (into != 0) id = into;
    if (!id) {
      WW_TRY(const auto files, FilesWith(call_, update_.sha1, &update_.sha256), "file");
      for (const auto& file : files) {
        WW_TRY(id, OwnerOf(IdOf(file["ContentID"])), "file");
        if (id) break;
      }
    }
    if (!id && !extracted.empty()) {
      WW_TRY(id, OwnerOf(extracted.front().content_id), "payload");
    }
    if (!id) {
      WW_TRY(id, FindByName(call_, update_.unique_id), "name");
    }
    if (!id) {
      WW_TRY(id, FindByName(call_, update_.main_package().identity), "name");
    }
    if (!id) return {};
    WW_TRY(row_, call_.store.FindOne("SMS_SoftwareUpdate", {{"CI_ID", Number(*id)}}), "update");
    if (!row_ && into != 0) {
      return provider::Missing(fmt::format("there is no software update {}", into));
    }
    return {};
  }

  Result<std::optional<std::uint32_t>> OwnerOf(std::uint32_t content_id) {
    WW_TRY(const auto link,
           call_.store.FindOne("SMS_CIToContent", {{"ContentID", Number(content_id)}}), "content");
    if (!link) return std::optional<std::uint32_t>();
    return std::optional(IdOf((*link)["CI_ID"]));
  }

  Status CreateUpdate() {
    WW_TRY(row_, call_.store.Make("SMS_SoftwareUpdate"), "update");
    WW_RETURN_IF_ERROR(ApplyFacts(call_, Facts(), *row_));
    WW_TRY(const auto id, provider::NextIdentifier(call_, "CI_ID"), "CI_ID");
    provider::FillNewUpdate(call_, *row_, id);
    return call_.store.Insert(*row_);
  }

  // True: the site has bytes now that it had not before.
  Result<bool> TakeContent(const std::vector<WantedFile>& extracted) {
    bool changed = false;
    for (const auto& wanted : extracted) {
      const auto& payload = update_.payload[wanted.payload];
      FileRecord file{payload.name, payload.bytes, payload.sha1, payload.sha256, payload.url, true};
      WW_RETURN_IF_ERROR(MarkStored(call_, wanted.content_id, wanted.name, file));
      content_ids_.push_back(wanted.content_id);
      changed = true;
    }
    if (!extracted.empty()) return true;
    const auto file = RecordOf(update_);
    WW_TRY(const auto rows, FilesWith(call_, update_.sha1, &update_.sha256), "file");
    const auto ci_id = IdOf((*row_)["CI_ID"]);
    bool known = false;
    for (const auto& row : rows) {
      const auto content_id = IdOf(row["ContentID"]);
      WW_TRY(const auto owner, OwnerOf(content_id), "file");
      if (owner == ci_id) {
        known = true;
        content_ids_.push_back(content_id);
      }
      if (!row["StoredID"].TextOr("").empty()) continue;
      WW_RETURN_IF_ERROR(MarkStored(call_, content_id, row["FileName"].TextOr(""), file));
      if (owner && owner != ci_id) WW_RETURN_IF_ERROR(RefreshContentState(call_, *owner));
      changed = true;
    }
    if (known) return changed;
    WW_TRY(const bool inside, HasPackages(), "packages");
    if (inside) return changed;
    return AddContent(file).map([] { return true; });
  }

  // The same packages in another container: nothing new for servicing.
  Result<bool> HasPackages() {
    for (const auto& package : update_.packages) {
      WW_TRY(const auto rows,
             call_.store.FindAll("WW_UpdatePackage", {{"Identity", Text(package.identity)}}),
             "package");
      const bool here = std::any_of(rows.begin(), rows.end(), [&](const Instance& row) {
        return IdOf(row["CI_ID"]) == IdOf((*row_)["CI_ID"]);
      });
      if (!here) return false;
    }
    return true;
  }

  Status AddContent(const FileRecord& file) {
    ContentRecord content;
    WW_TRY(content.content_id, provider::NextIdentifier(call_, "ContentID"), "ContentID");
    content.unique_id = GuidText(GuidOf(*file.sha256));
    content.description = file.name;
    content.files = {file};
    WW_TRY(const auto link, MakeContentLink(call_, *row_, content), "content");
    WW_TRY(const auto row, MakeContent(call_, content), "content");
    WW_TRY(const auto named, MakeContentFile(call_, *row_, content, file), "file");
    WW_TRY(const auto stored, MakeStoredFile(call_, content, file), "file");
    for (const auto* one : {&link, &row, &named, &stored}) {
      WW_RETURN_IF_ERROR(call_.store.Insert(*one));
    }
    content_ids_.push_back(content.content_id);
    return {};
  }

  Status Packages(std::uint32_t ci_id) {
    if (content_ids_.empty()) return {};
    for (std::size_t i = 0; i < update_.packages.size(); ++i) {
      const auto& package = update_.packages[i];
      WW_TRY(auto row, call_.store.Make("WW_UpdatePackage"), "package");
      row.SetRaw("ContentID", Number(content_ids_.front()));
      row.SetRaw("Identity", Text(package.identity));
      row.SetRaw("CI_ID", Number(ci_id));
      row.SetRaw("Family", Text(package.family));
      row.SetRaw("PackageVersion", Text(package.version));
      row.SetRaw("Architecture", Text(package.architecture));
      Value::Array targets;
      for (const auto& target : package.targets) targets.push_back(Text(target));
      row.SetRaw("Targets", Value::Of(std::move(targets)));
      row.SetRaw("Kind", Text(cbs::UpdateKindName(package.kind)));
      row.SetRaw("ReleaseType", Text(package.release_type));
      row.SetRaw("IsMain", Flag(i == update_.main));
      row.SetRaw("Refusal",
                 Text(update_.engine_refusal ? update_.engine_refusal->message : std::string()));
      WW_RETURN_IF_ERROR(call_.store.Save(row));
    }
    return {};
  }

  Status Names(std::uint32_t ci_id) {
    std::vector<std::string> names{update_.main_package().identity};
    if (update_.unique_id != names.front()) names.push_back(update_.unique_id);
    return AddNames(call_, ci_id, names);
  }

  Status Categories() {
    WW_TRY(auto known, LoadCategories(call_), "categories");
    WW_RETURN_IF_ERROR(EnsureCategories(call_, update_.categories, known));
    // Categories that a catalogue gave before stay.
    std::set<std::string> ids;
    for (const auto& id : provider::List((*row_)["CategoryInstance_UniqueIDs"])) {
      ids.insert(id.TextOr(""));
    }
    const bool had_product = std::any_of(
        ids.begin(), ids.end(), [](const std::string& id) { return id.starts_with("Product:"); });
    for (const auto& category : update_.categories) {
      // What was made up does not add to what a catalogue knows.
      if (had_product && !update_.has_scan_metadata) break;
      ids.insert(category.unique_id());
    }
    std::vector<const StoredCategory*> chosen;
    for (const auto& id : ids) {
      const auto found = known.find(id);
      if (found == known.end()) continue;
      chosen.push_back(&found->second);
      WW_TRY(const auto link, MakeCategoryLink(call_, *row_, found->second), "category");
      WW_RETURN_IF_ERROR(call_.store.Save(link));
    }
    NameCategories(chosen, *row_);
    return call_.store.Save(*row_);
  }

  Call& call_;
  const UpdateDescription& update_;
  std::optional<Instance> row_;
  std::vector<std::uint32_t> content_ids_;
};

}  // namespace

std::string_view ImportDecisionName(ImportDecision decision) {
  switch (decision) {
    case ImportDecision::kImported:
      return "imported";
    case ImportDecision::kCompleted:
      return "completed";
    case ImportDecision::kAlreadyPresent:
      return "already_present";
  }
  return "failed";
}

Result<ImportOutcome> RecordImport(Call& call, const UpdateDescription& update,
                                   const std::vector<WantedFile>& extracted, std::uint32_t into) {
  return Recorder(call, update).Run(extracted, into);
}

Result<std::vector<WantedFile>> FindWanted(Call& call, const UpdateDescription& update) {
  std::vector<WantedFile> out;
  for (std::size_t i = 0; i < update.payload.size(); ++i) {
    const auto& payload = update.payload[i];
    WW_TRY(const auto rows,
           FilesWith(call, payload.sha1, payload.sha256 ? &*payload.sha256 : nullptr), "payload");
    std::set<std::pair<std::uint32_t, std::string>> seen;
    for (const auto& row : rows) {
      WantedFile wanted{IdOf(row["ContentID"]), row["FileName"].TextOr(""), i};
      if (!row["StoredID"].TextOr("").empty()) continue;
      if (seen.emplace(wanted.content_id, wanted.name).second) out.push_back(std::move(wanted));
    }
  }
  return out;
}

Status MarkStored(Call& call, std::uint32_t content_id, std::string_view file_name,
                  const FileRecord& file) {
  WW_TRY(auto row,
         call.store.FindOne("WW_ContentFile",
                            {{"ContentID", Number(content_id)}, {"FileName", Text(file_name)}}),
         "file");
  if (!row)
    return provider::Missing(fmt::format("content {} has no file {}", content_id, file_name));
  if (!file.sha256) return Fail(Code::kInternal, "a stored file without its name");
  row->SetRaw("FileSize", Value::Int(static_cast<std::int64_t>(file.bytes)));
  if (file.sha1) row->SetRaw("SHA1", Text(ToHex(*file.sha1)));
  row->SetRaw("SHA256", Text(ToHex(*file.sha256)));
  row->SetRaw("StoredID", Text(content::ContentId{*file.sha256}.ToText()));
  row->SetRaw("DateStored", call.Now());
  return call.store.Save(*row);
}

Status RefreshContentState(Call& call, std::uint32_t ci_id) {
  WW_TRY(auto update, call.store.FindOne("SMS_SoftwareUpdate", {{"CI_ID", Number(ci_id)}}),
         "update");
  if (!update) return provider::Missing(fmt::format("there is no software update {}", ci_id));
  WW_TRY(auto links, call.store.FindAll("SMS_CIToContent", {{"CI_ID", Number(ci_id)}}), "content");
  std::uint64_t bytes = 0;
  bool all = !links.empty();
  for (auto& link : links) {
    WW_TRY(const auto files,
           call.store.FindAll("WW_ContentFile", {{"ContentID", link["ContentID"]}}), "files");
    bool stored = !files.empty();
    for (const auto& file : files) {
      bytes += static_cast<std::uint64_t>(file["FileSize"].IntOr(0));
      stored = stored && !file["StoredID"].TextOr("").empty();
    }
    all = all && stored;
    if (link["ContentDownloaded"].BoolOr(false) != stored) {
      link.SetRaw("ContentDownloaded", Flag(stored));
      WW_RETURN_IF_ERROR(call.store.Save(link));
    }
  }
  update->SetRaw("IsContentProvisioned", Flag(all));
  update->SetRaw("Size", Value::Int(static_cast<std::int64_t>((bytes + 1023) / 1024)));
  return call.store.Save(*update);
}

}  // namespace ww::catalog
