#include "wimwright/lab/scan_catalog.h"

#include <fmt/format.h>

#include <array>

#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::lab {
namespace {

constexpr std::string_view kCompany = "56309036-4c77-4dd9-951a-99ee9c246a94";
constexpr std::string_view kFamily = "6964aab4-c5b5-43bd-a17d-ffb4346a8e1d";

struct Node {
  std::string_view type, id, title, parent;
};
constexpr std::array kNodes{
    Node{"Company", kCompany, "Microsoft", ""},
    Node{"ProductFamily", kFamily, "Windows", kCompany},
    Node{"Product", "a3c2375d-0c8a-42f9-bce0-28333e198407", "Windows 10", kFamily},
    Node{"Product", "bfe5b177-a086-47a0-b102-097e4fa1f807", "Windows 7", kFamily},
    Node{"Product", "569e8e8f-c6cd-42c8-92a3-efbb20a0f6f5", "Windows Server 2016", kFamily},
    Node{"Product", "25aed893-7c2d-4a31-ae22-28ff8ac150ed", "Office 2016", kCompany},
    Node{"UpdateClassification", "0fa1201d-4330-4fa8-8ae9-b877473b6441", "Security Updates", ""},
    Node{"UpdateClassification", "28bc880e-0592-4cbf-8f95-c79b17911d5f", "Update Rollups", ""},
};
constexpr std::uint32_t kProducts = 4, kFirstProduct = 2, kFirstClassification = 6;

// 128 bits that follow from the seed and two numbers.
Sha256Digest Mix(std::uint64_t seed, std::string_view kind, std::uint64_t number) {
  return Sha256(AsBytes(fmt::format("{}/{}/{}", seed, kind, number)));
}

std::string Guid(const Sha256Digest& digest) {
  const auto hex = ToHex(digest);
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-4" + hex.substr(13, 3) + "-a" +
         hex.substr(17, 3) + "-" + hex.substr(20, 12);
}

class Maker {
 public:
  Maker(FileSystem& fs, const std::filesystem::path& path, const ScanCatalogOptions& options)
      : fs_(fs), path_(path), options_(options) {
    total_ = options.entries * 48 / 100;
    withdrawn_ = std::min(options.withdrawn, total_);
    facts_.updates = facts_.parts = total_ - withdrawn_;
  }

  Result<ScanCatalogFacts> Run() {
    const auto folder = path_.parent_path();
    WW_TRY(xml_, fs_.CreateUnnamed(folder), "package.xml");
    WW_RETURN_IF_ERROR(WriteList());
    facts_.package_xml_bytes = size_;
    const auto package = Temporary("package");
    CabInput list{"package.xml", {}, Reader(*xml_), size_};
    WW_RETURN_IF_ERROR(WriteCab(fs_, package, {&list, 1}, Inner()));
    std::string index = "<?xml version=\"1.0\" encoding=\"utf-8\"?><OFFLINEINDEX><CABLIST>";
    std::vector<std::filesystem::path> cabs{package};
    const auto all = total_ * 2;
    for (std::uint32_t from = 0; from == 0 || from < all; from += options_.updates_per_cab) {
      const auto to = std::min(all, from + options_.updates_per_cab);
      cabs.push_back(Temporary(fmt::format("package{}", cabs.size() + 1)));
      WW_RETURN_IF_ERROR(WriteDetails(cabs.back(), from, to));
      index +=
          fmt::format("<CAB NAME=\"package{}.cab\" RANGESTART=\"{}\"{}/>", cabs.size(),
                      from == 0 ? 0 : kFirstRevision + from, from == 0 ? " FILESDIR=\"1\"" : "");
      if (all == 0) break;
    }
    index += "</CABLIST></OFFLINEINDEX>";
    std::vector<CabInput> members;
    members.push_back({"index.xml", ToBytes(index)});
    for (std::size_t i = 0; i < cabs.size(); ++i) {
      WW_TRY(auto member,
             CabInputFromFile(fs_, cabs[i],
                              i == 0 ? "package.cab" : fmt::format("package{}.cab", i + 1)),
             "catalogue");
      members.push_back(std::move(member));
    }
    CabOptions outer;
    outer.compression = options_.outer_compression;
    auto written = WriteCab(fs_, path_, members, outer);
    for (const auto& cab : cabs) static_cast<void>(fs_.Remove(cab));
    WW_RETURN_IF_ERROR(written);
    return facts_;
  }

 private:
  static constexpr std::uint32_t kFirstRevision = 1000;  // of updates; categories are below

  std::filesystem::path Temporary(const std::string& name) const {
    return path_.string() + "." + name;
  }
  CabOptions Inner() const {
    CabOptions inner;
    inner.compression = options_.compression;
    inner.folder_limit = 64 << 20;
    return inner;
  }
  static std::function<Status(std::uint64_t, MutableByteView)> Reader(const File& file) {
    return [&file](std::uint64_t offset, MutableByteView out) { return file.ReadAt(offset, out); };
  }

