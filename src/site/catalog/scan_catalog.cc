#include "wimwright/catalog/scan_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "scan_container.h"
#include "scan_list.h"

namespace ww::catalog {
namespace {

constexpr std::uint64_t kMaxDetail = 4 << 20;  // of one member; genuine core files have 1 MB
constexpr std::size_t kMaxDescription = 8 << 10, kMaxText = 1 << 10;
// Texts and files that wait for the rest of their cabinet. Genuine cabinets need some 30 MB.
constexpr std::uint64_t kMaxHeld = 512 << 20;
constexpr std::uint64_t kPerItem = 128;  // what keeping one costs beside its text

// Everything is cut to what a row may hold; a catalogue cannot make us keep more.
struct Texts {
  std::string title, description, info_url, support_url;
};
struct Properties {
  std::string article, bulletin, severity, support_url;
  bool exclusive = false;
};
struct PartFile {
  std::string name;
  std::uint64_t bytes = 0;
  Sha1Digest sha1{};
  std::optional<Sha256Digest> sha256;
};
struct Part {
  bool cbs = false, exclusive = false;
  std::vector<PartFile> files;
};

class Reader final : public cab::MemberSink {
 public:
  Reader(ScanContainer container, const ScanEvents& events, const ScanOptions& options)
      : container_(std::move(container)), events_(events), options_(options) {}

  Result<ScanSummary> Run() {
    {
      WW_TRY(const auto members, container_.OpenList(), "scan catalogue");
      WW_TRY_STATUS(list_.Read(*members, *options_.cancellation), "package.xml");
    }
    summary_.created = list_.created();
    summary_.package_id = list_.package_id();
    summary_.source_id = list_.source_id();
    summary_.entries = list_.entries().size();
    summary_.circles = list_.circles();
    summary_.outdated = list_.outdated();
    summary_.whole = container_.whole();
    WW_RETURN_IF_ERROR(events_.begin(summary_));
    FindCategories();
    // What one cabinet tells is needed by updates of another: categories by all, parts by the
    // bundles around a border.
    WW_RETURN_IF_ERROR(ReadCategories());
    WW_RETURN_IF_ERROR(events_.categories(categories_));
    for (std::size_t i = 0; i < container_.details().size(); ++i) {
      WW_RETURN_IF_ERROR(ReadCabinet(i));
      const bool last = i + 1 == container_.details().size();
      WW_RETURN_IF_ERROR(Give(last ? UINT64_MAX : container_.details()[i + 1].first));
    }
    for (const auto& [newer, older] : list_.relations()) {
      WW_RETURN_IF_ERROR(options_.cancellation->Check());
      WW_RETURN_IF_ERROR(events_.relation({newer, older}));
    }
    return summary_;
  }

  // Members of a cabinet, as they pass by.
  Status Begin(const cab::Member& member, std::size_t) override {
    WW_RETURN_IF_ERROR(options_.cancellation->Check());
    if (member.size > kMaxDetail) {
      return Fail(Code::kLimit, fmt::format("{} has {} bytes", member.name, member.size));
    }
    current_ = *ParseDetailName(member.name);
    buffer_.clear();
    return {};
  }
  Status Write(ByteView bytes) override {
    Append(buffer_, bytes);
    return {};
  }
  Status End() override {
    auto taken = Take();
    if (taken) return {};
    return Fail(taken.error().Within(fmt::format("revision {}", current_.revision)));
  }

 private:
  void FindCategories() {
    std::map<Guid, CategoryType> wanted;
    for (const auto& [type, id] : list_.categories()) wanted.emplace(id, type);
    for (const auto& entry : list_.entries()) {
      if (entry.kind == ListEntry::Kind::kOther && wanted.contains(entry.id)) {
        category_revisions_.emplace(entry.revision, entry.id);
      }
    }
  }

  Result<std::vector<std::size_t>> Wanted(const cab::Members& members, bool categories) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < members.list().size(); ++i) {
      const auto detail = ParseDetailName(members.list()[i].name);
      if (!detail) continue;
      if (categories) {
        if (category_revisions_.contains(detail->revision)) out.push_back(i);
        continue;
      }
      if (detail->kind == DetailKind::kCore) continue;
      const auto* entry = list_.FindRevision(detail->revision);
      if (entry == nullptr || entry->kind == ListEntry::Kind::kOther) continue;
      if (detail->kind == DetailKind::kEnglish && entry->kind == ListEntry::Kind::kPart) continue;
      out.push_back(i);
    }
    return out;
  }

