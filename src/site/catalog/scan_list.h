// package.xml of a scan catalogue in memory, as small as it can be: a hundred thousand entries.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "circles.h"
#include "offline_sync.h"
#include "wimwright/base/progress.h"
#include "wimwright/cab/members.h"

namespace ww::catalog {

struct ListEntry {
  Guid id{};
  std::uint32_t revision = 0, revision_number = 0;
  std::uint32_t created = 0, languages = 0;  // positions in `texts`
  std::uint32_t first_category = 0, first_payload = 0, first_parent = 0;
  std::uint16_t categories = 0, payload = 0, parents = 0;
  enum class Kind : std::uint8_t { kInstallable, kPart, kOther } kind = Kind::kOther;
  bool bundle = false, superseded = false;
};

class ScanList {
 public:
  // Streams package.xml.
  Status Read(cab::Members& members, const Cancellation& cancelled);

  const std::vector<ListEntry>& entries() const { return entries_; }  // by revision
  const ListEntry* FindRevision(std::uint32_t revision) const;
  std::span<const std::uint16_t> CategoriesOf(const ListEntry& entry) const {
    return std::span(category_lists_).subspan(entry.first_category, entry.categories);
  }
  std::span<const Sha1Digest> PayloadOf(const ListEntry& entry) const {
    return std::span(payload_).subspan(entry.first_payload, entry.payload);
  }
  // Parts of an installable entry, as positions in entries().
  std::span<const std::uint32_t> PartsOf(const ListEntry& entry) const;
  // Bundles of a part, as revisions.
  std::span<const std::uint32_t> ParentsOf(const ListEntry& entry) const {
    return std::span(parents_).subspan(entry.first_parent, entry.parents);
  }
  // Where a file can be downloaded; "" when the catalogue does not say.
  std::string_view UrlOf(const Sha1Digest& file) const;
  std::string_view CreatedOf(const ListEntry& entry) const { return texts_[entry.created]; }

  const std::vector<std::pair<CategoryType, Guid>>& categories() const { return categories_; }
  // (newer, older) as revisions, both installable; none of them runs in a circle.
  const Replacements& relations() const { return relations_; }
  // With commas between them; "" when the catalogue does not say.
  std::string_view LanguagesOf(const ListEntry& entry) const { return texts_[entry.languages]; }

  const std::string& created() const { return created_; }
  const std::string& package_id() const { return package_id_; }
  const std::string& source_id() const { return source_id_; }
  // Relations that were left out because they ran in a circle, and entries because a later
  // revision of the same update is in the list too.
  std::size_t circles() const { return circles_; }
  std::size_t outdated() const { return outdated_; }

 private:
  Status Add(OfflineUpdate&& update);
  Status Finish();
  Status SortEntries();
  void RelateEntries();
  Result<std::uint32_t> TextOf(const std::string& text);

  std::vector<ListEntry> entries_;
  std::vector<std::uint16_t> category_lists_;
  std::vector<Sha1Digest> payload_;
  std::vector<std::uint32_t> parents_;
  Replacements relations_;
  std::vector<std::pair<CategoryType, Guid>> categories_;
  std::map<std::pair<CategoryType, Guid>, std::uint16_t> category_positions_;
  std::vector<std::string> texts_{std::string()};
  std::size_t text_bytes_ = 0;
  std::unordered_map<std::string, std::uint32_t> text_positions_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> part_pairs_;  // (entry, part), sorted
  std::vector<std::uint32_t> parts_;                                 // their second halves
  struct Location {
    Sha1Digest file;
    std::uint64_t offset;
    std::uint32_t size;
  };
  std::vector<Location> locations_;
  std::vector<Sha1Digest> wanted_files_;  // sorted, when the first location comes
  std::string urls_;
  std::string created_, package_id_, source_id_;
  std::size_t circles_ = 0, outdated_ = 0;
};

}  // namespace ww::catalog