  // The first number at or behind `n` that is not withdrawn.
  std::uint32_t First(std::uint32_t n) const { return std::max(n, withdrawn_ * 2); }
  bool IsRevised(std::uint32_t update) const {
    return update >= withdrawn_ && update - withdrawn_ < options_.revised;
  }
  std::uint32_t RevisionNumberOf(std::uint32_t update) const {
    return 200 + update % 3 + (IsRevised(update) ? 10 : 0);
  }
  // Number `n`: part and bundle take turns, the part first, as they do in real lists.
  bool IsPart(std::uint32_t n) const { return n % 2 == 0; }
  std::uint32_t RevisionOf(std::uint32_t n) const { return kFirstRevision + n; }
  // One update in six is current; the others are replaced by the next ones of their line.
  static constexpr std::uint32_t kLine = 6;
  std::uint32_t SuccessorsOf(std::uint32_t update) const {
    const auto left = kLine - 1 - update % kLine;
    const auto last = total_ - 1 - update;
    return std::min(left, last);
  }
  std::uint32_t NodeOf(std::uint32_t update) const {
    return kFirstProduct + (update / kLine) % kProducts;
  }
  bool IsCbs(std::uint32_t update) const { return NodeOf(update) != 5; }
  std::string Article(std::uint32_t update) const { return std::to_string(5'000'000 + update); }
  std::uint32_t FilesOf(std::uint32_t update) const { return update % 10 == 0 ? 2 : 1; }
  Sha256Digest FileDigest(std::uint32_t update, std::uint32_t file) const {
    return Mix(options_.seed, "file", update * 4ULL + file);
  }
  static std::string Sha1Text(const Sha256Digest& digest) {
    return ToBase64(ByteView(digest).first(20));
  }
  std::string FileName(std::uint32_t update, std::uint32_t file) const {
    return fmt::format("windows10.0-kb{}-x64{}_{}.cab", Article(update), file == 0 ? "" : "-ndp48",
                       ToHex(FileDigest(update, file)).substr(0, 40));
  }

  Status Put(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() < (1U << 20)) return {};
    return Flush();
  }
  Status Flush() {
    WW_RETURN_IF_ERROR(xml_->WriteAt(size_, AsBytes(buffer_)));
    size_ += buffer_.size();
    buffer_.clear();
    return {};
  }

  std::string Prerequisites(std::uint32_t n) const {
    if (options_.prerequisite_bytes == 0) return {};
    std::string out = "<Prerequisites>";
    for (std::uint32_t i = 0; out.size() < options_.prerequisite_bytes; ++i) {
      const auto id = Guid(Mix(options_.seed, "detector", (n / kLine + i) % 997));
      out += i % 3 == 0 ? fmt::format("<UpdateId Id=\"{}\" />", id)
                        : fmt::format("<Or><UpdateId Id=\"{}\" /></Or>", id);
    }
    return out + "</Prerequisites>";
  }

  Status WriteList() {
    WW_RETURN_IF_ERROR(
        Put("<?xml version=\"1.0\" encoding=\"utf-8\"?><OfflineSyncPackage "
            "MinimumClientVersion=\"5.8.0.2678\" ProtocolVersion=\"1.0\" "
            "PackageId=\"7a1e5a1c-95a1-4a3b-8d1c-6f0c6b1b2a11\" "
            "SourceId=\"cc56dcba-9d95-4e2f-8b4f-a3b6a7a3d8d9\" "
            "CreationDate=\"" +
            options_.created +
            "\" PackageVersion=\"1.1\" "
            "xmlns=\"http://schemas.microsoft.com/msus/2004/02/OfflineSync\"><Updates>"));
    const auto all = total_ * 2;
    for (auto n = First(0); n < all; ++n) WW_RETURN_IF_ERROR(WriteEntry(n));
    const auto rest = std::max<std::uint32_t>(options_.entries - all, kNodes.size());
    for (std::uint32_t i = 0; i < rest; ++i) {
      const auto id =
          i < kNodes.size() ? std::string(kNodes[i].id) : Guid(Mix(options_.seed, "detector", i));
      const auto revision = i < kNodes.size() ? i + 1 : RevisionOf(all) + i;
      WW_RETURN_IF_ERROR(
          Put(fmt::format("<Update CreationDate=\"2015-07-30T00:00:00Z\" DefaultLanguage=\"en\" "
                          "UpdateId=\"{}\" RevisionNumber=\"100\" RevisionId=\"{}\" "
                          "DeploymentAction=\"Evaluate\" IsSoftware=\"false\" />",
                          id, revision)));
    }
    facts_.entries = all - First(0) + rest;
    WW_RETURN_IF_ERROR(Put("</Updates><FileLocations>"));
    for (auto update = withdrawn_; update < total_; ++update) {
      for (std::uint32_t file = 0; file < FilesOf(update); ++file) {
        WW_RETURN_IF_ERROR(Put(
            fmt::format("<FileLocation Id=\"{}\" Url=\"http://download.example.org/d/msdownload/"
                        "update/software/secu/2024/06/{}\" />",
                        Sha1Text(FileDigest(update, file)), FileName(update, file))));
        ++facts_.files;
      }
    }
    WW_RETURN_IF_ERROR(Put("</FileLocations></OfflineSyncPackage>"));
    return Flush();
  }

