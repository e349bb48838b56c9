#include "describe_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "languages.h"
#include "offline_sync.h"
#include "wimwright/base/text.h"

namespace ww::catalog {
namespace {

class ScanReader {
 public:
  ScanReader(const cab::ScanMetadata& scan, UpdateDescription& out) : scan_(scan), out_(out) {}

  Result<bool> Run() {
    WW_RETURN_IF_ERROR(ReadList());
    const auto* update = Chosen();
    if (update == nullptr) return false;
    out_.has_scan_metadata = true;
    out_.unique_id = GuidText(update->id);
    out_.revision = update->revision_number;
    out_.created = update->created;
    WW_RETURN_IF_ERROR(Texts(update->revision, out_.texts));
    WW_RETURN_IF_ERROR(Properties(*update));
    for (const auto& part : updates_) {
      const bool mine = std::find(part.bundled_by.begin(), part.bundled_by.end(),
                                  update->revision) != part.bundled_by.end();
      if (mine) WW_RETURN_IF_ERROR(Properties(part));
    }
    return Categories(*update).map([] { return true; });
  }

 private:
  Status ReadList() {
    OfflineSyncEvents events;
    events.update = [this](OfflineUpdate&& update) -> Status {
      by_id_.emplace(update.id, updates_.size());
      updates_.push_back(std::move(update));
      return {};
    };
    events.location = [this](const Sha1Digest& file, std::string_view url) -> Status {
      urls_.emplace(file, url);
      return {};
    };
    OfflineSyncParser parser(std::move(events));
    return ParseXml(scan_.package_xml, false, parser);
  }

  // Whatever people install; of several, the first, which WSUS lists as the newest.
  const OfflineUpdate* Chosen() const {
    const OfflineUpdate* chosen = nullptr;
    for (const auto& update : updates_) {
      if (!update.installable()) continue;
      if (chosen == nullptr || (update.bundle && !chosen->bundle)) chosen = &update;
    }
    return chosen;
  }

  const Bytes* File(std::string_view folder, std::uint32_t revision) const {
    const auto found = scan_.files.find(fmt::format("{}\\{}", folder, revision));
    return found == scan_.files.end() ? nullptr : &found->second;
  }

  Status Texts(std::uint32_t revision, std::vector<LocalizedText>& out) const {
    const auto suffix = fmt::format("\\{}", revision);
    constexpr std::string_view kFolder = "localized\\";
    for (const auto& [name, bytes] : scan_.files) {
      if (!name.starts_with(kFolder) || !name.ends_with(suffix)) continue;
      WW_TRY(auto text, ParseLocalized(bytes), name);
      const auto locale = LocaleOf(text.language);
      if (!locale || text.title.empty()) continue;
      if (out_.support_url.empty()) out_.support_url = text.support_url;
      LocalizedText one{*locale, std::move(text.title), std::move(text.description),
                        std::move(text.info_url)};
      const bool known = std::any_of(out.begin(), out.end(), [&](const LocalizedText& other) {
        return other.locale == one.locale;
      });
      if (!known) out.push_back(std::move(one));
    }
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
      return (a.locale == kEnglish) > (b.locale == kEnglish);
    });
    return {};
  }

  // Of the update, then of its parts: what the first one says counts.
  Status Properties(const OfflineUpdate& update) {
    const auto fill = [](std::string& to, std::string from) {
      if (to.empty()) to = std::move(from);
    };
    if (const auto* bytes = File("extended", update.revision)) {
      WW_TRY(auto extended, ParseExtended(*bytes), "extended metadata");
      fill(out_.article, extended.article);
      fill(out_.bulletin, extended.bulletin);
      fill(out_.severity, extended.severity);
      fill(out_.reboot, extended.reboot);
      fill(out_.support_url, extended.support_url);
      if (extended.impact == "RequiresExclusiveHandling") out_.exclusive = true;
      for (auto& file : extended.files) {
        PayloadFile payload{std::move(file.name), file.bytes, file.sha1, file.sha256, {}};
        if (const auto url = urls_.find(file.sha1); url != urls_.end()) payload.url = url->second;
        out_.payload.push_back(std::move(payload));
      }
    }
    if (const auto* bytes = File("core", update.revision)) {
      WW_TRY(const auto core, ParseCore(*bytes), "core metadata");
      for (const auto& id : core.supersedes) {
        auto text = GuidText(id);
        if (text != out_.unique_id && std::find(out_.supersedes.begin(), out_.supersedes.end(),
                                                text) == out_.supersedes.end()) {
          out_.supersedes.push_back(std::move(text));
        }
      }
    }
    return {};
  }

  Status Categories(const OfflineUpdate& update) {
    std::vector<std::pair<CategoryType, Guid>> todo = update.categories;
    // A product's own entry knows the family and the company it belongs to.
    for (std::size_t i = 0; i < todo.size() && i < 1000; ++i) {
      const auto [type, id] = todo[i];
      Category category;
      category.type = CategoryTypeName(type);
      category.id = GuidText(id);
      // Genuine lists name a family as Product and as ProductFamily; what it says itself counts.
      const auto found = by_id_.find(id);
      if (found != by_id_.end()) {
        const auto revision = updates_[found->second].revision;
        if (const auto* bytes = File("extended", revision)) {
          WW_TRY(const auto extended, ParseExtended(*bytes), "category");
          if (const auto own = ParseCategoryType(extended.category_type)) {
            category.type = CategoryTypeName(*own);
          }
        }
        std::vector<LocalizedText> texts;
        WW_RETURN_IF_ERROR(Texts(revision, texts));
        for (auto& text : texts) category.titles.emplace_back(text.locale, std::move(text.title));
        if (const auto* bytes = File("core", revision)) {
          WW_TRY(const auto core, ParseCore(*bytes), "category");
          if (!core.categories.empty()) category.parent = GuidText(core.categories.front());
        }
      }
      const bool known = std::any_of(
          out_.categories.begin(), out_.categories.end(),
          [&](const Category& other) { return other.unique_id() == category.unique_id(); });
      if (!known) out_.categories.push_back(std::move(category));
    }
    return {};
  }

  const cab::ScanMetadata& scan_;
  UpdateDescription& out_;
  std::vector<OfflineUpdate> updates_;
  std::map<Guid, std::size_t> by_id_;
  std::map<Sha1Digest, std::string> urls_;
};

}  // namespace

Result<bool> ApplyScanMetadata(const cab::ScanMetadata& scan, UpdateDescription& out) {
  return ScanReader(scan, out).Run();
}

}  // namespace ww::catalog
