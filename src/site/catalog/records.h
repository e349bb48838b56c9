// Rows of updates, contents and categories, made alike for single files and for whole catalogues.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "offline_sync.h"
#include "wimwright/catalog/description.h"
#include "wimwright/provider/call.h"

namespace ww::catalog {

// A file as rows tell it.
struct FileRecord {
  std::string name;
  std::uint64_t bytes = 0;
  std::optional<Sha1Digest> sha1;
  std::optional<Sha256Digest> sha256;
  std::string url;
  bool stored = false;  // in the library, under its SHA-256
};

struct ContentRecord {
  std::uint32_t content_id = 0;
  std::string unique_id;  // GUID
  std::string description;
  std::vector<FileRecord> files;
  bool stored() const;
};

// What an update is called and how grave it is.
struct UpdateFacts {
  std::string unique_id;
  std::uint32_t revision = 0;
  std::string article, bulletin, severity, created;
  bool bundle = false, exclusive = false, offline_serviceable = true;
  std::vector<LocalizedText> texts;
  std::vector<std::string> languages;
  std::string info_url;
};

struct SeverityWord {
  std::uint32_t number;
  std::string_view name;
};
// "Important" -> 8 (windows-servicing.md 8.3); 0 for what is none.
SeverityWord SeverityOf(std::string_view word);

// Sets what the facts know; the rest stays as it is. FillNewUpdate() gives new ones the rest.
Status ApplyFacts(provider::Call& call, const UpdateFacts& facts, cim::Instance& update);

// One content of one update.
Result<cim::Instance> MakeContentLink(provider::Call& call, const cim::Instance& update,
                                      const ContentRecord& content);
Result<cim::Instance> MakeContent(provider::Call& call, const ContentRecord& content);
Result<cim::Instance> MakeContentFile(provider::Call& call, const cim::Instance& update,
                                      const ContentRecord& content, const FileRecord& file);
// The library's side of it.
Result<cim::Instance> MakeStoredFile(provider::Call& call, const ContentRecord& content,
                                     const FileRecord& file);

// Categories by CategoryInstance_UniqueID.
struct StoredCategory {
  std::uint32_t id = 0;
  std::string unique_id, type, title;
};
using CategoryMap = std::map<std::string, StoredCategory, std::less<>>;

// All that the site has.
Result<CategoryMap> LoadCategories(provider::Call& call);
// Adds those that are not in `known`; parents first where they are among them. A category that had
// no title gets the one it has now.
Status EnsureCategories(provider::Call& call, const std::vector<Category>& wanted,
                        CategoryMap& known);
// The row that joins them, and the names in the update itself.
Result<cim::Instance> MakeCategoryLink(provider::Call& call, const cim::Instance& update,
                                       const StoredCategory& category);
void NameCategories(const std::vector<const StoredCategory*>& categories, cim::Instance& update);

// "2012-11-03T11:54:04Z" as the site stores dates; nothing for what is no date.
std::optional<cim::DateTime> StoredDate(std::string_view iso);

}  // namespace ww::catalog
