// Genuine updates: names, digests, signatures. Skipped where the corpus is absent.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/cms.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "wimwright/base/file.h"
#include "wimwright/base/text.h"
#include "wimwright/manifest/authenticode.h"
#include "wimwright/manifest/catalog.h"
#include "wimwright/manifest/component.h"
#include "wimwright/manifest/package.h"
#include "wimwright/manifest/registry_value.h"
#include "wimwright/manifest/security.h"
#include "wimwright/manifest/variables.h"

namespace ww::manifest {
namespace {

namespace fs = std::filesystem;

struct File {
  std::string name;  // with '/' for sub-directories
  Bytes content;
};
struct Package {
  std::string name;
  bool plain = false;  // a package cabinet whose members are the files themselves
  std::vector<File> files;

  std::vector<const File*> With(std::string_view extension) const {
    std::vector<const File*> found;
    for (const auto& file : files) {
      if (file.name.ends_with(extension) && file.name.find('/') == std::string::npos) {
        found.push_back(&file);
      }
    }
    return found;
  }
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "ww-manifest-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

bool Extract(const fs::path& cabinet, const fs::path& to) {
  fs::create_directories(to);
  return std::system(fmt::format("cabextract -q -d '{}' '{}' >/dev/null 2>&1", to.string(),
                                 cabinet.string())
                         .c_str()) == 0;
}

Package Load(const fs::path& path) {
  Package package;
  package.name = path.filename().string();
  package.plain = path.extension() == ".cab";
  const TemporaryFolder temporary;
  fs::path root = temporary.path() / "outer";
  if (!Extract(path, root)) return package;
  if (!package.plain) {
    const auto inner = root / (path.stem().string() + ".cab");
    root = temporary.path() / "inner";
    if (!Extract(inner, root)) return package;
  }
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    auto content = ReadFile(RealFileSystem(), entry.path(), std::uint64_t{1} << 28);
    if (content)
      package.files.push_back({fs::relative(entry.path(), root).string(), *std::move(content)});
  }
  return package;
}

const std::vector<Package>& Packages() {
  static const std::vector<Package> packages = [] {
    std::vector<Package> all;
    const fs::path folder = fs::path(WW_CORPUS) / "packages";
    if (!fs::is_directory(folder)) return all;
    for (const auto& entry : fs::directory_iterator(folder)) all.push_back(Load(entry.path()));
    return all;
  }();
  return packages;
}

class Corpus : public ::testing::Test {
 protected:
  void SetUp() override {
    if (Packages().empty()) GTEST_SKIP() << "no corpus/packages folder";
    for (const auto& package : Packages()) {
      if (package.files.empty()) GTEST_SKIP() << "cabextract cannot unpack " << package.name;
    }
  }
};

TEST_F(Corpus, EveryPackageManifestIsNamedByItsIdentity) {
  std::size_t count = 0;
  for (const auto& package : Packages()) {
    for (const auto* file : package.With(".mum")) {
      const auto manifest = ParsePackage(file->content);
      ASSERT_TRUE(manifest) << file->name << ": " << manifest.error().message;
      if (file->name != "update.mum") {
        EXPECT_EQ(ToLowerAscii(file->name),
                  ToLowerAscii(PackageIdentityString(manifest->identity) + ".mum"));
      }
      const auto again = ParsePackageIdentity(PackageIdentityString(manifest->identity));
      ASSERT_TRUE(again) << again.error().message;
      EXPECT_TRUE(EqualPackage(*again, manifest->identity));
      EXPECT_TRUE(manifest->kb().starts_with("KB") && manifest->kb().size() == 9) << file->name;
      EXPECT_FALSE(manifest->updates.empty()) << file->name;
      EXPECT_FALSE(manifest->parents.empty()) << file->name;
      ++count;
    }
  }
  EXPECT_GE(count, 19u);
}

TEST_F(Corpus, EveryReferencedChildPackageExists) {
  for (const auto& package : Packages()) {
    std::set<std::string> present;
    for (const auto* file : package.With(".mum")) {
      const auto manifest = ParsePackage(file->content);
      ASSERT_TRUE(manifest);
      present.insert(PackageIdentityString(manifest->identity));
    }
    for (const auto* file : package.With(".mum")) {
      const auto manifest = ParsePackage(file->content);
      ASSERT_TRUE(manifest);
      for (const auto& update : manifest->updates) {
        for (const auto& child : update.packages) {
          if (!package.plain) continue;  // Windows 7: some members are deltas
          EXPECT_TRUE(present.contains(PackageIdentityString(child.identity)));
        }
        for (const auto& component : update.components) {
          EXPECT_TRUE(ReferenceValueName('i', UpdateReference(manifest->identity, update.name)));
          EXPECT_FALSE(DeploymentKey(component).empty());
        }
      }
    }
  }
}

TEST_F(Corpus, EveryComponentManifestIsNamedByItsKeyform) {
  std::size_t count = 0, deployments = 0;
  for (const auto& package : Packages()) {
    for (const auto* file : package.With(".manifest")) {
      const auto manifest = ParseComponent(file->content);
      ASSERT_TRUE(manifest) << file->name << ": " << manifest.error().message;
      EXPECT_EQ(file->name, Keyform(manifest->identity) + ".manifest");
      EXPECT_TRUE(IdentityText(manifest->identity)) << file->name;
      for (const auto& effect : manifest->effects) {
        EXPECT_FALSE(effect.kind.starts_with(kUnknownEffectPrefix)) << file->name << effect.summary;
        EXPECT_FALSE(effect.canonical.empty());
      }
      ++count;
      deployments += manifest->is_deployment;
    }
  }
  EXPECT_GE(count, 27u);
  EXPECT_GE(deployments, 4u);
}

TEST_F(Corpus, EveryPayloadFileHasTheDigestOfItsManifest) {
  std::size_t count = 0;
  for (const auto& package : Packages()) {
    if (!package.plain) continue;
    std::map<std::string, const File*> files;
    for (const auto& file : package.files) files[ToLowerAscii(file.name)] = &file;
    for (const auto* source : package.With(".manifest")) {
      const auto manifest = ParseComponent(source->content);
      ASSERT_TRUE(manifest);
      for (const auto& entry : manifest->files) {
        const auto found = files.find(ToLowerAscii(Keyform(manifest->identity) + "/" + entry.name));
        ASSERT_NE(found, files.end()) << entry.name;
        ASSERT_EQ(entry.digest_algorithm, DigestAlgorithm::kSha256);
        ASSERT_EQ(entry.transform, HashTransform::kIdentity);
        EXPECT_EQ(ToHex(entry.digest), ToHex(Sha256(found->second->content))) << entry.name;
        ++count;
      }
    }
  }
  EXPECT_GE(count, 48u);
}

TEST_F(Corpus, EveryDestinationRegistryValueAndDescriptorConverts) {
  std::size_t paths = 0, values = 0, descriptors = 0;
  for (const auto& package : Packages()) {
    for (const auto* source : package.With(".manifest")) {
      const auto manifest = ParseComponent(source->content);
      ASSERT_TRUE(manifest);
      for (const char* image : {"x86", "amd64"}) {
        const auto variables = Variables::For(manifest->identity.architecture, image);
        ASSERT_TRUE(variables) << manifest->identity.architecture;
        for (const auto& file : manifest->files) {
          if (!file.destination_path) continue;
          const auto path = variables->ExpandPath(*file.destination_path);
          EXPECT_TRUE(path) << path.error().message;
          ++paths;
        }
        for (const auto& key : manifest->registry_keys) {
          for (const auto& value : key.values) {
            const auto text = variables->ExpandText(value.value);
            ASSERT_TRUE(text) << text.error().message;
            const auto data = EncodeRegistryValue(value.value_type, *text);
            EXPECT_TRUE(data) << data.error().message;
            ++values;
          }
        }
      }
      for (const auto& definition : manifest->security_descriptors) {
        const auto binary = SddlToSecurityDescriptor(definition.sddl);
        EXPECT_TRUE(binary) << binary.error().message;
        ++descriptors;
      }
      for (const auto& file : manifest->files) {
        if (!file.security_descriptor.empty()) {
          EXPECT_NE(manifest->FindSecurityDescriptor(file.security_descriptor), nullptr);
        }
      }
    }
  }
  EXPECT_GE(paths, 50u);
  EXPECT_GE(values, 200u);
  EXPECT_GE(descriptors, 12u);
}

TEST_F(Corpus, HyperVServicesAreComplete) {
  for (const auto& package : Packages()) {
    if (package.name.find("HyperV") == std::string::npos) continue;
    for (const auto* source : package.With(".manifest")) {
      const auto manifest = ParseComponent(source->content);
      ASSERT_TRUE(manifest);
      if (manifest->identity.name != "Microsoft-Hyper-V-Integration-Services") continue;
      EXPECT_EQ(manifest->services.size(), 7u);
      for (const auto& service : manifest->services) {
        EXPECT_EQ(service.type, "win32ShareProcess");
        ASSERT_EQ(service.triggers.size(), 1u);
        EXPECT_EQ(service.triggers[0].type, "DeviceInterfaceArrival");
      }
      EXPECT_FALSE(manifest->svchost_groups.empty());
      return;
    }
  }
  FAIL() << "no such component";
}

TEST_F(Corpus, EveryCatalogListsItsPackageAndManifests) {
  std::size_t catalogs = 0, manifests = 0;
  for (const auto& package : Packages()) {
    std::map<std::string, const File*> mums;
    for (const auto* file : package.With(".mum"))
      mums[file->name.substr(0, file->name.size() - 4)] = file;
    std::vector<Catalog> all;
    for (const auto* file : package.With(".cat")) {
      auto catalog = ParseCatalog(file->content);
      ASSERT_TRUE(catalog) << file->name << catalog.error().message;
      EXPECT_FALSE(catalog->members.empty());
      for (const auto& member : catalog->members) EXPECT_TRUE(member.sha1 || member.sha256);
      const auto mum = mums.find(file->name.substr(0, file->name.size() - 4));
      if (mum != mums.end()) {
        EXPECT_TRUE(catalog->ContainsFile(mum->second->content)) << file->name;
      }
      EXPECT_EQ(catalog->sha256_index.empty(), !package.plain) << file->name;
      all.push_back(*std::move(catalog));
      ++catalogs;
    }
    for (const auto* file : package.With(".manifest")) {
      bool listed = false;
      for (const auto& catalog : all) listed = listed || catalog.ContainsFile(file->content);
      EXPECT_TRUE(listed) << file->name;
      ++manifests;
    }
  }
  EXPECT_GE(catalogs, 19u);
  EXPECT_GE(manifests, 27u);
}

// The certificates that a catalog carries whose issuers it does not carry: the ends of its own
// chains.
TrustStore EmbeddedAnchors(ByteView der) {
  std::vector<X509*> certificates;
  const auto take = [&certificates](STACK_OF(X509) * stack) {
    for (int i = 0; i < sk_X509_num(stack); ++i) certificates.push_back(sk_X509_value(stack, i));
  };
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  PKCS7* message = d2i_PKCS7(nullptr, &at, static_cast<long>(der.size()));
  take(message->d.sign->cert);
  auto* attributes = sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(message), 0)->unauth_attr;
  CMS_ContentInfo* token = nullptr;
  STACK_OF(X509)* token_certificates = nullptr;
  for (int i = 0; i < sk_X509_ATTRIBUTE_num(attributes); ++i) {
    ASN1_TYPE* value = X509_ATTRIBUTE_get0_type(sk_X509_ATTRIBUTE_value(attributes, i), 0);
    const auto* token_at = ASN1_STRING_get0_data(value->value.sequence);
    token = d2i_CMS_ContentInfo(nullptr, &token_at, ASN1_STRING_length(value->value.sequence));
    if (token == nullptr) continue;
    token_certificates = CMS_get1_certs(token);
    take(token_certificates);
    break;
  }
  TrustStore store;
  for (X509* certificate : certificates) {
    bool issuer_here = false;
    for (X509* other : certificates) {
      issuer_here = issuer_here || X509_NAME_cmp(X509_get_issuer_name(certificate),
                                                 X509_get_subject_name(other)) == 0;
    }
    unsigned char* out = nullptr;
    const int size = i2d_X509(certificate, &out);
    if (!issuer_here) {
      EXPECT_TRUE(store.Add(std::as_bytes(std::span(out, static_cast<std::size_t>(size)))));
    }
    OPENSSL_free(out);
  }
  sk_X509_pop_free(token_certificates, X509_free);
  CMS_ContentInfo_free(token);
  PKCS7_free(message);
  return store;
}

TEST_F(Corpus, EverySignatureVerifiesUpToItsOwnAuthority) {
  std::size_t count = 0;
  for (const auto& package : Packages()) {
    for (const auto* file : package.With(".cat")) {
      const auto own = CheckOwnSignature(file->content);
      ASSERT_TRUE(own) << package.name << " " << file->name << ": " << own.error().message;
      const auto trust = EmbeddedAnchors(file->content);
      ASSERT_FALSE(trust.empty());
      const auto info = VerifySignature(file->content, trust);
      ASSERT_TRUE(info) << package.name << " " << file->name << ": " << info.error().message;
      EXPECT_NE(info->signer.find("Microsoft Windows"), std::string::npos) << info->signer;
      ASSERT_TRUE(info->signing_time) << file->name;
      // Signed when the list was made.
      const auto listed = FromFileTime(ParseCatalog(file->content)->this_update);
      EXPECT_LT(std::chrono::abs(*info->signing_time - listed), std::chrono::hours(48))
          << file->name;
      EXPECT_FALSE(VerifySignature(file->content, TrustStore()));
      ++count;
    }
  }
  EXPECT_GE(count, 19u);
}

TEST_F(Corpus, NoSignatureSurvivesAChangedList) {
  for (const auto& package : Packages()) {
    const auto* file = package.With(".cat").front();
    const auto trust = EmbeddedAnchors(file->content);
    const auto catalog = ParseCatalog(file->content);
    ASSERT_TRUE(catalog);
    for (const auto& member : catalog->members) {
      const auto found = std::search(file->content.begin(), file->content.end(), member.tag.begin(),
                                     member.tag.end());
      ASSERT_NE(found, file->content.end());
      auto changed = file->content;
      changed[static_cast<std::size_t>(found - file->content.begin())] ^= std::byte{0x01};
      EXPECT_FALSE(VerifySignature(changed, trust)) << package.name;
    }
  }
}

// The signed bytes of a cabinet, with the numbers of windows-servicing.md 1.1.
Bytes DigestOfCabinet(ByteView cabinet, HashKind kind) {
  Bytes covered = ToBytes(cabinet.first(4));
  Append(covered, cabinet.subspan(8, 26));
  Append(covered, cabinet.subspan(56, LoadLe<std::uint32_t>(cabinet.data() + 8) - 56));
  return kind == HashKind::kSha256 ? ToBytes(Sha256(covered)) : ToBytes(Sha1(covered));
}

TEST_F(Corpus, SignedCabinetsVerifyUpToTheirOwnAuthority) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(WW_CORPUS) / "packages")) {
    auto file = ReadFile(RealFileSystem(), entry.path(), 1 << 20);
    ASSERT_TRUE(file);
    if (LoadLe<std::uint16_t>(file->data() + 30) != 4) continue;
    SCOPED_TRACE(entry.path().filename());
    const auto blob = ByteView(*file).subspan(LoadLe<std::uint32_t>(file->data() + 44));
    const auto trust = EmbeddedAnchors(blob);
    const auto hash = [&file](HashKind kind) -> Result<Bytes> {
      return DigestOfCabinet(*file, kind);
    };
    const auto info = VerifyFileSignature(blob, trust, hash);
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_NE(info->signer.find("Microsoft Corporation"), std::string::npos) << info->signer;
    EXPECT_TRUE(info->signing_time);
    EXPECT_GE(info->chain.size(), 2u);
    EXPECT_FALSE(VerifyFileSignature(blob, TrustStore(), hash));
    (*file)[file->size() / 2] ^= std::byte{1};
    const auto changed = VerifyFileSignature(blob, trust, hash);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().hresult, 0x80096010);
    ++count;
  }
  EXPECT_EQ(count, 3u);
}

TEST_F(Corpus, TheNetworkBridgeBranchesHaveTheSameRegistration) {
  // RTM and SP1 builds of one component: another version of the same installer elements.
  std::map<std::string, std::set<std::string>> canonical;
  for (const auto& package : Packages()) {
    for (const auto* source : package.With(".manifest")) {
      const auto manifest = ParseComponent(source->content);
      ASSERT_TRUE(manifest);
      if (manifest->identity.name != "Microsoft-Windows-NetworkBridge") continue;
      for (const auto& effect : manifest->effects) canonical[effect.kind].insert(effect.canonical);
    }
  }
  EXPECT_EQ(canonical["unattendActions"].size(), 1u);
  EXPECT_EQ(canonical["configuration"].size(), 1u);
}

}  // namespace
}  // namespace ww::manifest
