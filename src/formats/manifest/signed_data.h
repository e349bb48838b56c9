// PKCS#7 signed data: what catalogs and Authenticode signatures of files have in common.
#pragma once

#include <string_view>

#include "wimwright/base/bytes.h"
#include "wimwright/manifest/catalog.h"

namespace ww::manifest {

// The two kinds of content, as text and as content octets of the object identifier.
struct ContentType {
  const char* text;
  std::string_view octets;
  std::string_view name;
};
inline constexpr ContentType kTrustListType{
    "1.3.6.1.4.1.311.10.1", "\x2B\x06\x01\x04\x01\x82\x37\x0A\x01", "a certificate trust list"};
inline constexpr ContentType kIndirectDataType{
    "1.3.6.1.4.1.311.2.1.4", "\x2B\x06\x01\x04\x01\x82\x37\x02\x01\x04", "the digest of a file"};

// The content octets of what `der` signs, without tag and length: what is parsed and what the
// signature covers. All callers use this function, so that nothing is believed that was not signed.
// kCorrupt; nothing is verified.
Result<ByteView> FindSignedContent(ByteView der, const ContentType& type);

// Whether `der` is as its signer left it: the signature over `content` fits the certificate that
// comes with it, and each certificate in it fits its issuer where that is in it too. Nobody is
// trusted, no time is asked, timestamps are not looked at. kVerificationFailed with 0x800B0100.
Status CheckOwnSignature(ByteView der, ByteView content, const ContentType& type);

// Verifies the only signature in `der`: its signer's over `content`, the signer's chain (a
// certificate for code signing) to `trust` at the time of the verified timestamp, or at clock.Now()
// when there is none. kVerificationFailed with 0x800B0100 or 0x800B0109.
Result<SignatureInfo> VerifySignedData(ByteView der, ByteView content, const ContentType& type,
                                       const TrustStore& trust, const Clock& clock);

}  // namespace ww::manifest