  Status ReadCategories() {
    for (const auto& cabinet : container_.details()) {
      if (category_revisions_.empty()) break;
      // Only cabinets that can have one of them.
      const auto next =
          std::find_if(container_.details().begin(), container_.details().end(),
                       [&](const DetailCabinet& other) { return other.first > cabinet.first; });
      const auto low = category_revisions_.lower_bound(cabinet.first);
      if (low == category_revisions_.end() ||
          (next != container_.details().end() && low->first >= next->first)) {
        continue;
      }
      WW_TRY(const auto members, container_.OpenDetails(cabinet), cabinet.name);
      WW_TRY(const auto wanted, Wanted(*members, true), cabinet.name);
      WW_TRY_STATUS(members->Stream(wanted, *this), cabinet.name);
    }
    for (const auto& [type, id] : list_.categories()) {
      Category category;
      category.type = CategoryTypeName(type);
      category.id = GuidText(id);
      const auto details = category_details_.find(id);
      if (details != category_details_.end()) {
        if (!details->second.title.empty()) {
          category.titles.emplace_back(1033, details->second.title);
        }
        if (details->second.parent) category.parent = GuidText(*details->second.parent);
      }
      categories_.push_back(std::move(category));
    }
    return {};
  }

  Status ReadCabinet(std::size_t index) {
    const auto& cabinet = container_.details()[index];
    WW_TRY(const auto members, container_.OpenDetails(cabinet), cabinet.name);
    WW_TRY(const auto wanted, Wanted(*members, false), cabinet.name);
    return members->Stream(wanted, *this);
  }

  Status Take() {
    const auto revision = current_.revision;
    if (const auto category = category_revisions_.find(revision);
        category != category_revisions_.end()) {
      auto& details = category_details_[category->second];
      if (current_.kind == DetailKind::kEnglish) {
        WW_TRY(auto text, ParseLocalized(buffer_), "text");
        details.title = std::move(text.title);
      } else if (current_.kind == DetailKind::kCore) {
        WW_TRY(const auto core, ParseCore(buffer_), "core");
        if (!core.categories.empty()) details.parent = core.categories.front();
      }
      return {};
    }
    if (current_.kind == DetailKind::kEnglish) {
      WW_TRY(auto text, ParseLocalized(buffer_), "text");
      Cut(text.description, kMaxDescription);
      for (auto* one : {&text.title, &text.info_url, &text.support_url}) Cut(*one, kMaxText);
      WW_RETURN_IF_ERROR(Hold(text.title.size() + text.description.size() + text.info_url.size()));
      texts_[revision] = {std::move(text.title), std::move(text.description),
                          std::move(text.info_url), std::move(text.support_url)};
      return {};
    }
    WW_TRY(auto extended, ParseExtended(buffer_), "properties");
    const auto* entry = list_.FindRevision(revision);
    if (entry == nullptr) return {};
    const bool exclusive = extended.impact == "RequiresExclusiveHandling";
    if (entry->kind == ListEntry::Kind::kInstallable) {
      for (auto* one :
           {&extended.article, &extended.bulletin, &extended.severity, &extended.support_url}) {
        Cut(*one, kMaxText);
      }
      WW_RETURN_IF_ERROR(Hold(extended.article.size() + extended.support_url.size()));
      properties_[revision] = {std::move(extended.article), std::move(extended.bulletin),
                               std::move(extended.severity), std::move(extended.support_url),
                               exclusive};
    }
    if (extended.handler.empty() && extended.files.empty()) return {};
    Part part;
    part.cbs = extended.handler == "Cbs";
    part.exclusive = exclusive;
    const bool whole =
        std::any_of(extended.files.begin(), extended.files.end(),
                    [](const auto& file) { return file.patching == "SelfContained"; });
    for (auto& file : extended.files) {
      // Differences against what a computer has are of no use for an image; where the whole file is
      // offered beside them, that is the content.
      if (whole && file.patching != "SelfContained") continue;
      part.files.push_back({std::move(file.name), file.bytes, file.sha1, file.sha256});
    }
    parts_[revision] = std::move(part);
    return {};
  }

  // Keeps UTF-8 whole.
  static void Cut(std::string& text, std::size_t most) {
    if (text.size() <= most) return;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
    text.resize(most);
  }
  Status Hold(std::uint64_t bytes) {
    held_ += bytes + kPerItem;
    if (held_ <= kMaxHeld) return {};
    return Fail(Code::kLimit, "the texts of one cabinet are too large");
  }

