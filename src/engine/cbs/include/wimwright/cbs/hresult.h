// The Windows codes that servicing people search for, with the spelling they search for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ww::cbs {

using Hresult = std::uint32_t;

// Source: windows-servicing.md 7.4, field-practice.md 5.
inline constexpr Hresult kOk = 0;
inline constexpr Hresult kInvalidPackage = 0x800F0805;
inline constexpr Hresult kPending = 0x800F0806;
inline constexpr Hresult kManifestInvalidItem = 0x800F080D;
inline constexpr Hresult kIdentityMismatch = 0x800F0818;
inline constexpr Hresult kUnexpectedArchitecture = 0x800F081B;
inline constexpr Hresult kCycleEvaluation = 0x800F081D;
inline constexpr Hresult kHrNotApplicable = 0x800F081E;
inline constexpr Hresult kSourceMissing = 0x800F081F;
inline constexpr Hresult kNewServicingStackRequired = 0x800F0823;
inline constexpr Hresult kDependentFailure = 0x800F082C;
inline constexpr Hresult kNotAllowedOffline = 0x800F082E;
inline constexpr Hresult kImageUnserviceable = 0x800F0830;
inline constexpr Hresult kStoreCorruption = 0x800F0831;
inline constexpr Hresult kMissingBaselines = 0x800F0838;
inline constexpr Hresult kPsfxDeltasMissing = 0x800F0981;
inline constexpr Hresult kPsfxMatchingComponentNotFound = 0x800F0982;
inline constexpr Hresult kPsfxMatchingDirectoryMissing = 0x800F0983;
inline constexpr Hresult kPsfxMatchingBinaryMissing = 0x800F0984;
inline constexpr Hresult kPsfxReverseDeltaFailed = 0x800F0985;
inline constexpr Hresult kPsfxForwardDeltaFailed = 0x800F0986;
inline constexpr Hresult kPsfxNullDeltaFailed = 0x800F0987;
inline constexpr Hresult kPsfxReverseDeltaMissing = 0x800F0989;
inline constexpr Hresult kXmlParserFailure = 0x800F0900;
inline constexpr Hresult kAssemblyMissing = 0x80073701;
inline constexpr Hresult kComponentStoreCorrupt = 0x80073712;
inline constexpr Hresult kFileHashMismatch = 0x800736CC;
inline constexpr Hresult kNotSupported = 0x80070032;
inline constexpr Hresult kInvalidData = 0x8007000D;
inline constexpr Hresult kFileCorrupt = 0x80070570;
inline constexpr Hresult kNoSignature = 0x800B0100;
inline constexpr Hresult kUntrustedRoot = 0x800B0109;
inline constexpr Hresult kBadDigest = 0x80096010;

// "CBS_E_PENDING"; "S_OK" for 0; empty for a code without a known name.
std::string_view SymbolOf(Hresult code);
// "0x800F0806"
std::string FormatHresult(Hresult code);

}  // namespace ww::cbs
