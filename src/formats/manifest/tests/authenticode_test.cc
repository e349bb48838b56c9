#include "wimwright/manifest/authenticode.h"

#include <gtest/gtest.h>

#include "catalog_builder.h"
#include "hresults.h"
#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

using testing::Der;
using testing::KeyPair;
using testing::MakeCertificate;
using testing::SignCatalog;
using testing::SignOptions;

constexpr std::time_t kYear = 365 * 86400;
constexpr std::time_t kNow = 1'800'000'000;
constexpr std::string_view kCabData = "\x2B\x06\x01\x04\x01\x82\x37\x02\x01\x19";
constexpr std::string_view kProgram = "\x2B\x06\x01\x04\x01\x82\x37\x02\x01\x0F";
constexpr std::string_view kSha1Oid = "\x2B\x0E\x03\x02\x1A";
constexpr std::string_view kSha256Oid = "\x60\x86\x48\x01\x65\x03\x04\x02\x01";
constexpr const char* kIndirectData = "1.3.6.1.4.1.311.2.1.4";
constexpr const char* kTrustList = "1.3.6.1.4.1.311.10.1";

struct Authority {
  KeyPair root = MakeCertificate({"Root", true, "", kNow - 20 * kYear, kNow + 20 * kYear});
  KeyPair signer =
      MakeCertificate({"Signer", false, "codeSigning", kNow - kYear, kNow + kYear}, &root);
  KeyPair expired = MakeCertificate(
      {"Expired", false, "codeSigning", kNow - 10 * kYear, kNow - 9 * kYear}, &root);
  KeyPair stamper = MakeCertificate(
      {"Stamper", false, "timeStamping", kNow - 10 * kYear, kNow - 9 * kYear}, &root);
  KeyPair server =
      MakeCertificate({"Server", false, "serverAuth", kNow - kYear, kNow + kYear}, &root);
  KeyPair stranger = MakeCertificate({"Stranger", true, "", kNow - kYear, kNow + kYear});
};

const Authority& TheAuthority() {
  static const Authority authority;
  return authority;
}

const Bytes kFile = ToBytes("the signed bytes of a file");

Result<Bytes> HashFile(HashKind kind) {
  return kind == HashKind::kSha256 ? ToBytes(Sha256(kFile)) : ToBytes(Sha1(kFile));
}

Bytes Content(std::string_view algorithm, ByteView digest, std::string_view kind = kCabData) {
  return Der(0x30, {Der(0x30, {Der(0x06, AsBytes(kind)), *FromHex("a2028000")}),
                    Der(0x30, {Der(0x30, {Der(0x06, AsBytes(algorithm)), *FromHex("0500")}),
                               Der(0x04, digest)})});
}

Bytes GoodContent() { return Content(kSha256Oid, Sha256(kFile)); }

SignOptions By(const KeyPair& signer) {
  SignOptions options;
  options.signer = &signer;
  options.content_type = options.stored_type = kIndirectData;
  return options;
}

Result<SignatureInfo> Verify(ByteView blob, const KeyPair& anchor = TheAuthority().root) {
  TrustStore trust;
  EXPECT_TRUE(trust.Add(anchor.Der()));
  return VerifyFileSignature(blob, trust, HashFile,
                             FixedClock(TimePoint(std::chrono::seconds(kNow))));
}

void ExpectRefused(const Result<SignatureInfo>& result, std::uint32_t hresult) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kVerificationFailed) << result.error().message;
  EXPECT_EQ(result.error().hresult, hresult) << result.error().message;
}

TEST(FileSignature, IsAcceptedWithEitherDigest) {
  for (const auto& content : {GoodContent(), Content(kSha1Oid, Sha1(kFile))}) {
    const auto info = Verify(SignCatalog(content, By(TheAuthority().signer)));
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ(info->signer, "CN = Signer");
    EXPECT_EQ(info->chain, (std::vector<std::string>{"CN = Signer", "CN = Root"}));
  }
}

TEST(FileSignature, OfAnotherFileIsABadDigest) {
  for (const auto& content :
       {Content(kSha256Oid, Sha256(AsBytes("x"))), Content(kSha1Oid, Sha1(AsBytes("x")))}) {
    ExpectRefused(Verify(SignCatalog(content, By(TheAuthority().signer))), kTrustBadDigest);
  }
}

