#include "wimwright/cbs/update_content.h"

#include <fmt/format.h>

#include <unordered_set>

#include "advice.h"
#include "wimwright/base/text.h"
#include "wimwright/cbs/hresult.h"
#include "wimwright/delta/store_wrapper.h"

namespace ww::cbs {
namespace {

constexpr std::uint64_t kMaxMetadata = 1ull
                                       << 30;  // all mums, catalogues and manifests of one update

bool EndsWith(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() &&
         EqualNoCaseAscii(text.substr(text.size() - suffix.size()), suffix);
}

bool IsTopLevel(std::string_view member) { return member.find('\\') == std::string_view::npos; }

// <keyform>\r\<file>; the file may lie in sub-directories.
bool IsReverseDelta(std::string_view member) {
  const auto at = member.find('\\');
  return at != std::string_view::npos && EqualNoCaseAscii(member.substr(at, 3), R"(\r\)");
}

class MetadataSink final : public cab::MemberSink {
 public:
  MetadataSink(std::map<std::size_t, Bytes>& files,
               std::unordered_map<std::size_t, FileGoal>& reverse)
      : files_(files), reverse_(reverse) {}

  Status Begin(const cab::Member& member, std::size_t index) override {
    index_ = index;
    hashed_ = IsReverseDelta(member.name);
    hasher_ = Sha256Hasher();
    current_ = Bytes();
    size_ = member.size;
    if (hashed_) return {};
    kept_ += member.size;
    if (kept_ > kMaxMetadata) return Fail(Code::kLimit, "over 1 GiB of metadata");
    current_.reserve(static_cast<std::size_t>(member.size));
    return {};
  }
  Status Write(ByteView bytes) override {
    if (hashed_) {
      hasher_.Update(bytes);
    } else {
      current_.insert(current_.end(), bytes.begin(), bytes.end());
    }
    return {};
  }
  Status End() override {
    if (hashed_) {
      reverse_[index_] = {hasher_.Finish(), size_};
    } else {
      files_[index_] = std::move(current_);
    }
    return {};
  }

 private:
  std::map<std::size_t, Bytes>& files_;
  std::unordered_map<std::size_t, FileGoal>& reverse_;
  std::size_t index_ = 0;
  bool hashed_ = false;
  Sha256Hasher hasher_;
  Bytes current_;
  std::uint64_t size_ = 0;
  std::uint64_t kept_ = 0;
};

std::string PackageKey(const manifest::AssemblyIdentity& identity) {
  return ToLowerAscii(manifest::PackageIdentityString(identity));
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return EqualNoCaseAscii(text.substr(0, prefix.size()), prefix);
}

// "Microsoft-Windows-25H2Enablement-Package": the best known integration script tells these by the
// name of a package that the update carries.
bool IsEnablementPackage(std::string_view name) {
  constexpr std::string_view kStart = "Microsoft-Windows-";
  constexpr std::string_view kEnd = "Enablement-Package";
  return name.size() > kStart.size() + kEnd.size() &&
         EqualNoCaseAscii(name.substr(0, kStart.size()), kStart) &&
         EqualNoCaseAscii(name.substr(name.size() - kEnd.size()), kEnd);
}

UpdateKind KindOf(const manifest::AssemblyIdentity& outer,
                  const std::map<std::string, std::unique_ptr<PackageFile>>& packages,
                  const std::map<std::string, std::unique_ptr<ComponentFile>>& components) {
  const auto& name = outer.name;
  if (StartsWith(name, "Package_for_SafeOSDU")) return UpdateKind::kSafeOs;
  if (StartsWith(name, "Package_for_RollupFix")) return UpdateKind::kCumulative;
  if (StartsWith(name, "Package_for_ServicingStack")) return UpdateKind::kServicingStack;
  if (StartsWith(name, "Package_for_DotNetRollup")) return UpdateKind::kDotNet;
  // Package_for_*NetFx* (8.4).
  if (StartsWith(name, "Package_for_") && ToLowerAscii(name).find("netfx") != std::string::npos) {
    return UpdateKind::kDotNet;
  }
  for (const auto& [keyform, file] : components) {
    if (EqualNoCaseAscii(file->manifest.identity.name, "Microsoft-Windows-ServicingStack")) {
      return UpdateKind::kServicingStack;
    }
  }
  for (const auto& [id, file] : packages) {
    if (IsEnablementPackage(file->manifest.identity.name)) return UpdateKind::kEnablement;
  }
  return UpdateKind::kOther;
}

}  // namespace

std::string_view UpdateKindName(UpdateKind kind) {
  switch (kind) {
    case UpdateKind::kServicingStack:
      return "servicing stack update";
    case UpdateKind::kEnablement:
      return "enablement package";
    case UpdateKind::kCumulative:
      return "cumulative update";
    case UpdateKind::kDotNet:
      return ".NET cumulative update";
    case UpdateKind::kSafeOs:
      return "SafeOS dynamic update";
    case UpdateKind::kOther:
      return "update";
  }
  return "update";
}

Result<UpdateContent> UpdateContent::LoadUnsigned(cab::UpdatePackage& package, std::string input) {
  UpdateContent content;
  content.input_ = std::move(input);
  content.source_ = &package;
  WW_RETURN_IF_ERROR(content.Index(package));
  content.Classify();
  return content;
}

Result<UpdateContent> UpdateContent::Load(cab::UpdatePackage& package, std::string input,
                                          const manifest::TrustStore* trust) {
  auto content = LoadUnsigned(package, std::move(input));
  if (!content) return content;
  WW_RETURN_IF_ERROR(content->CheckCatalogs(trust));
  return content;
}

void UpdateContent::Classify() {
  kind_ = KindOf(outer().manifest.identity, packages_, components_);
  checkpoint_ = kind_ == UpdateKind::kCumulative &&
                AsText(*outer().mum).find("Baseline") != std::string_view::npos;
}

// One pass over the container: metadata are kept, reverse deltas only measured, unless the
// package's index has their digests.
Status UpdateContent::ReadMembers(cab::UpdatePackage& package,
                                  std::map<std::size_t, Bytes>& files) {
  auto& members = package.members();
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < members.list().size(); ++i) {
    const auto& member = members.list()[i];
    const auto& name = member.name;
    if (IsTopLevel(name) &&
        (EndsWith(name, ".mum") || EndsWith(name, ".cat") || EndsWith(name, ".manifest"))) {
      wanted.push_back(i);
    } else if (IsReverseDelta(name)) {
      if (member.sha256) {
        reverse_[i] = {*member.sha256, member.size};
      } else {
        wanted.push_back(i);
      }
    }
  }
  MetadataSink sink(files, reverse_);
  return members.Stream(wanted, sink);
}

