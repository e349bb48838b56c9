#include "scan_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace ww::catalog {
namespace {

constexpr std::size_t kMaxCategories = 60'000;
constexpr std::size_t kMaxRelations = 20'000'000;
constexpr std::uint64_t kMaxUrls = std::uint64_t{1} << 30;
constexpr std::size_t kMaxUrl = 4096;
constexpr std::size_t kMaxTexts = 64 << 20;

class FeedSink final : public cab::MemberSink {
 public:
  FeedSink(XmlStream& stream, const Cancellation& cancelled)
      : stream_(stream), cancelled_(cancelled) {}
  Status Begin(const cab::Member&, std::size_t) override { return {}; }
  Status Write(ByteView bytes) override {
    WW_RETURN_IF_ERROR(cancelled_.Check());
    return stream_.Feed(bytes);
  }
  Status End() override { return stream_.Finish(); }

 private:
  XmlStream& stream_;
  const Cancellation& cancelled_;
};

}  // namespace

Status ScanList::Read(cab::Members& members, const Cancellation& cancelled) {
  OfflineSyncEvents events;
  events.update = [this](OfflineUpdate&& update) { return Add(std::move(update)); };
  events.location = [this](const Sha1Digest& file, std::string_view url) -> Status {
    if (wanted_files_.empty()) {
      wanted_files_ = payload_;
      std::sort(wanted_files_.begin(), wanted_files_.end());
    }
    if (url.size() > kMaxUrl ||
        !std::binary_search(wanted_files_.begin(), wanted_files_.end(), file)) {
      return {};
    }
    if (urls_.size() + url.size() > kMaxUrls) return Fail(Code::kLimit, "too many addresses");
    locations_.push_back({file, urls_.size(), static_cast<std::uint32_t>(url.size())});
    urls_ += url;
    return {};
  };
  OfflineSyncParser parser(std::move(events));
  XmlStream stream(parser, false);
  FeedSink sink(stream, cancelled);
  const std::size_t wanted[] = {*members.Find("package.xml")};
  WW_RETURN_IF_ERROR(members.Stream(wanted, sink));
  created_ = parser.created();
  package_id_ = parser.package_id();
  source_id_ = parser.source_id();
  return Finish();
}

// Dates and lists of languages: thousands of entries share a few.
Result<std::uint32_t> ScanList::TextOf(const std::string& text) {
  if (text.empty()) return 0;
  const auto [at, added] = text_positions_.emplace(text, static_cast<std::uint32_t>(texts_.size()));
  if (!added) return at->second;
  text_bytes_ += text.size();
  if (text_bytes_ > kMaxTexts) return Fail(Code::kLimit, "too many dates and languages");
  texts_.push_back(text);
  return at->second;
}

Status ScanList::Add(OfflineUpdate&& update) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint16_t>::max();
  if (update.categories.size() > kMost || update.payload.size() > kMost ||
      update.bundled_by.size() > kMost ||
      relations_.size() + update.superseded_by.size() > kMaxRelations) {
    return Fail(Code::kLimit, "one update has too many entries");
  }
  ListEntry entry;
  entry.id = update.id;
  entry.revision = update.revision;
  entry.revision_number = update.revision_number;
  entry.bundle = update.bundle;
  entry.superseded = !update.superseded_by.empty();
  entry.kind = update.installable()        ? ListEntry::Kind::kInstallable
               : update.action == "Bundle" ? ListEntry::Kind::kPart
                                           : ListEntry::Kind::kOther;
  if (entry.kind != ListEntry::Kind::kOther) {
    WW_TRY(entry.created, TextOf(update.created.substr(0, 40)), "update");
    WW_TRY(entry.languages, TextOf(fmt::format("{}", fmt::join(update.languages, ","))), "update");
    entry.first_category = static_cast<std::uint32_t>(category_lists_.size());
    for (const auto& category : update.categories) {
      const auto [found, added] =
          category_positions_.emplace(category, static_cast<std::uint16_t>(categories_.size()));
      if (added) {
        if (categories_.size() >= kMaxCategories) return Fail(Code::kLimit, "too many categories");
        categories_.push_back(category);
      }
      category_lists_.push_back(found->second);
    }
    entry.categories = static_cast<std::uint16_t>(update.categories.size());
    entry.first_payload = static_cast<std::uint32_t>(payload_.size());
    entry.payload = static_cast<std::uint16_t>(update.payload.size());
    payload_.insert(payload_.end(), update.payload.begin(), update.payload.end());
    entry.first_parent = static_cast<std::uint32_t>(parents_.size());
    entry.parents = static_cast<std::uint16_t>(update.bundled_by.size());
    parents_.insert(parents_.end(), update.bundled_by.begin(), update.bundled_by.end());
  }
  if (entry.kind == ListEntry::Kind::kInstallable) {
    for (const auto newer : update.superseded_by) relations_.emplace_back(newer, entry.revision);
  }
  entries_.push_back(entry);
  return {};
}

