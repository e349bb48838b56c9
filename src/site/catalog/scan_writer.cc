#include "scan_writer.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "languages.h"
#include "wimwright/base/text.h"
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

// Of one transaction: others write in between.
constexpr std::size_t kUpdatesAtOnce = 1000, kFilesAtOnce = 5000, kRelationsAtOnce = 10'000;

UpdateFacts FactsOf(const ScanUpdate& update) {
  UpdateFacts facts;
  facts.unique_id = update.id;
  facts.revision = update.revision_number;
  facts.article = update.article;
  facts.bulletin = update.bulletin;
  facts.severity = update.severity;
  facts.created = update.created;
  facts.bundle = update.bundle;
  facts.exclusive = update.exclusive;
  facts.offline_serviceable = update.offline_serviceable;
  facts.info_url = update.info_url.empty() ? update.support_url : update.info_url;
  facts.texts = {{kEnglish, update.title.empty() ? update.id : update.title, update.description,
                  facts.info_url}};
  return facts;
}

FileRecord RecordOf(const PayloadFile& file) {
  return {file.name, file.bytes, file.sha1, file.sha256, file.url, false};
}

// Rows of one transaction, each class in few statements.
struct Rows {
  std::vector<Instance> changed, created, links, contents, files, stored, categories;

  Status Write(Call& call) const {
    WW_RETURN_IF_ERROR(call.store.SaveAll(changed));
    WW_RETURN_IF_ERROR(call.store.InsertAll(created));
    WW_RETURN_IF_ERROR(call.store.InsertAll(links));
    WW_RETURN_IF_ERROR(call.store.InsertAll(contents));
    WW_RETURN_IF_ERROR(call.store.InsertAll(files));
    WW_RETURN_IF_ERROR(call.store.InsertAll(stored));
    return call.store.SaveAll(categories);
  }
};

class Batch {
 public:
  Batch(Call& call, const CategoryMap& categories, const std::vector<ScanUpdate>& updates)
      : call_(call), categories_(categories), updates_(updates) {}

  Status Run() {
    WW_TRY_STATUS(FindKnown(), "updates");
    std::uint32_t fresh = 0, contents = 0;
    for (const auto& update : updates_) {
      contents += static_cast<std::uint32_t>(update.contents.size());
      if (!known_.contains(update.id)) ++fresh;
    }
    if (fresh != 0) {
      WW_TRY(next_id_, provider::NextIdentifiers(call_, "CI_ID", fresh), "CI_ID");
    }
    // Those of updates that have content already are lost: numbers are not scarce.
    if (contents != 0) {
      WW_TRY(next_content_, provider::NextIdentifiers(call_, "ContentID", contents), "ContentID");
    }
    for (const auto& update : updates_) WW_TRY_STATUS(AddOne(update), update.id);
    return rows_.Write(call_);
  }

  std::vector<std::pair<std::uint32_t, std::uint32_t>> ids;  // revision, CI_ID
  ScanCounts counts;

 private:
  // Updates of these GUIDs, under whatever name they came in.
  Status FindKnown() {
    std::vector<database::Value> guids;
    for (const auto& update : updates_) guids.emplace_back(update.id);
    database::Select aliases;
    WW_TRY(const auto alias_class, call_.store.schema().Get("WW_UpdateAlias"), "class");
    aliases.table = provider::TableNameOf(*alias_class);
    aliases.columns = {database::Expression::Column("Alias"),
                       database::Expression::Column("CI_ID")};
    aliases.where = database::Expression::In(database::Expression::Column("Alias"), guids);
    WW_TRY(const auto named, call_.store.tx().Fetch(aliases), "names");
    std::map<std::int64_t, std::string> by_ci;
    for (const auto& row : named) by_ci.emplace(row[1].integer(), std::string(row[0].text()));
    database::Select select;
    select.table = "SMS_SoftwareUpdate";
    select.columns = {database::Expression::Column("CI_ID"),
                      database::Expression::Column("CI_UniqueID")};
    select.where = database::Expression::In(database::Expression::Column("CI_UniqueID"), guids);
    WW_TRY(const auto found, call_.store.tx().Fetch(select), "updates");
    for (const auto& row : found) by_ci.emplace(row[0].integer(), std::string(row[1].text()));
    for (const auto& [id, guid] : by_ci) {
      known_.emplace(ToLowerAscii(guid), static_cast<std::uint32_t>(id));
    }
    return {};
  }

  Status AddOne(const ScanUpdate& update) {
    ++counts.updates;
    const auto known = known_.find(update.id);
    if (known == known_.end()) return Create(update);
    ids.emplace_back(update.revision, known->second);
    WW_TRY(auto row, call_.store.FindOne("SMS_SoftwareUpdate", {{"CI_ID", Number(known->second)}}),
           "update");
    if (!row) return {};
    if ((*row)["RevisionNumber"].UintOr(0) > update.revision_number) return {};
    const auto before = *row;
    // Texts in several languages that a package brought are more than a catalogue has.
    auto facts = FactsOf(update);
    if (provider::List((*row)["LocalizedInformation"]).size() > 1) facts.texts.clear();
    if ((*row)["IsContentProvisioned"].BoolOr(false)) {
      facts.offline_serviceable = (*row)["IsOfflineServiceable"].BoolOr(true);
    }
    WW_RETURN_IF_ERROR(ApplyFacts(call_, facts, *row));
    if (update.superseded) row->SetRaw("IsSuperseded", Flag(true));
    WW_RETURN_IF_ERROR(LinkCategories(update, *row));
    WW_TRY(const auto contents,
           call_.store.Count("SMS_CIToContent", {{"CI_ID", Number(known->second)}}), "contents");
    // Content that is here stays the update's content.
    if (contents == 0) WW_RETURN_IF_ERROR(AddContents(update, *row));
    if (!(*row == before)) rows_.changed.push_back(*std::move(row));
    return {};
  }

