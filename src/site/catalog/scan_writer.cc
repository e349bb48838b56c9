#include "scan_writer.h"

#include <fmt/format.h>

#include <algorithm>
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
constexpr std::size_t kUpdatesAtOnce = 2000, kFilesAtOnce = 10'000, kRelationsAtOnce = 10'000;
constexpr std::size_t kMaxName = 255;

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
  facts.languages = update.languages;
  facts.texts = {{kEnglish, update.title.empty() ? update.id : update.title, update.description,
                  facts.info_url}};
  return facts;
}

// 2024-06-11T18:00:00Z -> 20240611: the number that grows with the editions of a catalogue.
std::uint32_t VersionOf(std::string_view created) {
  std::uint32_t number = 0;
  for (const char c : created.substr(0, 10)) {
    if (c >= '0' && c <= '9') number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return number;
}

FileRecord RecordOf(const PayloadFile& file) {
  return {file.name, file.bytes, file.sha1, file.sha256, file.url, false};
}

// Rows of one transaction, each class in few statements.
struct Rows {
  std::vector<Instance> changed, created, links, contents, files, stored, categories, sources;

  Status Write(Call& call) const {
    WW_RETURN_IF_ERROR(call.store.SaveAll(changed));
    WW_RETURN_IF_ERROR(call.store.InsertAll(created));
    WW_RETURN_IF_ERROR(call.store.InsertAll(links));
    WW_RETURN_IF_ERROR(call.store.InsertAll(contents));
    WW_RETURN_IF_ERROR(call.store.InsertAll(files));
    WW_RETURN_IF_ERROR(call.store.InsertAll(stored));
    WW_RETURN_IF_ERROR(call.store.SaveAll(sources));
    return call.store.SaveAll(categories);
  }
};

class Batch {
 public:
  Batch(Call& call, const CategoryMap& categories, const std::vector<ScanUpdate>& updates,
        std::uint32_t source, std::string_view created)
      : call_(call),
        categories_(categories),
        updates_(updates),
        source_(source),
        version_(VersionOf(created)) {}

  Status Run() {
    WW_TRY_STATUS(FindKnown(), "updates");
    WW_TRY_STATUS(FindSources(), "sources");
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
    for (const char* name :
         {"CI_ID", "CI_UniqueID", "RevisionNumber", "IsSuperseded", "IsExpired"}) {
      select.columns.push_back(database::Expression::Column(name));
    }
    select.where = database::Expression::In(database::Expression::Column("CI_UniqueID"), guids);
    WW_TRY(const auto found, call_.store.tx().Fetch(select), "updates");
    for (const auto& row : found) {
      const auto id = row[0].integer();
      by_ci.emplace(id, std::string(row[1].text()));
      states_[static_cast<std::uint32_t>(id)] = {row[2].integer(), row[3].integer() != 0,
                                                 row[4].integer() != 0};
    }
    for (const auto& [id, guid] : by_ci) {
      known_.emplace(ToLowerAscii(guid), static_cast<std::uint32_t>(id));
    }
    return {};
  }

  // Those that came from this catalogue before, and so were taken in whole.
  Status FindSources() {
    if (source_ == 0 || known_.empty()) return {};
    std::vector<database::Value> numbers;
    for (const auto& [guid, id] : known_) numbers.emplace_back(id);
    database::Select select;
    select.table = "SMS_CIUpdateSources";
    select.columns = {database::Expression::Column("CI_ID")};
    select.where = database::Expression::And(
        {database::Expression::Equal("UpdateSource_ID", source_),
         database::Expression::In(database::Expression::Column("CI_ID"), std::move(numbers))});
    WW_TRY(const auto rows, call_.store.tx().Fetch(select), "sources");
    for (const auto& row : rows) sourced_.insert(static_cast<std::uint32_t>(row[0].integer()));
    return {};
  }

  // A revision of an update never changes; only what replaces it does.
  bool IsUnchanged(const ScanUpdate& update, std::uint32_t id) const {
    const auto state = states_.find(id);
    return sourced_.contains(id) && state != states_.end() && update.revision_number != 0 &&
           state->second.revision == update.revision_number && !state->second.expired &&
           state->second.superseded == update.superseded;
  }

  Status AddSource(const Instance& update) {
    const auto id = static_cast<std::uint32_t>(update["CI_ID"].UintOr(0));
    if (source_ == 0 || !sourced_.insert(id).second) return {};
    WW_TRY(auto row, call_.store.Make("SMS_CIUpdateSources"), "source");
    row.SetRaw("CI_ID", Number(id));
    row.SetRaw("UpdateSource_ID", Number(source_));
    row.SetRaw("ModelName", update["ModelName"]);
    row.SetRaw("MinSourceVersion", Number(version_));
    row.SetRaw("DateCreated", call_.Now());
    row.SetRaw("DateModified", call_.Now());
    rows_.sources.push_back(std::move(row));
    return {};
  }

  Status AddOne(const ScanUpdate& update) {
    ++counts.updates;
    const auto known = known_.find(update.id);
    if (known == known_.end()) return Create(update);
    ids.emplace_back(update.revision, known->second);
    if (IsUnchanged(update, known->second)) return {};
    WW_TRY(auto row, call_.store.FindOne("SMS_SoftwareUpdate", {{"CI_ID", Number(known->second)}}),
           "update");
    if (!row) return {};
    WW_RETURN_IF_ERROR(AddSource(*row));
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
    row->SetRaw("IsExpired", Flag(false));
    WW_RETURN_IF_ERROR(LinkCategories(update, *row));
    WW_TRY(const auto contents,
           call_.store.Count("SMS_CIToContent", {{"CI_ID", Number(known->second)}}), "contents");
    // Content that is here stays the update's content.
    if (contents == 0) WW_RETURN_IF_ERROR(AddContents(update, *row));
    if (*row == before) return {};
    ++counts.changed;
    row->SetRaw("DateLastModified", call_.Now());
    rows_.changed.push_back(*std::move(row));
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
    WW_RETURN_IF_ERROR(AddSource(row));
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
  const std::uint32_t source_, version_;
  std::map<std::string, std::uint32_t> known_;
  struct State {
    std::int64_t revision = 0;
    bool superseded = false, expired = false;
  };
  std::map<std::uint32_t, State> states_;
  std::set<std::uint32_t> sourced_;
  std::uint32_t next_id_ = 0, next_content_ = 0;
  Rows rows_;
};

}  // namespace

Status ScanWriter::Begin(const ScanSummary& catalogue) {
  // Without a name of its own no edition of it would be known again.
  if (!catalogue.whole || catalogue.source_id.empty()) return {};
  created_ = catalogue.created;
  return provider_.Transact(context_, [&](Call& call) -> Status {
    const auto name = Text(ToLowerAscii(catalogue.source_id.substr(0, kMaxName)));
    WW_TRY(const auto known,
           call.store.FindOne("SMS_SoftwareUpdateSource", {{"UpdateSourceUniqueID", name}}),
           "source");
    if (known) {
      source_ = static_cast<std::uint32_t>((*known)["UpdateSourceID"].UintOr(0));
      const auto here = (*known)["UpdateSourceVersion"].TextOr("");
      const auto had = StoredDate(here), has = StoredDate(created_);
      if (!had || !has || has->ToUtc() >= had->ToUtc()) return {};
      return Fail(Error{
          Code::kConflict,
          fmt::format("the catalogue is of {}, the site has that of {} already", created_, here),
          "Import the newest wsusscn2.cab.", 0});
    }
    WW_TRY(const auto id, provider::NextIdentifier(call, "UpdateSourceID"), "source");
    WW_TRY(auto row, call.store.Make("SMS_SoftwareUpdateSource"), "source");
    row.SetRaw("UpdateSourceID", Number(id));
    row.SetRaw("UpdateSourceUniqueID", name);
    row.SetRaw("UpdateSourceName", Text("Offline scan catalogue"));
    row.SetRaw("UpdateSourceVersion", Text(""));
    row.SetRaw("UpdateType", Text("Microsoft Update"));
    row.SetRaw("ScannerToolPkgID", Text(""));
    row.SetRaw("SourceSite", call.SiteCode());
    row.SetRaw("DateCreated", call.Now());
    row.SetRaw("DateModified", call.Now());
    source_ = id;
    return call.store.Insert(row);
  });
}

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
    Batch batch(call, categories_, batch_, source_, created_);
    WW_RETURN_IF_ERROR(batch.Run());
    ids = std::move(batch.ids);
    counts = batch.counts;
    return {};
  }));
  ids_.insert(ids.begin(), ids.end());
  counts_.updates += counts.updates;
  counts_.created += counts.created;
  counts_.changed += counts.changed;
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

