// From the fields of a request to the context of a call (sms-provider-behaviour.md 5).
#pragma once

#include <string>

#include "wimwright/cim/provider.h"
#include "wimwright/http/request.h"

namespace ww::adminservice {

// user                as authenticated
// ApplicationName     SMS-ApplicationName, else the first product of User-Agent
// MachineName         SMS-MachineName, else the peer's address
// LocaleID            SMS-LocaleID, else the first language of Accept-Language: "MS\1033"
// SessionHandle, ObjectLockContext, ContextHandle, InstanceCount, LimitToCollectionIDs (commas),
// QueryQualifiers     SMS-<name>
// Values are cut at 256 characters. What does not parse is left out: a context is advice.
cim::Context ContextOf(const http::Request& request);

// "https://srv.example.org": the connection's scheme and the Host field, if it is one; `fallback`
// otherwise.
std::string BaseUrlOf(const http::Request& request, const std::string& fallback);

}  // namespace ww::adminservice
