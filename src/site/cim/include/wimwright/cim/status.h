// WBEM status codes, and the SMS_ExtendedStatus that goes with them (sms-provider-behaviour.md 7).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wimwright/base/result.h"

namespace ww::cim {

// Values of WMI; they travel in Error::hresult.
enum class WbemStatus : std::uint32_t {
  kOk = 0,
  kFailed = 0x80041001,
  kNotFound = 0x80041002,
  kAccessDenied = 0x80041003,
  kTypeMismatch = 0x80041005,
  kInvalidParameter = 0x80041008,
  kInvalidClass = 0x80041010,
  kInvalidQuery = 0x80041017,
  kInvalidQueryType = 0x80041018,
  kAlreadyExists = 0x80041019,
  kProviderNotCapable = 0x80041024,
  kInvalidMethod = 0x8004102E,
  kInvalidMethodParameters = 0x8004102F,
  kInvalidProperty = 0x80041031,
  kCallCancelled = 0x80041032,
  kInvalidObjectPath = 0x8004103A,
  kMethodNotImplemented = 0x80041055,
};

// "WBEM_E_NOT_FOUND" and so on; empty for a value that is not in the enumeration.
std::string_view WbemName(WbemStatus status);

// ErrorCode values of our own, in the provider's composite form: severity 1, facility 1, action 8,
// object 7, then a reason. The first two were seen in public; the others are ours (reasons from
// 0x80 on) and will not change.
enum class ProviderCode : std::uint32_t {
  kObjectMissing = 0x40480715,  // an object of that key does not exist
  kLocked = 0x40480732,         // somebody else holds the object's lock
  kBadValue = 0x40480780,       // a property's value breaks its qualifiers
  kStaleObject = 0x40480781,    // SedoObjectVersion is not the present one
  kAccessDenied = 0x40480782,   // the caller's roles do not include the operation
  kBusy = 0x40480783,           // the object is being processed (ActionInProgress)
  kAlreadyExists = 0x40480784,  // a Put that may only create met an object of that key
  kReferenced = 0x40480785,     // something else still needs the object
  kUnexpected = 0x404807FF,     // none of the above
};

// An Error whose hresult says which status clients see. `Code` follows from the status.
Error WbemError(WbemStatus status, std::string message);
// The same for the provider's own codes: clients see StatusCode kFailed and this ErrorCode.
Error ProviderError(ProviderCode code, std::string message);

// The object that accompanies a failed call.
struct ExtendedStatus {
  WbemStatus status = WbemStatus::kFailed;  // StatusCode
  std::uint32_t error_code = 0;             // ErrorCode: a ProviderCode, or a plain Win32 code
  std::string description;
  std::string operation;       // GetObject, PutInstance, DeleteInstance, ExecQuery,
                               // CreateInstanceEnum, ExecMethod
  std::string parameter_info;  // path, class or query of the call
  std::string object_info;     // "CObjectLock" for lock errors
  std::string provider_name = "WinMgmt";
};

// The way back, for edges: they know which call failed and on what. Rules: a hresult that is one of
// WbemStatus is the StatusCode, and ErrorCode follows from a table; any other hresult is the
// ErrorCode and StatusCode is kFailed, as real providers answer; without a hresult both follow from
// `error.code`. `next_step` becomes a second sentence of the description.
ExtendedStatus ToExtendedStatus(const Error& error, std::string_view operation,
                                std::string_view parameter_info);

}  // namespace ww::cim