  Status Create(const ScanUpdate& update) {
    WW_TRY(auto row, call_.store.Make("SMS_SoftwareUpdate"), "update");
    WW_RETURN_IF_ERROR(ApplyFacts(call_, FactsOf(update), row));
    const auto id = next_id_++;
    provider::FillNewUpdate(call_, row, id);
    row.SetRaw("IsSuperseded", Flag(update.superseded));
    known_.emplace(update.id, id);
    ids.emplace_back(update.revision, id);
    ++counts.created;
    WW_RETURN_IF_ERROR(LinkCategories(update, row));
    WW_RETURN_IF_ERROR(AddContents(update, row));
    rows_.created.push_back(std::move(row));
    return {};
  }

  Status LinkCategories(const ScanUpdate& update, Instance& row) {
    std::set<std::string> seen;
    std::vector<const StoredCategory*> chosen;
    for (const auto& id : update.categories) {
      const auto found = categories_.find(id);
      if (found == categories_.end() || !seen.insert(id).second) continue;
      chosen.push_back(&found->second);
      WW_TRY(auto link, MakeCategoryLink(call_, row, found->second), "category");
      rows_.categories.push_back(std::move(link));
    }
    NameCategories(chosen, row);
    return {};
  }

  Status AddContents(const ScanUpdate& update, Instance& row) {
    std::uint64_t bytes = 0;
    for (const auto& part : update.contents) {
      ContentRecord content;
      content.content_id = next_content_++;
      content.unique_id = part.id;
      content.description = part.files.front().name;
      std::set<std::string> names;
      for (const auto& file : part.files) {
        if (!names.insert(file.name).second) continue;
        content.files.push_back(RecordOf(file));
        bytes += file.bytes;
      }
      WW_TRY(auto link, MakeContentLink(call_, row, content), "content");
      WW_TRY(auto made, MakeContent(call_, content), "content");
      rows_.links.push_back(std::move(link));
      rows_.contents.push_back(std::move(made));
      for (const auto& file : content.files) {
        WW_TRY(auto named, MakeContentFile(call_, row, content, file), "file");
        WW_TRY(auto stored, MakeStoredFile(call_, content, file), "file");
        rows_.files.push_back(std::move(named));
        rows_.stored.push_back(std::move(stored));
        ++counts.files;
      }
    }
    row.SetRaw("Size", Value::Int(static_cast<std::int64_t>((bytes + 1023) / 1024)));
    row.SetRaw("IsMetadataOnlyUpdate", Flag(update.contents.empty()));
    return {};
  }

  Call& call_;
  const CategoryMap& categories_;
  const std::vector<ScanUpdate>& updates_;
  std::map<std::string, std::uint32_t> known_;
  std::uint32_t next_id_ = 0, next_content_ = 0;
  Rows rows_;
};

}  // namespace

Status ScanWriter::AddCategories(const std::vector<Category>& categories) {
  CategoryMap known;
  WW_RETURN_IF_ERROR(provider_.Transact(context_, [&](Call& call) -> Status {
    WW_TRY(known, LoadCategories(call), "categories");
    return EnsureCategories(call, categories, known);
  }));
  categories_ = std::move(known);
  counts_.categories = categories.size();
  return {};
}

Status ScanWriter::Add(ScanUpdate&& update) {
  for (const auto& content : update.contents) batch_files_ += content.files.size();
  batch_.push_back(std::move(update));
  if (batch_.size() < kUpdatesAtOnce && batch_files_ < kFilesAtOnce) return {};
  return FlushUpdates();
}

Status ScanWriter::FlushUpdates() {
  if (batch_.empty()) return {};
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ids;
  ScanCounts counts;
  WW_RETURN_IF_ERROR(provider_.Transact(context_, [&](Call& call) -> Status {
    Batch batch(call, categories_, batch_);
    WW_RETURN_IF_ERROR(batch.Run());
    ids = std::move(batch.ids);
    counts = batch.counts;
    return {};
  }));
  ids_.insert(ids.begin(), ids.end());
  counts_.updates += counts.updates;
  counts_.created += counts.created;
  counts_.files += counts.files;
  batch_.clear();
  batch_files_ = 0;
  return {};
}

Status ScanWriter::Add(const ScanRelation& relation) {
  WW_RETURN_IF_ERROR(FlushUpdates());
  relations_.push_back(relation);
  return relations_.size() < kRelationsAtOnce ? Status() : FlushRelations();
}

Status ScanWriter::FlushRelations() {
  if (relations_.empty()) return {};
  WW_RETURN_IF_ERROR(provider_.Transact(context_, [&](Call& call) -> Status {
    std::vector<Instance> rows;
    for (const auto& relation : relations_) {
      const auto newer = ids_.find(relation.newer), older = ids_.find(relation.older);
      if (newer == ids_.end() || older == ids_.end() || newer->second == older->second) continue;
      WW_TRY(
          auto row,
          provider::MakeRelation(call, newer->second, older->second, provider::kRelationSuperseded),
          "relation");
      rows.push_back(std::move(row));
    }
    return call.store.SaveAll(rows);
  }));
  counts_.relations += relations_.size();
  relations_.clear();
  return {};
}

Status ScanWriter::Finish() {
  WW_RETURN_IF_ERROR(FlushUpdates());
  return FlushRelations();
}

}  // namespace ww::catalog
