// Windows codes that this module answers (windows-servicing.md 7.4).
#pragma once

#include <cstdint>

namespace ww::manifest {

inline constexpr std::uint32_t kCbsManifestInvalidItem = 0x800F080D;
inline constexpr std::uint32_t kCbsDuplicateAttributes = 0x800F080E;
inline constexpr std::uint32_t kCbsDuplicateElement = 0x800F080F;
inline constexpr std::uint32_t kCbsMissingAttributes = 0x800F0810;
inline constexpr std::uint32_t kCbsMissingElements = 0x800F0811;
inline constexpr std::uint32_t kCbsDuplicateUpdateName = 0x800F0819;
inline constexpr std::uint32_t kCbsXmlParserFailure = 0x800F0900;
inline constexpr std::uint32_t kTrustNoSignature = 0x800B0100;   // TRUST_E_NOSIGNATURE
inline constexpr std::uint32_t kCertUntrustedRoot = 0x800B0109;  // CERT_E_UNTRUSTEDROOT
inline constexpr std::uint32_t kTrustBadDigest = 0x80096010;     // TRUST_E_BAD_DIGEST

}  // namespace ww::manifest
