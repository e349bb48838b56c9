#include "wimwright/cim/status.h"

#include <array>
#include <optional>
#include <utility>

namespace ww::cim {
namespace {

struct StatusRow {
  WbemStatus status;
  std::string_view name;
  Code code;
};

constexpr std::array kStatuses = {
    StatusRow{WbemStatus::kOk, "WBEM_NO_ERROR", Code::kInternal},
    StatusRow{WbemStatus::kFailed, "WBEM_E_FAILED", Code::kInternal},
    StatusRow{WbemStatus::kNotFound, "WBEM_E_NOT_FOUND", Code::kNotFound},
    StatusRow{WbemStatus::kAccessDenied, "WBEM_E_ACCESS_DENIED", Code::kUsage},
    StatusRow{WbemStatus::kTypeMismatch, "WBEM_E_TYPE_MISMATCH", Code::kUsage},
    StatusRow{WbemStatus::kInvalidParameter, "WBEM_E_INVALID_PARAMETER", Code::kUsage},
    StatusRow{WbemStatus::kInvalidClass, "WBEM_E_INVALID_CLASS", Code::kNotFound},
    StatusRow{WbemStatus::kInvalidQuery, "WBEM_E_INVALID_QUERY", Code::kUsage},
    StatusRow{WbemStatus::kInvalidQueryType, "WBEM_E_INVALID_QUERY_TYPE", Code::kUnsupported},
    StatusRow{WbemStatus::kAlreadyExists, "WBEM_E_ALREADY_EXISTS", Code::kConflict},
    StatusRow{WbemStatus::kProviderNotCapable, "WBEM_E_PROVIDER_NOT_CAPABLE", Code::kUnsupported},
    StatusRow{WbemStatus::kInvalidMethod, "WBEM_E_INVALID_METHOD", Code::kNotFound},
    StatusRow{WbemStatus::kInvalidMethodParameters, "WBEM_E_INVALID_METHOD_PARAMETERS",
              Code::kUsage},
    StatusRow{WbemStatus::kInvalidProperty, "WBEM_E_INVALID_PROPERTY", Code::kUsage},
    StatusRow{WbemStatus::kCallCancelled, "WBEM_E_CALL_CANCELLED", Code::kCancelled},
    StatusRow{WbemStatus::kInvalidObjectPath, "WBEM_E_INVALID_OBJECT_PATH", Code::kUsage},
    StatusRow{WbemStatus::kMethodNotImplemented, "WBEM_E_METHOD_NOT_IMPLEMENTED",
              Code::kUnsupported},
};

struct ProviderRow {
  ProviderCode provider;
  Code code;
};
constexpr std::array kProviderCodes = {
    ProviderRow{ProviderCode::kObjectMissing, Code::kNotFound},
    ProviderRow{ProviderCode::kLocked, Code::kBusy},
    ProviderRow{ProviderCode::kBadValue, Code::kUsage},
    ProviderRow{ProviderCode::kStaleObject, Code::kConflict},
    ProviderRow{ProviderCode::kAccessDenied, Code::kUsage},
    ProviderRow{ProviderCode::kBusy, Code::kBusy},
    ProviderRow{ProviderCode::kAlreadyExists, Code::kConflict},
    ProviderRow{ProviderCode::kReferenced, Code::kConflict},
    ProviderRow{ProviderCode::kUnexpected, Code::kInternal},
};

const StatusRow* FindStatus(std::uint32_t value) {
  for (const auto& row : kStatuses) {
    if (value != 0 && static_cast<std::uint32_t>(row.status) == value) return &row;
  }
  return nullptr;
}

// The ErrorCode that accompanies a plain WBEM status.
ProviderCode ErrorCodeOf(WbemStatus status) {
  switch (status) {
    case WbemStatus::kNotFound:
      return ProviderCode::kObjectMissing;
    case WbemStatus::kAccessDenied:
      return ProviderCode::kAccessDenied;
    case WbemStatus::kAlreadyExists:
      return ProviderCode::kAlreadyExists;
    case WbemStatus::kTypeMismatch:
    case WbemStatus::kInvalidParameter:
    case WbemStatus::kInvalidProperty:
    case WbemStatus::kInvalidMethodParameters:
      return ProviderCode::kBadValue;
    default:
      return ProviderCode::kUnexpected;
  }
}

// Errors of the modules below carry no status of ours.
std::pair<WbemStatus, ProviderCode> FromCode(Code code) {
  switch (code) {
    case Code::kNotFound:
      return {WbemStatus::kNotFound, ProviderCode::kObjectMissing};
    case Code::kBusy:
      return {WbemStatus::kFailed, ProviderCode::kBusy};
    case Code::kUsage:
      return {WbemStatus::kInvalidParameter, ProviderCode::kBadValue};
    case Code::kConflict:
      return {WbemStatus::kFailed, ProviderCode::kStaleObject};
    case Code::kCancelled:
      return {WbemStatus::kCallCancelled, ProviderCode::kUnexpected};
    case Code::kUnsupported:
      return {WbemStatus::kProviderNotCapable, ProviderCode::kUnexpected};
    default:
      return {WbemStatus::kFailed, ProviderCode::kUnexpected};
  }
}

}  // namespace

std::string_view WbemName(WbemStatus status) {
  for (const auto& row : kStatuses) {
    if (row.status == status) return row.name;
  }
  return {};
}

Error WbemError(WbemStatus status, std::string message) {
  const auto* row = FindStatus(static_cast<std::uint32_t>(status));
  return {row == nullptr ? Code::kInternal : row->code,
          std::move(message),
          {},
          static_cast<std::uint32_t>(status)};
}

Error ProviderError(ProviderCode code, std::string message) {
  for (const auto& row : kProviderCodes) {
    if (row.provider == code) {
      return {row.code, std::move(message), {}, static_cast<std::uint32_t>(code)};
    }
  }
  return {Code::kInternal, std::move(message), {}, static_cast<std::uint32_t>(code)};
}

ExtendedStatus ToExtendedStatus(const Error& error, std::string_view operation,
                                std::string_view parameter_info) {
  ExtendedStatus out;
  if (const auto* row = FindStatus(error.hresult)) {
    out.status = row->status;
    out.error_code = static_cast<std::uint32_t>(ErrorCodeOf(row->status));
  } else if (error.hresult != 0) {
    out.error_code = error.hresult;
  } else {
    const auto [status, code] = FromCode(error.code);
    out.status = status;
    out.error_code = static_cast<std::uint32_t>(code);
  }
  out.description = error.message;
  if (!error.next_step.empty()) out.description += ". " + error.next_step;
  out.operation = operation;
  out.parameter_info = parameter_info;
  if (out.error_code == static_cast<std::uint32_t>(ProviderCode::kLocked)) {
    out.object_info = "CObjectLock";
  }
  return out;
}

}  // namespace ww::cim
