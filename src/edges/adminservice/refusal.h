// How failures look: HTTP status, the OData error object, and SMS_ExtendedStatus (admin-service.md
// 7, sms-provider-behaviour.md 7).
#pragma once

#include <string>
#include <string_view>

#include "wimwright/base/result.h"
#include "wimwright/http/response.h"

namespace ww::adminservice {

// The call that failed, as SMS_ExtendedStatus tells it.
struct FailedCall {
  std::string_view operation;       // GetObject, PutInstance, DeleteInstance, ExecQuery, ExecMethod
  std::string_view parameter_info;  // path, class or query
  bool query = false;               // the message ends with "WMI QUERY: " and parameter_info
};

// Not found, unknown class or method, and access denied: 404 (the real service does not tell them
// apart). Malformed queries, paths, parameters, values, also over a cap: 400. Locked, busy, stale,
// there already, still needed: 409. Not implemented, provider not capable: 501.
// Cancelled, no database, or a change of which nobody knows whether it was made: 503, with
// Retry-After. Everything else 500.
int HttpStatusOf(const Error& error);

http::Response Refuse(const Error& error, const FailedCall& call);
// With a status that no provider's error stands for: 403, 415 ...
http::Response Refuse(int status, const Error& error, const FailedCall& call);
// 405 with Allow.
http::Response RefuseMethod(std::string_view method, std::string allow);

}  // namespace ww::adminservice
