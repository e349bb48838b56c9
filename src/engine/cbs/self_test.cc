#include "wimwright/cbs/self_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "image_path.h"
#include "projection_check.h"
#include "registry_names.h"
#include "wimwright/base/text.h"
#include "wimwright/delta/store_wrapper.h"
#include "wimwright/hive/check.h"
#include "wimwright/manifest/package.h"

namespace ww::cbs {
namespace {

constexpr std::uint64_t kMaxFile = 1ull << 30;
constexpr std::uint32_t kPayloadDeleted = 0x40;  // CF bit (5.2)
constexpr Sha1Digest kEmptyContent{};

class SelfTest {
 public:
  SelfTest(ImageState& image, const SelfTestOptions& options, const Cancellation& cancel)
      : image_(image), options_(options), cancel_(cancel) {}

  Result<SelfTestReport> Run() {
    WW_RETURN_IF_ERROR(Hives());
    WW_RETURN_IF_ERROR(ComponentKeys());
    if (options_.manifests) WW_RETURN_IF_ERROR(Manifests());
    WW_RETURN_IF_ERROR(Catalogs());
    WW_RETURN_IF_ERROR(Packages());
    return std::move(report_);
  }

 private:
  void Problem(std::string kind, std::string object, std::string detail) {
    report_.problems.push_back({std::move(kind), std::move(object), std::move(detail)});
  }

  Status Hives();
  Status ComponentKeys();
  Status Manifests();
  Status CheckComponent(const std::string& keyform);
  Status Payload(const manifest::ComponentManifest& component);
  Status Catalogs();
  Status Packages();
  // Lower-case names of the plain files in a directory of the image that end in `suffix`, without
  // it.
  std::set<std::string> Names(std::string_view directory, std::string_view suffix) const;
  Result<std::set<std::string>> Subkeys(HiveKind kind, std::string_view key);
  Result<bool> PayloadIsDeleted(const std::string& keyform);
  Result<Bytes> Read(std::string_view path) const;
  bool IsKnown(const Sha1Digest& hash, const Bytes& sha256) const;
  Status CheckHiveOf(HiveKind kind);