  // Updates whose details have all passed by: those below `border`, unless a part is above it.
  Status Give(std::uint64_t border) {
    for (; next_ < list_.entries().size(); ++next_) {
      const auto& entry = list_.entries()[next_];
      if (entry.revision >= border) break;
      if (entry.kind == ListEntry::Kind::kInstallable) waiting_.push_back(next_);
    }
    std::vector<std::size_t> later;
    for (const auto position : waiting_) {
      WW_RETURN_IF_ERROR(options_.cancellation->Check());
      const auto& entry = list_.entries()[position];
      const auto parts = list_.PartsOf(entry);
      const bool complete = std::all_of(parts.begin(), parts.end(), [&](std::uint32_t part) {
        return list_.entries()[part].revision < border;
      });
      if (!complete) {
        later.push_back(position);
        continue;
      }
      WW_RETURN_IF_ERROR(GiveOne(entry));
    }
    waiting_ = std::move(later);
    if (!waiting_.empty()) return {};
    texts_.clear();
    properties_.clear();
    // A part stays while one of its bundles is still to come.
    std::erase_if(parts_, [&](const auto& part) {
      const auto* entry = list_.FindRevision(part.first);
      const auto parents = list_.ParentsOf(*entry);
      return std::all_of(parents.begin(), parents.end(),
                         [&](std::uint32_t parent) { return parent < border; });
    });
    held_ = parts_.size() * kPerItem;
    return {};
  }

  void AddContent(const ListEntry& entry, ScanUpdate& update, bool& cbs, bool& any) const {
    const auto part = parts_.find(entry.revision);
    if (part == parts_.end()) return;
    any = true;
    cbs = cbs && part->second.cbs;
    if (part->second.exclusive) update.exclusive = true;
    ScanContent content;
    content.id = GuidText(entry.id);
    for (const auto& file : part->second.files) {
      content.files.push_back(
          {file.name, file.bytes, file.sha1, file.sha256, std::string(list_.UrlOf(file.sha1))});
    }
    if (!content.files.empty()) update.contents.push_back(std::move(content));
  }

  void AddLanguages(const ListEntry& entry, ScanUpdate& update) const {
    auto rest = list_.LanguagesOf(entry);
    while (!rest.empty()) {
      const auto end = std::min(rest.find(','), rest.size());
      const std::string one(rest.substr(0, end));
      if (std::find(update.languages.begin(), update.languages.end(), one) ==
          update.languages.end()) {
        update.languages.push_back(one);
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  Status GiveOne(const ListEntry& entry) {
    ScanUpdate update;
    update.id = GuidText(entry.id);
    update.revision = entry.revision;
    update.revision_number = entry.revision_number;
    update.created = list_.CreatedOf(entry);
    update.bundle = entry.bundle;
    update.superseded = entry.superseded;
    if (const auto found = properties_.find(entry.revision); found != properties_.end()) {
      update.article = found->second.article;
      update.bulletin = found->second.bulletin;
      update.severity = found->second.severity;
      update.support_url = found->second.support_url;
      update.exclusive = found->second.exclusive;
    }
    if (const auto found = texts_.find(entry.revision); found != texts_.end()) {
      update.title = found->second.title;
      update.description = found->second.description;
      update.info_url = found->second.info_url;
      if (update.support_url.empty()) update.support_url = found->second.support_url;
    }
    if (update.title.empty()) ++summary_.untitled;
    for (const auto category : list_.CategoriesOf(entry)) {
      const auto& [type, id] = list_.categories()[category];
      update.categories.push_back(fmt::format("{}:{}", CategoryTypeName(type), GuidText(id)));
    }
    AddLanguages(entry, update);
    if (update.languages.empty()) {
      for (const auto part : list_.PartsOf(entry)) AddLanguages(list_.entries()[part], update);
    }
    bool cbs = true, any = false;
    AddContent(entry, update, cbs, any);
    for (const auto part : list_.PartsOf(entry)) {
      AddContent(list_.entries()[part], update, cbs, any);
    }
    update.offline_serviceable = cbs && any;
    ++summary_.updates;
    return events_.update(std::move(update));
  }

  ScanContainer container_;
  const ScanEvents& events_;
  const ScanOptions& options_;
  ScanList list_;
  ScanSummary summary_;
  struct CategoryDetails {
    std::string title;
    std::optional<Guid> parent;
  };
  std::map<std::uint32_t, Guid> category_revisions_;
  std::map<Guid, CategoryDetails> category_details_;
  std::vector<Category> categories_;
  std::unordered_map<std::uint32_t, Texts> texts_;
  std::unordered_map<std::uint32_t, Properties> properties_;
  std::unordered_map<std::uint32_t, Part> parts_;
  std::vector<std::size_t> waiting_;
  std::size_t next_ = 0;
  std::uint64_t held_ = 0;
  DetailMember current_{};
  Bytes buffer_;
};

}  // namespace

Result<ScanSummary> ReadScanCatalog(FileSystem& fs, const std::filesystem::path& path,
                                    const ScanEvents& events, const ScanOptions& options) {
  WW_TRY(auto container, ScanContainer::Open(fs, path, options), path.filename().string());
  return Reader(std::move(container), events, options).Run();
}

}  // namespace ww::catalog
