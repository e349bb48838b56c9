// Windows codes (Error::hresult) by which several layers tell failures apart.
#pragma once

#include <cstdint>

namespace ww {

// RPC_S_SERVER_UNAVAILABLE: a server that this one needs does not answer. Nothing was done; the
// same may succeed later.
inline constexpr std::uint32_t kServerUnavailable = 0x800706BA;
// ERROR_CONNECTION_ABORTED: the connection broke after something was asked for and before the
// answer: nobody knows whether it was done.
inline constexpr std::uint32_t kOutcomeUnknown = 0x800704D4;

}  // namespace ww