Status UpdateContent::Index(cab::UpdatePackage& package) {
  auto& members = package.members();
  std::map<std::size_t, Bytes> files;
  WW_TRY_STATUS(ReadMembers(package, files), "reading the package's metadata");
  for (const auto& target : package.targets) targets_[ToLowerAscii(target.name)] = &target;

  for (auto& [index, bytes] : files) {
    const auto& name = members.list()[index].name;
    if (EndsWith(name, ".mum")) {
      WW_TRY(auto manifest, manifest::ParsePackage(bytes), name);
      const auto key = PackageKey(manifest.identity);
      const bool outermost = EqualNoCaseAscii(name, "update.mum");
      const auto expected = key + ".mum";
      if (!outermost && !EqualNoCaseAscii(name, expected)) {
        return Fail(Error{Code::kCorrupt, fmt::format("{} holds the package {}", name, key),
                          "Download the update again.", kIdentityMismatch});
      }
      // The outer package may be there twice, as update.mum and under its own name.
      auto file = std::make_unique<PackageFile>();
      file->manifest = std::move(manifest);
      file->mum = std::make_shared<const Bytes>(std::move(bytes));
      file->mum_member = name;
      if (outermost) outer_ = key;
      if (outermost || !packages_.contains(key)) packages_[key] = std::move(file);
    } else if (EndsWith(name, ".manifest")) {
      // As the component store keeps them; which form a catalogue would list is not known.
      if (const auto wrapper = delta::DetectWrapper(bytes); wrapper != delta::Wrapper::kNone) {
        return Fail(Error{Code::kUnsupported,
                          fmt::format("{} is compressed ({}), which manifests in packages are not",
                                      name, delta::WrapperName(wrapper)),
                          "Give the update as Microsoft published it.", kNotSupported});
      }
      auto file = std::make_unique<ComponentFile>();
      WW_TRY(file->manifest, manifest::ParseComponent(bytes), name);
      file->keyform = manifest::Keyform(file->manifest.identity);
      if (!EqualNoCaseAscii(name, file->keyform + ".manifest")) {
        return Fail(Error{Code::kCorrupt,
                          fmt::format("{} holds the component {}", name, file->keyform),
                          "Download the update again.", kIdentityMismatch});
      }
      file->digest = Sha256(bytes);
      file->xml = std::make_shared<const Bytes>(std::move(bytes));
      auto key = file->keyform;
      components_[std::move(key)] = std::move(file);
    }
  }
  if (outer_.empty()) {
    return Fail(Error{Code::kCorrupt, "the package has no update.mum",
                      "Give a CBS package (.msu or .cab with update.mum).", kInvalidPackage});
  }
  for (auto& [index, bytes] : files) {
    const auto& name = members.list()[index].name;
    if (!EndsWith(name, ".cat")) continue;
    auto key = ToLowerAscii(std::string_view(name).substr(0, name.size() - 4));
    if (key == "update") key = outer_;
    const auto found = packages_.find(key);
    if (found == packages_.end()) continue;  // a driver's catalogue at top level: payload
    found->second->cat_digest = Sha256(bytes);
    if (!bytes.empty()) found->second->cat = std::make_shared<const Bytes>(std::move(bytes));
  }
  return {};
}

