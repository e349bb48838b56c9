#include "records.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "languages.h"
#include "wimwright/base/text.h"
#include "wimwright/content/content_id.h"
#include "wimwright/provider/identifiers.h"

namespace ww::catalog {

using cim::Instance;
using cim::Value;
using provider::Call;
using provider::Flag;
using provider::Number;
using provider::Text;

namespace {

constexpr std::size_t kMaxArticle = 64, kMaxUniqueId = 512;
constexpr std::uint64_t kUpdatesPackageType = 5;  // PKG_TYPE_SWUPDATES

std::string HashText(const FileRecord& file) {
  if (file.sha256) return "SHA256:" + ToUpperAscii(ToHex(*file.sha256));
  if (file.sha1) return "SHA1:" + ToUpperAscii(ToHex(*file.sha1));
  return {};
}

}  // namespace

bool ContentRecord::stored() const {
  return !files.empty() &&
         std::all_of(files.begin(), files.end(), [](const FileRecord& f) { return f.stored; });
}

SeverityWord SeverityOf(std::string_view word) {
  constexpr std::array kWords{SeverityWord{2, "Low"}, SeverityWord{6, "Moderate"},
                              SeverityWord{8, "Important"}, SeverityWord{10, "Critical"}};
  for (const auto& one : kWords) {
    if (EqualNoCaseAscii(one.name, word)) return one;
  }
  return {0, "None"};
}

std::optional<cim::DateTime> StoredDate(std::string_view iso) {
  const auto date = cim::DateTime::ParseIso(iso);
  if (!date) return std::nullopt;
  if (!date->offset_minutes()) return *date;
  return cim::DateTime::FromUtc(date->ToUtc());
}

Status ApplyFacts(Call& call, const UpdateFacts& facts, Instance& update) {
  if (update["CI_UniqueID"].TextOr("").empty()) {
    update.SetRaw("CI_UniqueID", Text(facts.unique_id.substr(0, kMaxUniqueId)));
  }
  if (facts.revision != 0) update.SetRaw("RevisionNumber", Number(facts.revision));
  if (!facts.article.empty()) {
    update.SetRaw("ArticleID", Text(facts.article.substr(0, kMaxArticle)));
  }
  if (!facts.bulletin.empty()) {
    update.SetRaw("BulletinID", Text(facts.bulletin.substr(0, kMaxArticle)));
  }
  const auto severity = SeverityOf(facts.severity);
  update.SetRaw("Severity", Number(severity.number));
  update.SetRaw("SeverityName", Text(severity.name));
  update.SetRaw("IsBundle", Flag(facts.bundle));
  update.SetRaw("RequiresExclusiveHandling", Flag(facts.exclusive));
  update.SetRaw("IsOfflineServiceable", Flag(facts.offline_serviceable));
  if (const auto date = StoredDate(facts.created)) {
    if (update["DatePosted"].is_null()) update.SetRaw("DatePosted", Value::Date(*date));
    update.SetRaw("DateRevised", Value::Date(*date));
  }
  if (!facts.languages.empty()) {
    Value::Array locales;
    for (const auto& language : facts.languages) {
      locales.push_back(Text(fmt::format("Locale:{}", LocaleOf(language).value_or(0))));
    }
    update.SetRaw("UpdateLocales", Value::Of(std::move(locales)));
  }
  Value::Array texts;
  for (const auto& text : facts.texts) {
    WW_TRY(auto one, call.store.Make("SMS_CI_LocalizedProperties"), "text");
    one.SetRaw("DisplayName", Text(text.title));
    one.SetRaw("Description", Text(text.description));
    one.SetRaw("InformativeURL", Text(text.info_url.empty() ? facts.info_url : text.info_url));
    one.SetRaw("LocaleID", Number(text.locale));
    texts.push_back(provider::Embedded(std::move(one)));
  }
  if (!facts.texts.empty()) {
    const auto& first = facts.texts.front();
    update.SetRaw("LocalizedDisplayName", Text(first.title));
    update.SetRaw("LocalizedDescription", Text(first.description));
    update.SetRaw("LocalizedInformativeURL",
                  Text(first.info_url.empty() ? facts.info_url : first.info_url));
    update.SetRaw("LocalizedPropertyLocaleID", Number(first.locale));
    update.SetRaw("LocalizedInformation", Value::Of(std::move(texts)));
  }
  return {};
}

Result<Instance> MakeContentLink(Call& call, const Instance& update, const ContentRecord& content) {
  WW_TRY(auto row, call.store.Make("SMS_CIToContent"), "content");
  row.SetRaw("CI_ID", update["CI_ID"]);
  row.SetRaw("CI_UniqueID", update["CI_UniqueID"]);
  row.SetRaw("ModelName", update["ModelName"]);
  row.SetRaw("SecuredModelName", update["ModelName"]);
  row.SetRaw("ContentID", Value::Int(content.content_id));
  row.SetRaw("ContentUniqueID", Text(content.unique_id));
  row.SetRaw("ContentDescription", Text(content.description));
  row.SetRaw("ContentDownloaded", Flag(content.stored()));
  row.SetRaw("ContentLocales", Value::Strings({"Locale:0"}));
  row.SetRaw("ContentVersion", Value::Int(1));
  row.SetRaw("ObjectTypeID", Number(provider::kTypeUpdatesPackage));
  row.SetRaw("SDMMethodType", Text(""));
  if (content.files.size() == 1) {
    row.SetRaw("ContentHash", Text(HashText(content.files.front())));
  }
  return row;
}

Result<Instance> MakeContent(Call& call, const ContentRecord& content) {
  WW_TRY(auto row, call.store.Make("SMS_Content"), "content");
  row.SetRaw("ContentID", Value::Int(content.content_id));
  row.SetRaw("ContentUniqueID", Text(content.unique_id));
  row.SetRaw("ContentDescription", Text(content.description));
  row.SetRaw("ContentVersion", Number(1));
  row.SetRaw("ContentSource", Text(""));
  row.SetRaw("ObjectTypeID", Number(provider::kTypeUpdatesPackage));
  if (content.files.size() == 1) {
    row.SetRaw("ContentHash", Text(HashText(content.files.front())));
  }
  return row;
}

Result<Instance> MakeContentFile(Call& call, const Instance& update, const ContentRecord& content,
                                 const FileRecord& file) {
  WW_TRY(auto row, call.store.Make("SMS_CIContentFiles"), "file");
  row.SetRaw("CI_UniqueID", update["CI_UniqueID"]);
  row.SetRaw("ModelName", update["ModelName"]);
  row.SetRaw("ContentID", Number(content.content_id));
  row.SetRaw("FileName", Text(file.name));
  row.SetRaw("FileSize", Value::Int(static_cast<std::int64_t>(file.bytes)));
  row.SetRaw("FileHash", Text(HashText(file)));
  row.SetRaw("FileVersion", Text(""));
  row.SetRaw("ImportPath", Text(""));
  row.SetRaw("IsSigned", Flag(false));  // not looked at
  row.SetRaw("LanguageID", Number(0));
  row.SetRaw("ObjectTypeID", Number(kUpdatesPackageType));
  row.SetRaw("SourceURL", Text(file.url));
  return row;
}

Result<Instance> MakeStoredFile(Call& call, const ContentRecord& content, const FileRecord& file) {
  WW_TRY(auto row, call.store.Make("WW_ContentFile"), "file");
  row.SetRaw("ContentID", Number(content.content_id));
  row.SetRaw("FileName", Text(file.name));
  row.SetRaw("FileSize", Value::Int(static_cast<std::int64_t>(file.bytes)));
  row.SetRaw("SHA1", Text(file.sha1 ? ToHex(*file.sha1) : ""));
  row.SetRaw("SHA256", Text(file.sha256 ? ToHex(*file.sha256) : ""));
  row.SetRaw("StoredID", Text(""));
  if (file.stored && file.sha256) {
    row.SetRaw("StoredID", Text(content::ContentId{*file.sha256}.ToText()));
    row.SetRaw("DateStored", call.Now());
  }
  return row;
}

}  // namespace ww::catalog