  ImageState& image_;
  const SelfTestOptions& options_;
  const Cancellation& cancel_;
  SelfTestReport report_;
  std::set<std::string> component_keys_;
  std::unordered_set<Sha1Digest, DigestHash> good_;  // contents whose digest was right already
};

std::set<std::string> SelfTest::Names(std::string_view directory, std::string_view suffix) const {
  std::set<std::string> names;
  const auto& tree = image_.image();
  const auto node = tree.Find(directory);
  if (!node || !tree.is_directory(*node)) return names;
  tree.ForEachChild(*node, [&](wim::NodeId child) {
    auto name = ToLowerAscii(tree.name(child));
    if (tree.is_directory(child) || !name.ends_with(suffix)) return;
    name.resize(name.size() - suffix.size());
    names.insert(std::move(name));
  });
  return names;
}

Result<std::set<std::string>> SelfTest::Subkeys(HiveKind kind, std::string_view key) {
  std::set<std::string> names;
  if (!image_.HasHive(kind)) return names;
  WW_TRY(auto* hive, image_.Hive(kind), key);
  WW_TRY(const auto id, hive->FindPath(hive->root(), key), key);
  if (!id) return names;
  WW_RETURN_IF_ERROR(
      hive->ForEachSubkey(*id, [&](::ww::hive::KeyId, std::string_view name) -> Status {
        names.insert(ToLowerAscii(name));
        return {};
      }));
  return names;
}

Result<Bytes> SelfTest::Read(std::string_view path) const {
  const auto node = image_.image().Find(path);
  if (!node) return Fail(Code::kNotFound, fmt::format("{} is missing", path));
  const auto hash = image_.image().hash(*node);
  if (hash == kEmptyContent) return Bytes();
  return image_.file().ReadBlob(hash, kMaxFile);
}

bool SelfTest::IsKnown(const Sha1Digest& hash, const Bytes& sha256) const {
  if (options_.digests == nullptr) return false;
  const auto known = options_.digests->find(hash);
  return known != options_.digests->end() &&
         std::equal(known->second.begin(), known->second.end(), sha256.begin(), sha256.end());
}

Status SelfTest::CheckHiveOf(HiveKind kind) {
  WW_TRY(auto* hive, image_.Hive(kind), "opening");
  return ::ww::hive::CheckHive(*hive);
}

Status SelfTest::Hives() {
  for (const auto kind : kAllHives) {
    WW_RETURN_IF_ERROR(cancel_.Check());
    if (!image_.HasHive(kind)) continue;
    ++report_.hives;
    if (auto status = CheckHiveOf(kind); !status) {
      Problem("hive", std::string(HiveImagePath(kind)), status.error().message);
    }
  }
  return {};
}

Status SelfTest::ComponentKeys() {
  auto keys = Subkeys(HiveKind::kComponents, kComponentsKey);
  if (!keys) {
    Problem("component_key", std::string(kComponentsKey), keys.error().message);
    return {};
  }
  component_keys_ = std::move(*keys);
  report_.component_keys = component_keys_.size();
  const auto manifests = Names(kManifestsPath, ".manifest");
  for (const auto& key : component_keys_) {
    if (!manifests.contains(key))
      Problem("component_key", key,
              "the registry knows the component, but its manifest is missing");
  }
  for (const auto& manifest : manifests) {
    if (!component_keys_.contains(manifest)) {
      Problem("component_key", manifest,
              "the manifest is there, but the registry does not know the component");
    }
  }
  return {};
}

Result<bool> SelfTest::PayloadIsDeleted(const std::string& keyform) {
  WW_TRY(auto* hive, image_.Hive(HiveKind::kComponents), keyform);
  WW_TRY(const auto key,
         hive->FindPath(hive->root(), fmt::format("{}\\{}", kComponentsKey, keyform)), keyform);
  if (!key) return false;
  WW_TRY(const auto flags, hive->GetValue(*key, "CF"), keyform);
  return flags && (::ww::hive::AsDword(*flags).value_or(0) & kPayloadDeleted) != 0;
}

Status SelfTest::Payload(const manifest::ComponentManifest& component) {
  const auto keyform = manifest::Keyform(component.identity);
  WW_TRY(const bool deleted, PayloadIsDeleted(keyform), keyform);
  if (deleted) return {};
  for (const auto& file : component.files) {
    WW_RETURN_IF_ERROR(cancel_.Check());
    const auto path = StorePath(keyform, file.name);
    const auto node = image_.image().Find(path);
    if (!node) {
      Problem("payload", path, "is missing");
      continue;
    }
    ++report_.payload_files;
    if (!file.writeable_type.empty() ||
        file.digest_algorithm != manifest::DigestAlgorithm::kSha256 ||
        file.transform != manifest::HashTransform::kIdentity) {
      continue;
    }
    const auto hash = image_.image().hash(*node);
    if (good_.contains(hash) || IsKnown(hash, file.digest)) continue;
    auto content = Read(path);
    if (!content) {
      Problem("payload", path, content.error().message);
      continue;
    }
    auto wrapper = delta::DetectWrapper(*content);
    if (wrapper == delta::Wrapper::kDcn || wrapper == delta::Wrapper::kDcs) {
      auto plain = delta::Unwrap(*content, {});
      if (!plain) {
        Problem("payload", path, plain.error().message);
        continue;
      }
      content = std::move(*plain);
    } else if (wrapper != delta::Wrapper::kNone) {
      continue;  // needs another version of the file as base: not checkable by itself
    }
    const auto digest = Sha256(*content);
    if (Bytes(digest.begin(), digest.end()) != file.digest) {
      Problem("payload", path, "its SHA-256 is not the manifest's");
    } else {
      good_.insert(hash);
    }
  }
  return {};
}

Status SelfTest::CheckComponent(const std::string& keyform) {
  ++report_.manifests;
  const auto xml = image_.ReadManifest(keyform);
  if (!xml) {
    const bool digest = xml.error().code == Code::kVerificationFailed;
    Problem(digest ? "manifest_digest" : "manifest_name", keyform, xml.error().message);
    return {};
  }
  auto component = manifest::ParseComponent(*xml);
  if (!component) {
    Problem("manifest_name", keyform, component.error().message);
    return {};
  }
  if (const auto computed = manifest::Keyform(component->identity); computed != keyform) {
    Problem("manifest_name", keyform, fmt::format("the manifest describes {}", computed));
    return {};
  }
  WW_TRY(const auto winner, image_.Winner(component->identity), keyform);
  const bool installed = winner && *winner == component->identity.version;
  if (installed) {
    auto links = CheckProjections(image_, *component, [this](std::string path, std::string detail) {
      Problem("hard_link", std::move(path), std::move(detail));
    });
    if (links) report_.hard_links += *links;
  }
  if (options_.payload && installed && image_.HasHive(HiveKind::kComponents))
    return Payload(*component);
  return {};
}

Status SelfTest::Manifests() {
  for (const auto& keyform : Names(kManifestsPath, ".manifest")) {
    WW_RETURN_IF_ERROR(cancel_.Check());
    WW_RETURN_IF_ERROR(CheckComponent(keyform));
  }
  return {};
}

Status SelfTest::Catalogs() {
  const auto names = Names(kCatalogsPath, ".cat");
  WW_TRY(const auto keys, Subkeys(HiveKind::kComponents, kCatalogsKey), "catalogues");
  for (const auto& name : names) {
    WW_RETURN_IF_ERROR(cancel_.Check());
    ++report_.catalogs;
    const auto content = Read(fmt::format("{}\\{}.cat", kCatalogsPath, name));
    if (!content) {
      Problem("catalog", name, content.error().message);
    } else if (ToHex(Sha256(*content)) != name) {
      Problem("catalog", name, "the file's SHA-256 is not its name");
    }
    if (!keys.contains(name)) Problem("catalog", name, "the registry does not know the catalogue");
  }
  for (const auto& key : keys) {
    if (!names.contains(key))
      Problem("catalog", key, "the registry knows the catalogue, but its file is missing");
  }
  return {};
}

Status SelfTest::Packages() {
  const auto mums = Names(kPackagesPath, ".mum");
  const auto cats = Names(kPackagesPath, ".cat");
  for (const auto& [id, record] : image_.packages()) {
    WW_RETURN_IF_ERROR(cancel_.Check());
    ++report_.packages;
    if (record.state == kStateAbsent) continue;
    if (!mums.contains(id)) {
      Problem("package", record.identity_string, "its .mum is missing in servicing\\Packages");
      continue;
    }
    if (!cats.contains(id))
      Problem("package", record.identity_string, "its .cat is missing in servicing\\Packages");
    const auto mum = Read(fmt::format("{}\\{}.mum", kPackagesPath, record.identity_string));
    const auto parsed =
        mum ? manifest::ParsePackage(*mum) : Result<manifest::PackageManifest>(Fail(mum.error()));
    if (!parsed) {
      Problem("package", record.identity_string, parsed.error().message);
    } else if (!manifest::EqualPackage(parsed->identity, record.identity)) {
      Problem("package", record.identity_string,
              "its .mum describes " + manifest::PackageIdentityString(parsed->identity));
    }
  }
  return {};
}

}  // namespace

Result<SelfTestReport> RunSelfTest(ImageState& image, const SelfTestOptions& options,
                                   const Cancellation& cancel) {
  return SelfTest(image, options, cancel).Run();
}

}  // namespace ww::cbs