  Status WriteEntry(std::uint32_t n) {
    const auto update = n / 2;
    const auto created = fmt::format("20{:02}-{:02}-{:02}T18:00:00Z", 10 + update / kLine % 14,
                                     1 + update % 12, 1 + update % 28);
    const auto head = fmt::format(
        "<Update CreationDate=\"{}\" DefaultLanguage=\"en\" UpdateId=\"{}\" "
        "RevisionNumber=\"{}\" RevisionId=\"{}\" IsLeaf=\"true\"",
        created, Guid(Mix(options_.seed, IsPart(n) ? "part" : "update", update)),
        RevisionNumberOf(update), RevisionOf(n));
    if (IsPart(n)) {
      std::string text = head + " DeploymentAction=\"Bundle\"><PayloadFiles>";
      for (std::uint32_t file = 0; file < FilesOf(update); ++file) {
        text += fmt::format("<File Id=\"{}\" />", Sha1Text(FileDigest(update, file)));
      }
      text += "</PayloadFiles>" + Prerequisites(n);
      return Put(text + fmt::format("<BundledBy><Revision Id=\"{}\" /></BundledBy></Update>",
                                    RevisionOf(n + 1)));
    }
    const auto& product = kNodes[NodeOf(update)];
    const auto& kind = kNodes[kFirstClassification + update % 2];
    std::string text =
        head + fmt::format(
                   " IsBundle=\"true\"><Categories><Category Type=\"Company\" Id=\"{}\" />"
                   "<Category Type=\"Product\" Id=\"{}\" /><Category Type=\"ProductFamily\" "
                   "Id=\"{}\" /><Category Type=\"UpdateClassification\" Id=\"{}\" />"
                   "</Categories>",
                   kCompany, product.id, kFamily, kind.id);
    text += Prerequisites(n) + "<Languages><Language Name=\"en\" />";
    for (const auto& language : options_.languages) {
      text += fmt::format("<Language Name=\"{}\" />", language);
    }
    text += "</Languages>";
    if (const auto successors = SuccessorsOf(update); successors != 0) {
      text += "<SupersededBy>";
      for (std::uint32_t i = 1; i <= successors; ++i) {
        text += fmt::format("<Revision Id=\"{}\" />", RevisionOf((update + i) * 2 + 1));
      }
      text += "</SupersededBy>";
      facts_.relations += successors;
      ++facts_.superseded;
    }
    return Put(text + "</Update>");
  }

  std::string Extended(std::uint32_t n) const {
    const auto update = n / 2;
    if (!IsPart(n)) {
      constexpr std::array<std::string_view, 4> kSeverities{"Critical", "Important", "Moderate",
                                                            "Low"};
      return fmt::format(
          "<ExtendedProperties DefaultPropertiesLanguage=\"en\" MsrcSeverity=\"{}\" "
          "IsBeta=\"false\"><SupportUrl>http://support.example.org</SupportUrl>"
          "<KBArticleID>{}</KBArticleID></ExtendedProperties>",
          kSeverities[update % kSeverities.size()], Article(update));
    }
    std::string out = fmt::format(
        "<ExtendedProperties DefaultPropertiesLanguage=\"en\" Handler=\"http://schemas.microsoft."
        "com/msus/2002/12/UpdateHandlers/{}\" MaxDownloadSize=\"{}\" MinDownloadSize=\"0\">"
        "<InstallationBehavior RebootBehavior=\"CanRequestReboot\" /></ExtendedProperties><Files>",
        IsCbs(update) ? "Cbs" : "WindowsInstaller", 1'000'000 + update);
    for (std::uint32_t file = 0; file < FilesOf(update); ++file) {
      const auto digest = FileDigest(update, file);
      out += fmt::format(
          "<File Digest=\"{}\" DigestAlgorithm=\"SHA1\" FileName=\"{}\" Size=\"{}\" "
          "Modified=\"2024-06-01T00:00:00Z\" PatchingType=\"SelfContained\"><AdditionalDigest "
          "Algorithm=\"SHA256\">{}</AdditionalDigest></File>",
          Sha1Text(digest), FileName(update, file), 1'000'000 + update, ToBase64(digest));
    }
    return out +
           "</Files><HandlerSpecificData type=\"cbs:Cbs\"><CbsData PackageIdentity=\"\" />"
           "</HandlerSpecificData>";
  }

