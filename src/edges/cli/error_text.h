// Errors as the command line tells them: code, symbolic name, cause, next step.
#pragma once

#include <string>
#include <string_view>

#include "session.h"
#include "wimwright/base/result.h"

namespace ww::cli {

// {"code", "hresult", "symbol", "message", "next_step"}
Json ErrorJson(const Error& error);

// Three lines on stderr; the caller has printed what happened to the image.
void ComplainAbout(Session& session, const Error& error, int exit_code);

// Reports a command that failed before it had anything to show: text, log, and the JSON object.
int ReportFailure(Session& session, const Error& error);

}  // namespace ww::cli