// Signature -> catalogue -> manifest -> file is one chain (windows-servicing.md 6.8): the middle of
// it is checked always, and that the signature fits; who made it where a trust store was given.
Status UpdateContent::CheckCatalogs(const manifest::TrustStore* trust) const {
  // What all catalogues of the update list: a manifest may be signed by any of them.
  std::unordered_set<Sha1Digest, DigestHash> listed_sha1;
  std::unordered_set<Sha256Digest, DigestHash> listed_sha256;
  for (const auto& [key, file] : packages_) {
    if (!file->cat) {
      return Fail(Error{Code::kVerificationFailed,
                        fmt::format("{} has no catalogue, so nothing vouches for it", key),
                        std::string(kDownloadAgain), kNoSignature});
    }
    if (trust != nullptr) {
      WW_TRY(const auto signature, manifest::VerifySignature(*file->cat, *trust), key + ".cat");
      static_cast<void>(signature);
    } else if (auto own = manifest::CheckOwnSignature(*file->cat); !own) {
      auto error = own.error().Within(key + ".cat");
      error.next_step = kDownloadAgain;
      return Fail(std::move(error));
    }
    WW_TRY(auto catalog, manifest::ParseCatalog(*file->cat), key + ".cat");
    if (!catalog.ContainsFile(*file->mum)) {
      return Fail(Error{Code::kVerificationFailed,
                        fmt::format("{} is not what its catalogue signs", file->mum_member),
                        std::string(kDownloadAgain), kBadDigest});
    }
    listed_sha256.insert(catalog.sha256_index.begin(), catalog.sha256_index.end());
    if (catalog.sha256_index.empty()) {
      listed_sha1.insert(catalog.sha1_index.begin(), catalog.sha1_index.end());
    }
  }
  for (const auto& [keyform, component] : components_) {
    const bool listed = listed_sha256.contains(component->digest) ||
                        (!listed_sha1.empty() && listed_sha1.contains(Sha1(*component->xml)));
    if (!listed) {
      return Fail(Error{Code::kVerificationFailed,
                        fmt::format("{}.manifest is in none of the package's catalogues", keyform),
                        std::string(kDownloadAgain), kBadDigest});
    }
  }
  return {};
}

std::string UpdateContent::identity() const {
  return manifest::PackageIdentityString(outer().manifest.identity);
}

std::string UpdateContent::kb() const { return outer().manifest.kb(); }

const PackageFile* UpdateContent::FindPackage(const manifest::AssemblyIdentity& identity) const {
  const auto found = packages_.find(PackageKey(identity));
  return found == packages_.end() ? nullptr : found->second.get();
}

const ComponentFile* UpdateContent::FindComponent(
    const manifest::AssemblyIdentity& identity) const {
  const auto found = components_.find(manifest::Keyform(identity));
  return found == components_.end() ? nullptr : found->second.get();
}

std::vector<const ComponentFile*> UpdateContent::FindAllLanguages(
    const manifest::AssemblyIdentity& reference) const {
  std::vector<const ComponentFile*> found;
  auto wanted = reference;
  for (const auto& [keyform, file] : components_) {
    const auto& identity = file->manifest.identity;
    if (identity.language.empty()) continue;
    wanted.language = identity.language;
    if (manifest::EqualComponent(identity, wanted)) found.push_back(file.get());
  }
  return found;
}

std::optional<PayloadSource> UpdateContent::FindPayload(std::string_view keyform,
                                                        std::string_view file) const {
  const auto& members = source_->members();
  const auto in = [&](std::string_view folder) {
    return members.Find(fmt::format("{}\\{}{}", keyform, folder, file));
  };
  using Kind = PayloadSource::Kind;
  if (const auto whole = in("")) return PayloadSource{Kind::kWhole, *whole, nullptr, {}};
  const auto reverse = in("r\\");
  if (const auto null = in("n\\")) return PayloadSource{Kind::kNull, *null, nullptr, reverse};
  const auto target = targets_.find(ToLowerAscii(fmt::format("{}\\{}", keyform, file)));
  if (target != targets_.end()) {
    const auto& delta = target->second->delta;
    return PayloadSource{delta ? Kind::kForward : Kind::kCarried, delta.value_or(0), target->second,
                         reverse};
  }
  if (const auto forward = in("f\\")) {
    return PayloadSource{Kind::kForward, *forward, nullptr, reverse};
  }
  return std::nullopt;
}

std::optional<PayloadSource> UpdateContent::FindPayload(const ComponentFile& component,
                                                        const manifest::FileEntry& file) const {
  auto found = FindPayload(component.keyform, file.name);
  if (!found && !file.source_name.empty()) {
    found = FindPayload(component.keyform, file.source_name);
  }
  return found;
}

}  // namespace ww::cbs