  std::string Localized(std::uint32_t update, std::string_view language) const {
    const auto month = 1 + update % 12;
    return fmt::format(
        "<LocalizedProperties><Language>{}</Language><Title>20{:02}-{:02} Cumulative Update for {} "
        "for x64-based Systems{} (KB{})</Title><Description>Install this update to resolve issues "
        "in "
        "Windows. For a complete listing of the issues that are included in this update, see the "
        "associated Knowledge Base article for more information. After you install this item, you "
        "may have to restart your computer.</Description><UninstallNotes>This software update can "
        "be removed in the Control Panel.</UninstallNotes><MoreInfoUrl>http://support.example.org/"
        "help/{}</MoreInfoUrl><SupportUrl>http://support.example.org</SupportUrl>"
        "</LocalizedProperties>",
        language, 10 + update / kLine % 14, month, kNodes[NodeOf(update)].title,
        IsRevised(update) ? ", revised" : "", Article(update), Article(update));
  }

  // Core metadata is there and has to be passed over.
  std::string Core(std::uint32_t n) const {
    return fmt::format(
        "<UpdateIdentity UpdateID=\"{}\" RevisionNumber=\"{}\" /><Properties "
        "UpdateType=\"Software\" />{}",
        Guid(Mix(options_.seed, IsPart(n) ? "part" : "update", n / 2)), RevisionNumberOf(n / 2),
        "<ApplicabilityRules><IsInstalled><CbsPackageInstalled />"
        "</IsInstalled></ApplicabilityRules>");
  }

  Status WriteDetails(const std::filesystem::path& cab, std::uint32_t begin, std::uint32_t to) {
    std::vector<CabInput> members;
    const auto from = std::min(First(begin), to);
    const auto add = [&](std::string name, const std::string& text) {
      members.push_back({std::move(name), ToBytes(text)});
    };
    for (std::uint32_t n = from; n < to; ++n) {
      add(fmt::format("c\\{}", RevisionOf(n)), Core(n));
    }
    if (begin == 0) {
      for (std::uint32_t i = 0; i < kNodes.size(); ++i) {
        const auto& node = kNodes[i];
        add(fmt::format("c\\{}", i + 1),
            fmt::format("<UpdateIdentity UpdateID=\"{}\" RevisionNumber=\"100\" /><Properties "
                        "UpdateType=\"Category\" />{}",
                        node.id,
                        node.parent.empty()
                            ? ""
                            : fmt::format("<Relationships><Prerequisites><AtLeastOne "
                                          "IsCategory=\"true\"><UpdateIdentity UpdateID=\"{}\" />"
                                          "</AtLeastOne></Prerequisites></Relationships>",
                                          node.parent)));
        add(fmt::format("x\\{}", i + 1),
            fmt::format("<ExtendedProperties DefaultPropertiesLanguage=\"en\" Handler=\"http://"
                        "schemas.microsoft.com/msus/2002/12/UpdateHandlers/Category\" />"
                        "<HandlerSpecificData type=\"cat:Category\"><CategoryInformation "
                        "CategoryType=\"{}\" /></HandlerSpecificData>",
                        node.type));
        add(fmt::format("l\\en\\{}", i + 1),
            fmt::format("<LocalizedProperties><Language>en</Language><Title>{}</Title>"
                        "</LocalizedProperties>",
                        node.title));
      }
    }
    for (std::uint32_t n = from; n < to; ++n) add(fmt::format("x\\{}", RevisionOf(n)), Extended(n));
    for (std::uint32_t n = from; n < to; ++n) {
      if (IsPart(n)) continue;
      add(fmt::format("l\\en\\{}", RevisionOf(n)), Localized(n / 2, "en"));
    }
    for (const auto& language : options_.languages) {
      for (std::uint32_t n = from; n < to; ++n) {
        if (IsPart(n)) continue;
        add(fmt::format("l\\{}\\{}", language, RevisionOf(n)), Localized(n / 2, language));
      }
    }
    return WriteCab(fs_, cab, members, Inner());
  }

  FileSystem& fs_;
  std::filesystem::path path_;
  const ScanCatalogOptions& options_;
  ScanCatalogFacts facts_;
  std::uint32_t total_ = 0, withdrawn_ = 0;  // updates
  std::unique_ptr<File> xml_;
  std::uint64_t size_ = 0;
  std::string buffer_;
};

}  // namespace

Result<ScanCatalogFacts> WriteScanCatalog(FileSystem& fs, const std::filesystem::path& path,
                                          const ScanCatalogOptions& options) {
  return Maker(fs, path, options).Run();
}

}  // namespace ww::lab
