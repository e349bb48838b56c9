#include "wimwright/manifest/authenticode.h"

#include <algorithm>

#include "der.h"
#include "hresults.h"
#include "signed_data.h"

namespace ww::manifest {
namespace {

constexpr std::size_t kAlignment = 8;  // signers fill the blob up with zero bytes

// What cabinets are signed as, content octets: SPC_CAB_DATA until Windows 7, SPC_LINK in some later
// ones. A digest that was signed as that of another kind of file (a program, an installer) is not
// one of a cabinet.
constexpr std::string_view kCabData = "\x2B\x06\x01\x04\x01\x82\x37\x02\x01\x19";  // 311.2.1.25
constexpr std::string_view kLink = "\x2B\x06\x01\x04\x01\x82\x37\x02\x01\x1C";     // 311.2.1.28
constexpr std::string_view kSha1 = "\x2B\x0E\x03\x02\x1A";
constexpr std::string_view kSha256 = "\x60\x86\x48\x01\x65\x03\x04\x02\x01";

struct SignedDigest {
  HashKind kind;
  ByteView digest;
};

tl::unexpected<Error> Untrusted(std::string why) {
  return Fail(Error{Code::kVerificationFailed, std::move(why), {}, kTrustNoSignature});
}

// The signed data without what fills it up.
Result<ByteView> WithoutFiller(ByteView blob) {
  if (blob.size() > kMaxFileSignature) return Fail(Code::kLimit, "larger than 1 MiB");
  DerReader in(blob);
  WW_TRY(const auto value, in.Next(), "PKCS#7");
  const auto filler = blob.subspan(value.whole.size());
  if (filler.size() >= kAlignment ||
      std::any_of(filler.begin(), filler.end(), [](std::byte b) { return b != std::byte{0}; })) {
    return Fail(Code::kCorrupt, "bytes behind the signed data");
  }
  return value.whole;
}

// SpcIndirectDataContent: SEQUENCE { type, any }, SEQUENCE { SEQUENCE { algorithm, any }, digest }.
Result<SignedDigest> ParseIndirectData(ByteView content) {
  DerReader in(content);
  WW_TRY(const auto data, in.Expect(der::kSequence), "indirect data");
  DerReader data_fields(data.content);
  WW_TRY(const auto type, data_fields.Expect(der::kOid), "kind of file");
  if (AsText(type.content) != kCabData && AsText(type.content) != kLink) {
    return Fail(Code::kCorrupt, "a signature for another kind of file");
  }
  WW_TRY(const auto info, in.Expect(der::kSequence), "digest");
  if (!in.at_end()) return Fail(Code::kCorrupt, "bytes behind the digest");
  DerReader info_fields(info.content);
  WW_TRY(const auto algorithm, info_fields.Expect(der::kSequence), "digest algorithm");
  WW_TRY(const auto digest, info_fields.Expect(der::kOctetString), "digest");
  if (!info_fields.at_end()) return Fail(Code::kCorrupt, "bytes behind the digest");
  DerReader algorithm_fields(algorithm.content);
  WW_TRY(const auto oid, algorithm_fields.Expect(der::kOid), "digest algorithm");
  const bool sha256 = AsText(oid.content) == kSha256;
  if (!sha256 && AsText(oid.content) != kSha1) {
    return Fail(Code::kCorrupt, "a digest algorithm that is not accepted");
  }
  if (digest.content.size() != (sha256 ? sizeof(Sha256Digest) : sizeof(Sha1Digest))) {
    return Fail(Code::kCorrupt, "a digest of unusual length");
  }
  return SignedDigest{sha256 ? HashKind::kSha256 : HashKind::kSha1, digest.content};
}

}  // namespace

Result<SignatureInfo> VerifyFileSignature(ByteView blob, const TrustStore& trust,
                                          const FileHasher& hash_file, const Clock& clock) {
  const auto der = WithoutFiller(blob);
  if (!der) return Untrusted(der.error().message);
  const auto content = FindSignedContent(*der, kIndirectDataType);
  if (!content) return Untrusted(content.error().message);
  const auto wanted = ParseIndirectData(*content);
  if (!wanted) return Untrusted(wanted.error().message);
  auto info = VerifySignedData(*der, *content, kIndirectDataType, trust, clock);
  if (!info) return info;
  auto have = hash_file(wanted->kind);
  if (!have) return Fail(have.error());
  if (!std::equal(have->begin(), have->end(), wanted->digest.begin(), wanted->digest.end())) {
    return Fail(Error{Code::kVerificationFailed, "the file is not the one that was signed",
                      "The download is damaged or was changed: download the update again.",
                      kTrustBadDigest});
  }
  return info;
}

}  // namespace ww::manifest
