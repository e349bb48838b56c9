#include "refusal.h"

#include <fmt/format.h>

#include <utility>

#include "json_text.h"
#include "wimwright/base/windows_code.h"
#include "wimwright/cim/status.h"

namespace ww::adminservice {
namespace {

using cim::ProviderCode;
using cim::WbemStatus;

int OfStatus(WbemStatus status) {
  switch (status) {
    case WbemStatus::kNotFound:
    case WbemStatus::kInvalidClass:
    case WbemStatus::kInvalidMethod:
    case WbemStatus::kAccessDenied:
      return 404;
    case WbemStatus::kTypeMismatch:
    case WbemStatus::kInvalidParameter:
    case WbemStatus::kInvalidQuery:
    case WbemStatus::kInvalidQueryType:
    case WbemStatus::kInvalidMethodParameters:
    case WbemStatus::kInvalidProperty:
    case WbemStatus::kInvalidObjectPath:
      return 400;
    case WbemStatus::kAlreadyExists:
      return 409;
    case WbemStatus::kMethodNotImplemented:
    case WbemStatus::kProviderNotCapable:
      return 501;
    case WbemStatus::kCallCancelled:
      return 503;
    case WbemStatus::kOk:
    case WbemStatus::kFailed:
      break;
  }
  return 500;
}

int OfProviderCode(std::uint32_t code) {
  switch (static_cast<ProviderCode>(code)) {
    case ProviderCode::kObjectMissing:
    case ProviderCode::kAccessDenied:
      return 404;
    case ProviderCode::kBadValue:
      return 400;
    case ProviderCode::kLocked:
    case ProviderCode::kStaleObject:
    case ProviderCode::kBusy:
    case ProviderCode::kAlreadyExists:
    case ProviderCode::kReferenced:
      return 409;
    case ProviderCode::kUnexpected:
      break;
  }
  return 500;
}

void AppendText(std::string& out, std::string_view name, std::string_view value) {
  out += fmt::format(",\"{}\":", name);
  if (value.empty()) {
    out += "null";
  } else {
    AppendJsonText(out, value);
  }
}

// Every member of the class; File, Line and SQL... tell of the real provider's insides.
std::string ExtendedStatusJson(const cim::ExtendedStatus& status) {
  std::string out = "{\"__CLASS\":\"SMS_ExtendedStatus\",\"CauseInfo\":null";
  AppendText(out, "Description", status.description);
  out += fmt::format(",\"ErrorCode\":{},\"File\":\"\",\"Line\":0", status.error_code);
  AppendText(out, "ObjectInfo", status.object_info);
  AppendText(out, "Operation", status.operation);
  AppendText(out, "ParameterInfo", status.parameter_info);
  AppendText(out, "ProviderName", status.provider_name);
  out += ",\"SQLMessage\":null,\"SQLSeverity\":null,\"SQLStatus\":null";
  out += fmt::format(",\"StatusCode\":{}}}", static_cast<std::uint32_t>(status.status));
  return out;
}

}  // namespace

int HttpStatusOf(const Error& error) {
  if (error.hresult != 0) {
    const auto status = static_cast<WbemStatus>(error.hresult);
    if (error.hresult == kServerUnavailable || error.hresult == kOutcomeUnknown) return 503;
    if (!cim::WbemName(status).empty() && status != WbemStatus::kFailed) return OfStatus(status);
    return OfProviderCode(error.hresult);
  }
  switch (error.code) {
    case Code::kNotFound:
      return 404;
    case Code::kUsage:
    case Code::kCorrupt:
    case Code::kLimit:
      return 400;
    case Code::kBusy:
    case Code::kConflict:
      return 409;
    case Code::kUnsupported:
      return 501;
    case Code::kCancelled:
      return 503;
    default:
      return 500;
  }
}

http::Response Refuse(const Error& error, const FailedCall& call) {
  return Refuse(HttpStatusOf(error), error, call);
}

http::Response Refuse(int status, const Error& error, const FailedCall& call) {
  const auto extended = cim::ToExtendedStatus(error, call.operation, call.parameter_info);
  std::string message = extended.description;
  // Two blanks, as the real service writes it.
  if (call.query) message += fmt::format("  WMI QUERY: {}", call.parameter_info);
  auto response = http::Response::Json(
      status,
      fmt::format("{{\"error\":{{\"code\":\"{}\",\"message\":{},\"SMS_ExtendedStatus\":{}}}}}",
                  status, JsonText(message), ExtendedStatusJson(extended)));
  response.headers.Add("OData-Version", "4.0");
  if (status == 503) response.headers.Add("Retry-After", "5");
  return response;
}

http::Response RefuseMethod(std::string_view method, std::string allow) {
  auto response = Refuse(405,
                         cim::WbemError(cim::WbemStatus::kProviderNotCapable,
                                        fmt::format("{} is not offered here", method)),
                         {});
  response.headers.Add("Allow", std::move(allow));
  return response;
}

}  // namespace ww::adminservice
