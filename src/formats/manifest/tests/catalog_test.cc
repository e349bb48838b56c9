#include "wimwright/manifest/catalog.h"

#include <gtest/gtest.h>

#include "catalog_builder.h"
#include "hresults.h"
#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

using testing::CertificateOptions;
using testing::KeyPair;
using testing::ListMember;
using testing::MakeCertificate;
using testing::MakeList;
using testing::SignCatalog;
using testing::SignOptions;

constexpr std::time_t kYear = 365 * 86400;
constexpr std::time_t kNow = 1'800'000'000;

template <std::size_t N>
Bytes BytesOf(const Digest<N>& digest) {
  return {digest.begin(), digest.end()};
}

Bytes HexTag(ByteView digest) {
  Bytes tag = *Utf8ToUtf16Le(ToUpperAscii(ToHex(digest)));
  AppendLe(tag, std::uint16_t{0});
  return tag;
}

// One certification authority with a signer and a time stamper, made once: keys are slow.
struct Authority {
  KeyPair root = MakeCertificate({"Root", true, "", kNow - 20 * kYear, kNow + 20 * kYear});
  KeyPair middle =
      MakeCertificate({"Middle", true, "", kNow - 20 * kYear, kNow + 20 * kYear}, &root);
  KeyPair signer =
      MakeCertificate({"Signer", false, "codeSigning", kNow - kYear, kNow + kYear}, &middle);
  KeyPair expired = MakeCertificate(
      {"Expired signer", false, "codeSigning", kNow - 10 * kYear, kNow - 9 * kYear}, &middle);
  KeyPair stamper = MakeCertificate(
      {"Stamper", false, "timeStamping", kNow - 10 * kYear, kNow - 9 * kYear}, &middle);
  KeyPair server =
      MakeCertificate({"Server", false, "serverAuth", kNow - kYear, kNow + kYear}, &middle);
  KeyPair plain = MakeCertificate({"Plain", false, "", kNow - kYear, kNow + kYear}, &middle);
  KeyPair stranger = MakeCertificate({"Stranger", true, "", kNow - kYear, kNow + kYear});
  // A leaf that plays authority.
  KeyPair impostor =
      MakeCertificate({"Impostor", false, "codeSigning", kNow - kYear, kNow + kYear}, &plain);
};

const Authority& TheAuthority() {
  static const Authority authority;
  return authority;
}

const Bytes& SampleList() {
  static const Bytes list = [] {
    const auto one = AsBytes("one"), two = AsBytes("two"), three = AsBytes("three");
    return MakeList({ListMember{HexTag(Sha1(one)), BytesOf(Sha1(one)), "one.mum"},
                     ListMember{BytesOf(Sha256(two)), BytesOf(Sha256(two)), ""},
                     ListMember{BytesOf(Sha1(two)), {}, ""},
                     ListMember{HexTag(Sha256(three)), {}, ""}});
  }();
  return list;
}

TrustStore Trust(const KeyPair& pair) {
  TrustStore store;
  EXPECT_TRUE(store.Add(pair.Der()));
  return store;
}

FixedClock ClockAt(std::time_t time) { return FixedClock(TimePoint(std::chrono::seconds(time))); }

SignOptions By(const KeyPair& signer) {
  SignOptions options;
  options.signer = &signer;
  options.others = {&TheAuthority().middle};
  return options;
}

void ExpectUntrusted(const Result<SignatureInfo>& result, std::uint32_t hresult) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kVerificationFailed) << result.error().message;
  EXPECT_EQ(result.error().hresult, hresult) << result.error().message;
}

TEST(Catalog, ListsMembersInEveryForm) {
  const auto catalog = ParseCatalog(SignCatalog(SampleList(), By(TheAuthority().signer)));
  ASSERT_TRUE(catalog) << catalog.error().message;
  ASSERT_EQ(catalog->members.size(), 4u);
  EXPECT_EQ(catalog->members[0].name_hint, "one.mum");
  EXPECT_EQ(catalog->list_identifier.size(), 16u);
  EXPECT_EQ(FormatFileTime(catalog->this_update), "2020-01-02T03:04:05Z");
  ASSERT_EQ(catalog->attributes.size(), 1u);
  EXPECT_EQ(catalog->attributes[0].first, "OSAttr");
  EXPECT_EQ(catalog->attributes[0].second, "2:6.1");
  EXPECT_TRUE(catalog->Contains(Sha1(AsBytes("one"))));
  EXPECT_TRUE(catalog->Contains(Sha256(AsBytes("two"))));
  EXPECT_TRUE(catalog->Contains(Sha1(AsBytes("two"))));
  EXPECT_TRUE(catalog->Contains(Sha256(AsBytes("three"))));
  EXPECT_FALSE(catalog->Contains(Sha256(AsBytes("one"))));
  EXPECT_TRUE(catalog->ContainsFile(AsBytes("two")));
  EXPECT_FALSE(catalog->ContainsFile(AsBytes("four")));
}

