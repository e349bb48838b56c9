// The XML fragments of one revision: core, extended, localized (windows-servicing.md 8.1).
#include <fmt/format.h>

#include <charconv>

#include "offline_sync.h"
#include "wimwright/base/text.h"

namespace ww::catalog {
namespace {

constexpr std::size_t kMaxText = 64 << 10;
constexpr std::size_t kMaxList = 20'000;

// Keeps the path of open elements and the text of the innermost one.
class PathSink : public XmlSink {
 public:
  Status Begin(std::string_view name, const XmlAttributes& attributes) final {
    open_.emplace_back(name);
    text_.clear();
    return Element(name, attributes);
  }
  Status End(std::string_view name) final {
    Leaf(name, Trim(text_));
    text_.clear();
    open_.pop_back();
    return {};
  }
  Status Text(std::string_view text) final {
    if (text_.size() + text.size() <= kMaxText) text_ += text;
    return {};
  }

 protected:
  virtual Status Element(std::string_view name, const XmlAttributes& attributes) = 0;
  virtual void Leaf(std::string_view name, std::string_view text) = 0;
  // The element around the innermost one: 1 its parent, 2 the one around that.
  std::string_view Around(std::size_t steps) const {
    return open_.size() > steps ? std::string_view(open_[open_.size() - 1 - steps])
                                : std::string_view();
  }

 private:
  std::vector<std::string> open_;
  std::string text_;
};

class CoreSink final : public PathSink {
 public:
  CoreFragment out;

 protected:
  Status Element(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "UpdateIdentity") {
      const auto id = ParseGuid(attributes["UpdateID"]);
      if (!id) return Fail(Code::kCorrupt, "an UpdateIdentity without an UpdateID");
      if (Around(1).empty()) {
        out.id = *id;
        const auto text = attributes["RevisionNumber"];
        std::from_chars(text.data(), text.data() + text.size(), out.revision_number);
      } else if (Around(1) == "SupersededUpdates") {
        if (out.supersedes.size() >= kMaxList) return Fail(Code::kLimit, "too many updates");
        out.supersedes.push_back(*id);
      } else if (Around(1) == "AtLeastOne" && category_group_ && Around(2) == "Prerequisites") {
        if (out.categories.size() >= kMaxList) return Fail(Code::kLimit, "too many categories");
        out.categories.push_back(*id);
      }
    } else if (name == "AtLeastOne") {
      category_group_ = attributes["IsCategory"] == "true";
    } else if (name == "Properties" && Around(1).empty()) {
      out.type = attributes["UpdateType"];
    }
    return {};
  }
  void Leaf(std::string_view, std::string_view) override {}

 private:
  bool category_group_ = false;
};

class ExtendedSink final : public PathSink {
 public:
  ExtendedFragment out;

 protected:
  Status Element(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "ExtendedProperties" && Around(1).empty()) {
      const auto handler = attributes["Handler"];
      const auto slash = handler.rfind('/');
      out.handler = slash == std::string_view::npos ? handler : handler.substr(slash + 1);
      out.severity = attributes["MsrcSeverity"];
      const auto text = attributes["MaxDownloadSize"];
      std::from_chars(text.data(), text.data() + text.size(), out.max_download);
    } else if (name == "InstallationBehavior") {
      out.reboot = attributes["RebootBehavior"];
      out.impact = attributes["Impact"];
    } else if (name == "CategoryInformation") {
      out.category_type = attributes["CategoryType"];
    } else if (name == "File" && Around(1) == "Files") {
      return AddFile(attributes);
    } else if (name == "AdditionalDigest" && Around(1) == "File") {
      sha256_ = attributes["Algorithm"] == "SHA256";
    }
    return {};
  }
  void Leaf(std::string_view name, std::string_view text) override {
    if (name == "KBArticleID" && out.article.empty()) out.article = text;
    if (name == "SecurityBulletinID" && out.bulletin.empty()) out.bulletin = text;
    if (name == "SupportUrl" && Around(1) == "ExtendedProperties") out.support_url = text;
    if (name == "AdditionalDigest" && sha256_ && !out.files.empty()) {
      const auto bytes = FromBase64(text);
      Sha256Digest digest;
      if (bytes && bytes->size() == digest.size()) {
        std::copy(bytes->begin(), bytes->end(), digest.begin());
        out.files.back().sha256 = digest;
      }
    }
  }

 private:
  Status AddFile(const XmlAttributes& attributes) {
    if (out.files.size() >= kMaxList) return Fail(Code::kLimit, "too many files");
    ExtendedFragment::File file;
    file.name = attributes["FileName"];
    file.patching = attributes["PatchingType"];
    const auto size = attributes["Size"];
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), file.bytes);
    const auto digest = ParseSha1(attributes["Digest"]);
    if (error != std::errc() || end != size.data() + size.size() || !digest) {
      return Fail(Code::kCorrupt,
                  fmt::format("the file '{}' has no size or no digest", file.name.substr(0, 100)));
    }
    file.sha1 = *digest;
    out.files.push_back(std::move(file));
    return {};
  }
  bool sha256_ = false;
};

class LocalizedSink final : public PathSink {
 public:
  LocalizedFragment out;

 protected:
  Status Element(std::string_view, const XmlAttributes&) override { return {}; }
  void Leaf(std::string_view name, std::string_view text) override {
    if (Around(1) != "LocalizedProperties") return;
    if (name == "Language") out.language = text;
    if (name == "Title") out.title = text;
    if (name == "Description") out.description = text;
    if (name == "MoreInfoUrl" && out.info_url.empty()) out.info_url = text;
    if (name == "SupportUrl") out.support_url = text;
  }
};

template <typename Sink>
auto Parse(ByteView fragment) -> Result<decltype(Sink::out)> {
  Sink sink;
  WW_RETURN_IF_ERROR(ParseXml(fragment, true, sink));
  return std::move(sink.out);
}

}  // namespace

Result<CoreFragment> ParseCore(ByteView fragment) { return Parse<CoreSink>(fragment); }
Result<ExtendedFragment> ParseExtended(ByteView fragment) { return Parse<ExtendedSink>(fragment); }
Result<LocalizedFragment> ParseLocalized(ByteView fragment) {
  return Parse<LocalizedSink>(fragment);
}

}  // namespace ww::catalog
