#include <fmt/format.h>

#include <algorithm>

#include "describe_package.h"
#include "describe_scan.h"
#include "languages.h"
#include "products.h"
#include "wimwright/base/text.h"
#include "wimwright/catalog/description.h"

namespace ww::catalog {
namespace {

constexpr std::size_t kPiece = 1 << 20;

Status HashFile(FileSystem& fs, const std::filesystem::path& path, const Cancellation& cancelled,
                UpdateDescription& out) {
  WW_TRY(const auto file, fs.Open(path, OpenMode::kRead), "reading");
  WW_TRY(out.bytes, file->Size(), "reading");
  Sha1Hasher sha1;
  Sha256Hasher sha256;
  Bytes buffer(std::min<std::uint64_t>(out.bytes, kPiece));
  for (std::uint64_t at = 0; at < out.bytes; at += buffer.size()) {
    WW_RETURN_IF_ERROR(cancelled.Check());
    const auto piece =
        MutableByteView(buffer).first(std::min<std::uint64_t>(buffer.size(), out.bytes - at));
    WW_RETURN_IF_ERROR(file->ReadAt(at, piece));
    sha1.Update(piece);
    sha256.Update(piece);
  }
  out.sha1 = sha1.Finish();
  out.sha256 = sha256.Finish();
  return {};
}

// Both digests of members, as they pass by.
class DigestSink final : public cab::MemberSink {
 public:
  struct Digests {
    std::uint64_t bytes = 0;
    Sha1Digest sha1{};
    Sha256Digest sha256{};
  };
  explicit DigestSink(const Cancellation& cancelled) : cancelled_(cancelled) {}
  Status Begin(const cab::Member& member, std::size_t) override {
    name_ = member.name;
    bytes_ = 0;
    return {};
  }
  Status Write(ByteView bytes) override {
    WW_RETURN_IF_ERROR(cancelled_.Check());
    bytes_ += bytes.size();
    sha1_.Update(bytes);
    sha256_.Update(bytes);
    return {};
  }
  Status End() override {
    found[FoldCase(name_)] = {bytes_, sha1_.Finish(), sha256_.Finish()};
    return {};
  }
  std::map<std::string, Digests> found;