TEST(Catalog, RefusesEveryPrefixAndTrailingBytes) {
  auto der = SignCatalog(SampleList(), By(TheAuthority().signer));
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_FALSE(ParseCatalog(ByteView(der).first(size))) << size;
  }
  der.push_back(std::byte{0});
  EXPECT_FALSE(ParseCatalog(der));
}

TEST(Catalog, RefusesLengthsThatLie) {
  for (const char* hex : {"", "30", "3080", "30ff", "3084ffffffff", "3085000000000001",
                          "308400000001", "1f8100", "040100"}) {
    EXPECT_FALSE(ParseCatalog(*FromHex(hex))) << hex;
  }
}

TEST(Catalog, DamageNeverCrashes) {
  const auto der = SignCatalog(SampleList(), By(TheAuthority().signer));
  const auto trust = Trust(TheAuthority().root);
  for (std::size_t at = 0; at < der.size(); at += 3) {
    for (const auto flip : {std::byte{0x01}, std::byte{0x80}, std::byte{0xFF}}) {
      auto damaged = der;
      damaged[at] ^= flip;
      static_cast<void>(ParseCatalog(damaged));
      static_cast<void>(VerifySignature(damaged, trust, ClockAt(kNow)));
    }
  }
}

constexpr std::size_t kSignatureEnd = 64;  // of one with a key on P-256: both numbers of it

// Every byte of `part`, which is somewhere in `der`, matters to CheckOwnSignature().
void ExpectEveryByteCounts(ByteView der, ByteView part) {
  const auto found = std::search(der.begin(), der.end(), part.begin(), part.end());
  ASSERT_NE(found, der.end());
  const auto begin = static_cast<std::size_t>(found - der.begin());
  for (std::size_t at = begin; at < begin + part.size(); ++at) {
    auto changed = ToBytes(der);
    changed[at] ^= std::byte{0x10};
    const auto checked = CheckOwnSignature(changed);
    ASSERT_FALSE(checked) << at - begin;
    EXPECT_NE(checked.error().code, Code::kInternal);
  }
}

TEST(CatalogOwnSignature, NeedsNoTrustAndNoTime) {
  for (const auto* signer : {&TheAuthority().signer, &TheAuthority().expired}) {
    const auto checked = CheckOwnSignature(SignCatalog(SampleList(), By(*signer)));
    EXPECT_TRUE(checked) << checked.error().message;
  }
}

TEST(CatalogOwnSignature, NoticesEveryChangeOfListAndSignature) {
  const auto der = SignCatalog(SampleList(), By(TheAuthority().signer));
  ExpectEveryByteCounts(der, SampleList());
  ExpectEveryByteCounts(der, ByteView(der).last(kSignatureEnd));
}

TEST(CatalogOwnSignature, NoticesChangesOfCertificatesWhoseIssuersAreThere) {
  const auto der = SignCatalog(SampleList(), By(TheAuthority().signer));
  const auto certificate = TheAuthority().signer.Der();
  // The signature that the intermediate one made.
  ExpectEveryByteCounts(der, ByteView(certificate).last(kSignatureEnd));
}

TEST(CatalogOwnSignature, AcceptsWhatWasSignedWithAnUnknownOrAbsentIssuer) {
  SignOptions options;
  options.signer = &TheAuthority().signer;
  const auto checked = CheckOwnSignature(SignCatalog(SampleList(), options));
  EXPECT_TRUE(checked) << checked.error().message;
}

TEST(CatalogSignature, IsAcceptedUpToATrustedRoot) {
  const auto der = SignCatalog(SampleList(), By(TheAuthority().signer));
  const auto info = VerifySignature(der, Trust(TheAuthority().root), ClockAt(kNow));
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->signer, "CN = Signer");
  EXPECT_EQ(info->chain, (std::vector<std::string>{"CN = Signer", "CN = Middle", "CN = Root"}));
  EXPECT_FALSE(info->signing_time);
}

TEST(CatalogSignature, IsAcceptedUpToATrustedIntermediate) {
  const auto der = SignCatalog(SampleList(), By(TheAuthority().signer));
  const auto info = VerifySignature(der, Trust(TheAuthority().middle), ClockAt(kNow));
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->chain.size(), 2u);
}

TEST(CatalogSignature, IsRefusedWithoutTrust) {
  const auto der = SignCatalog(SampleList(), By(TheAuthority().signer));
  ExpectUntrusted(VerifySignature(der, TrustStore(), ClockAt(kNow)), kCertUntrustedRoot);
  ExpectUntrusted(VerifySignature(der, Trust(TheAuthority().stranger), ClockAt(kNow)),
                  kCertUntrustedRoot);
}

