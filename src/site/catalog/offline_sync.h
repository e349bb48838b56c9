// package.xml: the list of updates of a WSUSSCAN.cab and of the offline scan catalogue
// (windows-servicing.md 8.1, 8.2). One format, a few hundred entries or a hundred thousand.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/hash.h"

#include "xml_stream.h"

namespace ww::catalog {

using Guid = std::array<std::byte, 16>;                // in the order of the text's digits
std::optional<Guid> ParseGuid(std::string_view text);  // in any case, no braces
std::string GuidText(const Guid& guid);                // lower case
// A GUID that follows from a digest (version 8 of RFC 9562: made up by its writer).
Guid GuidOf(const Sha256Digest& digest);

std::optional<Sha1Digest> ParseSha1(std::string_view base64);

enum class CategoryType : std::uint8_t { kCompany, kProductFamily, kProduct, kClassification };
std::string_view CategoryTypeName(CategoryType type);
std::optional<CategoryType> ParseCategoryType(std::string_view name);

struct OfflineUpdate {
  Guid id{};
  std::uint32_t revision = 0;  // RevisionId: the number that files and relations use
  std::uint32_t revision_number = 0;
  std::string created;
  std::string default_language;
  bool bundle = false;
  bool software = true;
  std::string action;  // DeploymentAction: "Evaluate", "Bundle", ""
  std::vector<std::pair<CategoryType, Guid>> categories;
  std::vector<Sha1Digest> payload;
  std::vector<std::uint32_t> bundled_by, superseded_by;
  std::vector<std::string> languages;  // "en", "pt-br"

  // What people install: not a category, a detector or a part of a bundle.
  bool installable() const { return software && action.empty(); }
};

struct OfflineSyncEvents {
  std::function<Status(OfflineUpdate&&)> update;
  // Behind all updates.
  std::function<Status(const Sha1Digest& file, std::string_view url)> location;
};

// Feed it the document: XmlStream(parser, false). kUnsupported for a document or a protocol of
// another name, kCorrupt for identifiers that are none, kLimit beyond the caps of one update.
class OfflineSyncParser final : public XmlSink {
 public:
  explicit OfflineSyncParser(OfflineSyncEvents events) : events_(std::move(events)) {}
  Status Begin(std::string_view name, const XmlAttributes& attributes) override;
  Status End(std::string_view name) override;
  Status Text(std::string_view) override { return {}; }

  const std::string& created() const { return created_; }  // of the package
  const std::string& package_id() const { return package_id_; }
  const std::string& source_id() const { return source_id_; }
  std::uint64_t updates() const { return updates_; }

 private:
  Status BeginIn(std::string_view parent, std::string_view name, const XmlAttributes& attributes);
  OfflineSyncEvents events_;
  std::vector<std::string> open_;
  OfflineUpdate update_;
  std::string created_, package_id_, source_id_;
  std::uint64_t updates_ = 0;
};

// The XML fragments beside package.xml, by the folder they come from.
struct CoreFragment {
  Guid id{};
  std::uint32_t revision_number = 0;
  std::string type;  // "Software", "Category", "Detectoid"
  std::vector<Guid> supersedes;
  std::vector<Guid> categories;  // of `Prerequisites/AtLeastOne IsCategory`
};
struct ExtendedFragment {
  struct File {
    std::string name;
    std::uint64_t bytes = 0;
    Sha1Digest sha1{};
    std::optional<Sha256Digest> sha256;
    std::string patching;  // "SelfContained", "Express"
  };
  std::string handler;  // the word behind "UpdateHandlers/": "Cbs", "WindowsPatch", "Category"
  std::string severity, bulletin, article, support_url, reboot, impact;
  std::string category_type;
  std::uint64_t max_download = 0;
  std::vector<File> files;
};
struct LocalizedFragment {
  std::string language, title, description, info_url, support_url;
};
Result<CoreFragment> ParseCore(ByteView fragment);
Result<ExtendedFragment> ParseExtended(ByteView fragment);
Result<LocalizedFragment> ParseLocalized(ByteView fragment);

}  // namespace ww::catalog