Status ScanList::SortEntries() {
  std::sort(entries_.begin(), entries_.end(),
            [](const ListEntry& a, const ListEntry& b) { return a.revision < b.revision; });
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    if (entries_[i].revision == entries_[i - 1].revision) {
      return Fail(Code::kCorrupt, "two updates have one RevisionId");
    }
  }
  // One update in several revisions: the last one counts.
  std::vector<ListEntry*> updates;
  for (auto& entry : entries_) {
    if (entry.kind == ListEntry::Kind::kInstallable) updates.push_back(&entry);
  }
  std::sort(updates.begin(), updates.end(), [](const ListEntry* a, const ListEntry* b) {
    return std::tie(a->id, a->revision_number, a->revision) <
           std::tie(b->id, b->revision_number, b->revision);
  });
  for (std::size_t i = 1; i < updates.size(); ++i) {
    if (updates[i - 1]->id != updates[i]->id) continue;
    updates[i - 1]->kind = ListEntry::Kind::kOther;
    ++outdated_;
  }
  return {};
}

void ScanList::RelateEntries() {
  circles_ = DropCircles(relations_);
  if (circles_ != 0) {
    std::vector<std::uint32_t> older;
    for (const auto& relation : relations_) older.push_back(relation.second);
    std::sort(older.begin(), older.end());
    for (auto& entry : entries_) {
      entry.superseded = std::binary_search(older.begin(), older.end(), entry.revision);
    }
  }
  std::erase_if(relations_, [this](const auto& relation) {
    for (const auto revision : {relation.first, relation.second}) {
      const auto* entry = FindRevision(revision);
      if (entry == nullptr || entry->kind != ListEntry::Kind::kInstallable) return true;
    }
    return false;
  });
}

Status ScanList::Finish() {
  WW_RETURN_IF_ERROR(SortEntries());
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const auto& entry = entries_[i];
    if (entry.kind != ListEntry::Kind::kPart) continue;
    for (const auto parent : std::span(parents_).subspan(entry.first_parent, entry.parents)) {
      const auto* bundle = FindRevision(parent);
      if (bundle == nullptr || bundle->kind != ListEntry::Kind::kInstallable) continue;
      part_pairs_.emplace_back(static_cast<std::uint32_t>(bundle - entries_.data()), i);
    }
  }
  std::sort(part_pairs_.begin(), part_pairs_.end());
  part_pairs_.erase(std::unique(part_pairs_.begin(), part_pairs_.end()), part_pairs_.end());
  for (const auto& pair : part_pairs_) parts_.push_back(pair.second);
  RelateEntries();
  std::sort(locations_.begin(), locations_.end(),
            [](const Location& a, const Location& b) { return a.file < b.file; });
  // Only needed while reading.
  std::vector<Sha1Digest>().swap(wanted_files_);
  std::unordered_map<std::string, std::uint32_t>().swap(text_positions_);
  return {};
}

const ListEntry* ScanList::FindRevision(std::uint32_t revision) const {
  const auto at =
      std::lower_bound(entries_.begin(), entries_.end(), revision,
                       [](const ListEntry& entry, std::uint32_t r) { return entry.revision < r; });
  return at == entries_.end() || at->revision != revision ? nullptr : &*at;
}

std::span<const std::uint32_t> ScanList::PartsOf(const ListEntry& entry) const {
  const auto index = static_cast<std::uint32_t>(&entry - entries_.data());
  const auto low = std::lower_bound(part_pairs_.begin(), part_pairs_.end(),
                                    std::pair<std::uint32_t, std::uint32_t>(index, 0));
  auto high = low;
  while (high != part_pairs_.end() && high->first == index) ++high;
  return std::span(parts_).subspan(static_cast<std::size_t>(low - part_pairs_.begin()),
                                   static_cast<std::size_t>(high - low));
}

std::string_view ScanList::UrlOf(const Sha1Digest& file) const {
  const auto at = std::lower_bound(
      locations_.begin(), locations_.end(), file,
      [](const Location& location, const Sha1Digest& f) { return location.file < f; });
  if (at == locations_.end() || at->file != file) return {};
  return std::string_view(urls_).substr(at->offset, at->size);
}

}  // namespace ww::catalog