TEST(CatalogSignature, IsRefusedForEveryChangedListByte) {
  const auto der = SignCatalog(SampleList(), By(TheAuthority().signer));
  const auto trust = Trust(TheAuthority().root);
  const auto found = std::search(der.begin(), der.end(), SampleList().begin(), SampleList().end());
  ASSERT_NE(found, der.end());
  const auto begin = static_cast<std::size_t>(found - der.begin());
  for (std::size_t at = begin; at < begin + SampleList().size(); ++at) {
    auto changed = der;
    changed[at] ^= std::byte{0x01};
    EXPECT_FALSE(VerifySignature(changed, trust, ClockAt(kNow))) << at;
  }
}

TEST(CatalogSignature, NeedsACertificateForCodeSigning) {
  for (const auto* pair : {&TheAuthority().server, &TheAuthority().plain}) {
    ExpectUntrusted(VerifySignature(SignCatalog(SampleList(), By(*pair)),
                                    Trust(TheAuthority().root), ClockAt(kNow)),
                    kTrustNoSignature);
  }
}

TEST(CatalogSignature, RefusesALeafAsAuthority) {
  auto options = By(TheAuthority().impostor);
  options.others.push_back(&TheAuthority().plain);
  ExpectUntrusted(VerifySignature(SignCatalog(SampleList(), options), Trust(TheAuthority().root),
                                  ClockAt(kNow)),
                  kCertUntrustedRoot);
}

TEST(CatalogSignature, BindsTheKindOfContent) {
  auto options = By(TheAuthority().signer);
  options.content_type = "1.2.840.113549.1.7.1";
  ExpectUntrusted(VerifySignature(SignCatalog(SampleList(), options), Trust(TheAuthority().root),
                                  ClockAt(kNow)),
                  kTrustNoSignature);
}

TEST(CatalogSignature, HasOneSigner) {
  auto options = By(TheAuthority().signer);
  options.second_signer = true;
  ExpectUntrusted(VerifySignature(SignCatalog(SampleList(), options), Trust(TheAuthority().root),
                                  ClockAt(kNow)),
                  kTrustNoSignature);
}

TEST(CatalogSignature, ExpiredCertificatesNeedATimestamp) {
  const auto trust = Trust(TheAuthority().root);
  const std::time_t signed_at = kNow - 9 * kYear - 1000;
  auto options = By(TheAuthority().expired);
  ExpectUntrusted(VerifySignature(SignCatalog(SampleList(), options), trust, ClockAt(kNow)),
                  kCertUntrustedRoot);
  options.countersigner = &TheAuthority().stamper;
  options.countersigned_at = signed_at;
  const auto info = VerifySignature(SignCatalog(SampleList(), options), trust, ClockAt(kNow));
  ASSERT_TRUE(info) << info.error().message;
  ASSERT_TRUE(info->signing_time);
  EXPECT_EQ(*info->signing_time, TimePoint(std::chrono::seconds(signed_at)));
}

TEST(CatalogSignature, TimestampsAreVerifiedToo) {
  const auto trust = Trust(TheAuthority().root);
  auto options = By(TheAuthority().expired);
  options.countersigner = &TheAuthority().stamper;
  options.countersigned_at = kNow - 9 * kYear - 1000;
  options.spoil_countersignature = true;  // over something else
  EXPECT_FALSE(VerifySignature(SignCatalog(SampleList(), options), trust, ClockAt(kNow)));
  options.spoil_countersignature = false;
  options.countersigned_at = kNow;  // outside the stamper's own validity
  EXPECT_FALSE(VerifySignature(SignCatalog(SampleList(), options), trust, ClockAt(kNow)));
  options.countersigned_at = kNow - 9 * kYear - 1000;
  options.countersigner = &TheAuthority().expired;  // not a time stamper
  EXPECT_FALSE(VerifySignature(SignCatalog(SampleList(), options), trust, ClockAt(kNow)));
}

TEST(TrustStore, ReadsDerAndPem) {
  TrustStore store;
  EXPECT_TRUE(store.Add(AsBytes(TheAuthority().root.Pem() + TheAuthority().middle.Pem())));
  EXPECT_EQ(store.size(), 2u);
  EXPECT_TRUE(store.Add(TheAuthority().stranger.Der()));
  EXPECT_EQ(store.size(), 3u);
}

TEST(TrustStore, RefusesWhatIsNoCertificate) {
  TrustStore store;
  EXPECT_FALSE(store.Add({}));
  EXPECT_FALSE(store.Add(AsBytes("nonsense")));
  EXPECT_FALSE(
      store.Add(AsBytes("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")));
  auto pem = TheAuthority().root.Pem();
  pem += "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  EXPECT_FALSE(store.Add(AsBytes(pem)));
  auto der = TheAuthority().root.Der();
  der.push_back(std::byte{0});
  EXPECT_FALSE(store.Add(der));
  EXPECT_TRUE(store.empty());
}

}  // namespace
}  // namespace ww::manifest
