#include "offline_sync.h"

#include <fmt/format.h>

#include <charconv>

#include "wimwright/base/text.h"

namespace ww::catalog {
namespace {

// Far above what genuine catalogues have: hundreds of files, some thousand successors.
constexpr std::size_t kMaxList = 20'000;
constexpr std::uint64_t kMaxUpdates = 4'000'000;
constexpr std::size_t kMaxLanguage = 20, kMaxLanguages = 200;
constexpr std::string_view kNamespace = "http://schemas.microsoft.com/msus/2004/02/OfflineSync";

tl::unexpected<Error> Bad(std::string_view what, std::string_view value) {
  return Fail(Code::kCorrupt, fmt::format("{} '{}'", what, value.substr(0, 60)));
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<Guid> NeedGuid(std::string_view text, std::string_view what) {
  const auto guid = ParseGuid(text);
  if (!guid) return Bad(what, text);
  return *guid;
}

Result<std::uint32_t> NeedNumber(std::string_view text, std::string_view what) {
  const auto number = ParseNumber<std::uint32_t>(text);
  if (!number) return Bad(what, text);
  return *number;
}

template <typename T>
Status Push(std::vector<T>& list, T value) {
  if (list.size() >= kMaxList) return Fail(Code::kLimit, "one update has too many entries");
  list.push_back(std::move(value));
  return {};
}

bool IsTrue(std::string_view word) { return word == "true" || word == "1"; }
bool IsFalse(std::string_view word) { return word == "false" || word == "0"; }

}  // namespace

std::optional<Guid> ParseGuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return std::nullopt;
    if (!dash) digits += text[i];
  }
  const auto bytes = FromHex(digits);
  if (!bytes || bytes->size() != 16) return std::nullopt;
  Guid out;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

std::string GuidText(const Guid& guid) {
  const auto hex = ToHex(guid);
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
         hex.substr(16, 4) + "-" + hex.substr(20);
}

Guid GuidOf(const Sha256Digest& digest) {
  Guid out;
  std::copy_n(digest.begin(), out.size(), out.begin());
  out[6] = (out[6] & std::byte{0x0F}) | std::byte{0x80};
  out[8] = (out[8] & std::byte{0x3F}) | std::byte{0x80};
  return out;
}

std::optional<Sha1Digest> ParseSha1(std::string_view base64) {
  const auto bytes = FromBase64(base64);
  Sha1Digest out;
  if (!bytes || bytes->size() != out.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

std::string_view CategoryTypeName(CategoryType type) {
  switch (type) {
    case CategoryType::kCompany:
      return "Company";
    case CategoryType::kProductFamily:
      return "ProductFamily";
    case CategoryType::kProduct:
      return "Product";
    case CategoryType::kClassification:
      return "UpdateClassification";
  }
  return "Product";
}

std::optional<CategoryType> ParseCategoryType(std::string_view name) {
  for (const auto type : {CategoryType::kCompany, CategoryType::kProductFamily,
                          CategoryType::kProduct, CategoryType::kClassification}) {
    if (CategoryTypeName(type) == name) return type;
  }
  return std::nullopt;
}

Status OfflineSyncParser::Begin(std::string_view name, const XmlAttributes& attributes) {
  if (open_.empty()) {
    if (name != "OfflineSyncPackage" || attributes["xmlns"] != kNamespace) {
      return Fail(Code::kUnsupported,
                  fmt::format("not a list of updates: the document is '{}'", name.substr(0, 60)));
    }
    const auto protocol = attributes["ProtocolVersion"];
    if (!protocol.empty() && !protocol.starts_with("1.") && !protocol.starts_with("2.")) {
      return Fail(Code::kUnsupported,
                  fmt::format("a list of updates of protocol {}", protocol.substr(0, 20)));
    }
    created_ = attributes["CreationDate"];
    package_id_ = attributes["PackageId"];
    source_id_ = attributes["SourceId"];
  } else {
    WW_RETURN_IF_ERROR(BeginIn(open_.back(), name, attributes));
  }
  open_.emplace_back(name);
  return {};
}

Status OfflineSyncParser::BeginIn(std::string_view parent, std::string_view name,
                                  const XmlAttributes& attributes) {
  if (parent == "Updates" && name == "Update") {
    if (++updates_ > kMaxUpdates) return Fail(Code::kLimit, "too many updates");
    update_ = {};
    WW_TRY(update_.id, NeedGuid(attributes["UpdateId"], "UpdateId"), "update");
    WW_TRY(update_.revision, NeedNumber(attributes["RevisionId"], "RevisionId"), "update");
    update_.revision_number = ParseNumber<std::uint32_t>(attributes["RevisionNumber"]).value_or(0);
    update_.created = attributes["CreationDate"];
    update_.default_language = attributes["DefaultLanguage"];
    update_.bundle = IsTrue(attributes["IsBundle"]);
    update_.software = !IsFalse(attributes["IsSoftware"]);
    update_.action = attributes["DeploymentAction"];
  } else if (parent == "Categories" && name == "Category") {
    // Other types exist and say nothing that is used here.
    const auto type = ParseCategoryType(attributes["Type"]);
    if (!type) return {};
    WW_TRY(const auto id, NeedGuid(attributes["Id"], "category"), "update");
    return Push(update_.categories, std::pair(*type, id));
  } else if (parent == "PayloadFiles" && name == "File") {
    const auto digest = ParseSha1(attributes["Id"]);
    if (!digest) return Bad("payload file", attributes["Id"]);
    return Push(update_.payload, *digest);
  } else if (name == "Revision" && (parent == "BundledBy" || parent == "SupersededBy")) {
    WW_TRY(const auto id, NeedNumber(attributes["Id"], "Revision"), "update");
    return Push(parent == "BundledBy" ? update_.bundled_by : update_.superseded_by, id);
  } else if (parent == "Languages" && name == "Language") {
    const auto language = attributes["Name"];
    if (language.empty() || language.size() > kMaxLanguage) return {};
    if (update_.languages.size() < kMaxLanguages) update_.languages.emplace_back(language);
    return {};
  } else if (parent == "FileLocations" && name == "FileLocation") {
    const auto digest = ParseSha1(attributes["Id"]);
    if (!digest) return Bad("file location", attributes["Id"]);
    return events_.location ? events_.location(*digest, attributes["Url"]) : Status();
  }
  return {};
}

Status OfflineSyncParser::End(std::string_view name) {
  open_.pop_back();
  if (name == "Update" && !open_.empty() && open_.back() == "Updates" && events_.update) {
    return events_.update(std::move(update_));
  }
  return {};
}

}  // namespace ww::catalog