 private:
  const Cancellation& cancelled_;
  std::string name_;
  std::uint64_t bytes_ = 0;
  Sha1Hasher sha1_;
  Sha256Hasher sha256_;
};

// The members that scan metadata names have the digests it states. Those that are not in this file
// (language packs, express payload) are left out.
Status VerifyPayload(cab::UpdateFile& file, const Cancellation& cancelled, UpdateDescription& out) {
  std::vector<std::size_t> wanted;
  std::vector<PayloadFile> present;
  for (auto& payload : out.payload) {
    const auto index = file.container->Find(payload.name);
    if (!index) continue;
    wanted.push_back(*index);
    present.push_back(std::move(payload));
  }
  out.payload = std::move(present);
  DigestSink digests(cancelled);
  WW_RETURN_IF_ERROR(file.container->Stream(wanted, digests));
  for (auto& payload : out.payload) {
    const auto found = digests.found.find(FoldCase(payload.name));
    if (found == digests.found.end() || found->second.sha1 != payload.sha1 ||
        (payload.sha256 && *payload.sha256 != found->second.sha256)) {
      return Fail(Error{Code::kVerificationFailed,
                        fmt::format("{} is not what the update's scan metadata says", payload.name),
                        "Download the update again.", 0});
    }
    // Older metadata states SHA-1 only; from here on both are known.
    payload.bytes = found->second.bytes;
    payload.sha256 = found->second.sha256;
  }
  return {};
}

// A servicing stack that travels with its cumulative update does not name it.
std::size_t MainOf(const std::vector<PackageDescription>& packages) {
  const auto rank = [](const PackageDescription& package) {
    switch (package.kind) {
      case cbs::UpdateKind::kCumulative:
        return 0;
      case cbs::UpdateKind::kDotNet:
        return 1;
      case cbs::UpdateKind::kServicingStack:
        return 3;
      default:
        return 2;
    }
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i < packages.size(); ++i) {
    if (rank(packages[i]) < rank(packages[best])) best = i;
  }
  return best;
}

std::string Property(const cab::UpdateFile& file, std::string_view name) {
  for (const auto& [key, value] : file.properties) {
    if (EqualNoCaseAscii(key, name)) return value;
  }
  return {};
}

// "2012/11/03" as "2012-11-03".
std::string IsoDate(std::string date) {
  std::replace(date.begin(), date.end(), '/', '-');
  return date;
}

std::string RebootOf(std::string_view restart) {
  if (EqualNoCaseAscii(restart, "required")) return "AlwaysRequiresReboot";
  if (EqualNoCaseAscii(restart, "possible")) return "CanRequestReboot";
  if (EqualNoCaseAscii(restart, "never")) return "NeverReboots";
  return {};
}

// What nothing better was found for.
void FillFromPackages(const cab::UpdateFile& file, UpdateDescription& out) {
  const auto& main = out.main_package();
  const auto fill = [](std::string& to, std::string from) {
    if (to.empty()) to = std::move(from);
  };
  fill(out.unique_id, main.identity);
  fill(out.article, main.kb);
  fill(out.article, Property(file, "KB Article Number"));
  fill(out.architecture, main.architecture);
  fill(out.reboot, RebootOf(main.restart));
  fill(out.created, main.created);
  fill(out.created, IsoDate(Property(file, "Build Date")));
  fill(out.support_url, main.support_url);
  fill(out.support_url, Property(file, "Support Link"));
  if (main.kind == cbs::UpdateKind::kServicingStack) out.exclusive = true;
  if (out.texts.empty()) {
    out.texts.push_back({kEnglish, MadeTitle(main), main.description, out.support_url});
  }
  const bool classified = std::any_of(out.categories.begin(), out.categories.end(),
                                      [](const auto& one) { return one.type == "Product"; });
  if (!classified) {
    for (auto& category : MadeCategories(main)) {
      const bool known =
          std::any_of(out.categories.begin(), out.categories.end(), [&](const Category& other) {
            return other.id == category.id ||
                   (category.type == "UpdateClassification" && other.type == category.type);
          });
      if (!known) out.categories.push_back(std::move(category));
    }
  }
  for (const auto& package : out.packages) {
    if (package.language.empty()) continue;
    if (std::find(out.languages.begin(), out.languages.end(), package.language) ==
        out.languages.end()) {
      out.languages.push_back(package.language);
    }
  }
}

}  // namespace

std::string Category::title() const {
  for (const auto& [locale, title] : titles) {
    if (locale == kEnglish) return title;
  }
  return titles.empty() ? std::string() : titles.front().second;
}

Result<UpdateDescription> DescribeUpdate(FileSystem& fs, const std::filesystem::path& path,
                                         const DescribeOptions& options) {
  const auto& cancelled =
      options.cancellation != nullptr ? *options.cancellation : NeverCancelled();
  UpdateDescription out;
  out.file_name = options.file_name.empty() ? path.filename().string() : options.file_name;
  cab::OpenOptions open;
  open.scratch_dir = options.scratch_dir;
  open.cancellation = options.cancellation;
  auto opened = cab::OpenUpdate(fs, path, open);
  if (!opened) return Fail(opened.error());
  auto& file = *opened;
  out.container = file.kind;
  if (file.kind != cab::ContainerKind::kFolder) {
    WW_RETURN_IF_ERROR(HashFile(fs, path, cancelled, out));
  }
  for (const auto& package : file.packages) {
    WW_RETURN_IF_ERROR(cancelled.Check());
    WW_TRY(auto described, DescribePackage(*package, out.engine_refusal), package->name);
    if (file.packages.size() == 1 && file.kind != cab::ContainerKind::kMsu) {
      described.member = out.file_name;
    }
    out.packages.push_back(std::move(described));
  }
  out.main = MainOf(out.packages);
  if (file.container != nullptr) {
    auto scan = cab::ReadScanMetadata(file);
    if (scan) {
      WW_TRY(const auto found, ApplyScanMetadata(*scan, out), "WSUSSCAN.cab");
      if (found) WW_RETURN_IF_ERROR(VerifyPayload(file, cancelled, out));
    } else if (scan.error().code != Code::kNotFound) {
      return Fail(scan.error());
    }
  }
  FillFromPackages(file, out);
  return out;
}

}  // namespace ww::catalog
