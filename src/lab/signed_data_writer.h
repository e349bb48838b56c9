// PKCS#7 signed data as catalogs and signed cabinets have it: one signer, its chain, no timestamp.
#pragma once

#include <string_view>

#include "signer.h"

namespace ww::lab {

inline constexpr std::string_view kSha1Oid = "1.3.14.3.2.26";
inline constexpr std::string_view kSha256Oid = "2.16.840.1.101.3.4.2.1";
inline constexpr std::string_view kIndirectDataOid = "1.3.6.1.4.1.311.2.1.4";

// AlgorithmIdentifier without parameters.
Bytes AlgorithmDer(std::string_view oid);

// `content`: content octets of the sequence that is signed, `content_type` its kind.
Result<Bytes> MakeSignedData(const Signer& signer, bool sha256, std::string_view content_type,
                             ByteView content);

}  // namespace ww::lab