Result<std::vector<std::int64_t>> ScanWriter::Vanished(Call& call) {
  std::vector<std::uint32_t> seen;
  seen.reserve(ids_.size());
  for (const auto& [revision, id] : ids_) seen.push_back(id);
  std::sort(seen.begin(), seen.end());
  database::Select select;
  select.table = "SMS_CIUpdateSources";
  select.columns = {database::Expression::Column("CI_ID")};
  select.where = database::Expression::Equal("UpdateSource_ID", source_);
  WW_TRY(const auto rows, call.store.tx().Query(select, *context_.cancelled), "sources");
  std::vector<std::int64_t> out;
  while (true) {
    WW_TRY(const bool more, rows->Next(), "sources");
    if (!more) return out;
    const auto id = rows->row()[0].integer();
    if (!std::binary_search(seen.begin(), seen.end(), static_cast<std::uint32_t>(id))) {
      out.push_back(id);
    }
  }
}

// Withdrawn updates leave the catalogue; what the site has of them stays.
Status ScanWriter::ExpireVanished() {
  if (source_ == 0 || counts_.updates == 0) return {};
  std::vector<std::int64_t> gone;
  WW_RETURN_IF_ERROR(provider_.Read(context_, [&](Call& call) -> Status {
    WW_TRY(gone, Vanished(call), "vanished updates");
    return {};
  }));
  for (std::size_t from = 0; from < gone.size(); from += kUpdatesAtOnce) {
    const auto some = std::span(gone).subspan(from, std::min(kUpdatesAtOnce, gone.size() - from));
    std::uint64_t expired = 0;
    WW_RETURN_IF_ERROR(provider_.Transact(context_, [&](Call& call) -> Status {
      using database::Expression;
      const auto where =
          Expression::And({Expression::In(Expression::Column("CI_ID"), {some.begin(), some.end()}),
                           Expression::Equal("IsExpired", 0)});
      WW_TRY(expired,
             call.store.tx().Update("SMS_SoftwareUpdate", {{"IsExpired", Expression::Literal(1)}},
                                    where),
             "vanished updates");
      return {};
    }));
    counts_.expired += expired;
  }
  return provider_.Transact(context_, [&](Call& call) -> Status {
    WW_TRY(auto row,
           call.store.FindOne("SMS_SoftwareUpdateSource", {{"UpdateSourceID", Number(source_)}}),
           "source");
    if (!row) return {};
    row->SetRaw("UpdateSourceVersion", Text(created_));
    row->SetRaw("DateModified", call.Now());
    return call.store.Save(*row);
  });
}

Status ScanWriter::Finish() {
  WW_RETURN_IF_ERROR(FlushUpdates());
  WW_RETURN_IF_ERROR(FlushRelations());
  return ExpireVanished();
}

}  // namespace ww::catalog