TEST(FileSignature, OfAStrangerIsRefusedBeforeTheFileIsHashed) {
  const auto blob = SignCatalog(GoodContent(), By(TheAuthority().signer));
  ExpectRefused(Verify(blob, TheAuthority().stranger), kCertUntrustedRoot);
  bool hashed = false;
  const auto hash = [&hashed](HashKind kind) {
    hashed = true;
    return HashFile(kind);
  };
  EXPECT_FALSE(VerifyFileSignature(blob, TrustStore(), hash));
  EXPECT_FALSE(hashed);
}

TEST(FileSignature, NeedsACertificateForCodeSigning) {
  ExpectRefused(Verify(SignCatalog(GoodContent(), By(TheAuthority().server))), kTrustNoSignature);
}

TEST(FileSignature, OfAnExpiredSignerNeedsATimestamp) {
  auto options = By(TheAuthority().expired);
  ExpectRefused(Verify(SignCatalog(GoodContent(), options)), kCertUntrustedRoot);
  options.countersigner = &TheAuthority().stamper;
  options.countersigned_at = kNow - 10 * kYear + 86400;
  const auto info = Verify(SignCatalog(GoodContent(), options));
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_TRUE(info->signing_time);
  options.spoil_countersignature = true;
  ExpectRefused(Verify(SignCatalog(GoodContent(), options)), kCertUntrustedRoot);
}

TEST(FileSignature, IsNotASignatureOverSomethingElse) {
  auto as_list = By(TheAuthority().signer);
  as_list.stored_type = as_list.content_type = kTrustList;
  ExpectRefused(Verify(SignCatalog(GoodContent(), as_list)), kTrustNoSignature);
  auto relabelled = By(TheAuthority().signer);
  relabelled.content_type = kTrustList;  // signed as a list, stored as a digest
  ExpectRefused(Verify(SignCatalog(GoodContent(), relabelled)), kTrustNoSignature);
  ExpectRefused(
      Verify(SignCatalog(Content(kSha256Oid, Sha256(kFile), kProgram), By(TheAuthority().signer))),
      kTrustNoSignature);
}

TEST(FileSignature, RefusesContentOfUnusualForm) {
  const Bytes sha256 = ToBytes(Sha256(kFile));
  const Bytes good = GoodContent();
  Bytes longer = ToBytes(ByteView(good).subspan(2));
  Append(longer, *FromHex("0500"));
  for (const auto& content :
       {Content(kSha1Oid, sha256), Content(kSha256Oid, ByteView(sha256).first(31)),
        Content(kSha256Oid, {}), Content("\x2B", sha256), Der(0x30, longer), Der(0x30, Bytes())}) {
    ExpectRefused(Verify(SignCatalog(content, By(TheAuthority().signer))), kTrustNoSignature);
  }
}

TEST(FileSignature, MayBeFilledUpWithZeros) {
  const auto blob = SignCatalog(GoodContent(), By(TheAuthority().signer));
  auto filled = blob;
  filled.resize(blob.size() + 7);
  EXPECT_TRUE(Verify(filled));
  filled.back() = std::byte{1};
  ExpectRefused(Verify(filled), kTrustNoSignature);
  filled = blob;
  filled.resize(blob.size() + 8);
  ExpectRefused(Verify(filled), kTrustNoSignature);
  ExpectRefused(Verify({}), kTrustNoSignature);
  ExpectRefused(Verify(Bytes(kMaxFileSignature + 1)), kTrustNoSignature);
}

TEST(FileSignature, NoChangedByteOfWhatIsSignedIsAccepted) {
  const auto blob = SignCatalog(GoodContent(), By(TheAuthority().signer));
  for (std::size_t at = 0; at < blob.size(); ++at) {
    auto changed = blob;
    changed[at] ^= std::byte{0x01};
    // Some bytes say what nobody asks for (the list of digest algorithms): what is accepted is
    // still this signer's word on this file.
    if (const auto info = Verify(changed)) {
      EXPECT_EQ(info->signer, "CN = Signer");
    }
  }
  for (std::size_t size = 0; size < blob.size(); ++size) {
    EXPECT_FALSE(Verify(ByteView(blob).first(size))) << size;
  }
}

TEST(FileSignature, PassesErrorsOfReadingOn) {
  TrustStore trust;
  ASSERT_TRUE(trust.Add(TheAuthority().root.Der()));
  const auto unreadable = [](HashKind) -> Result<Bytes> { return Fail(Code::kIo, "unreadable"); };
  const auto result =
      VerifyFileSignature(SignCatalog(GoodContent(), By(TheAuthority().signer)), trust, unreadable,
                          FixedClock(TimePoint(std::chrono::seconds(kNow))));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kIo);
}

}  // namespace
}  // namespace ww::manifest
