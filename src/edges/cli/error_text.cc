#include "error_text.h"

#include <nlohmann/json.hpp>

#include "exit_code.h"
#include "wimwright/base/text.h"
#include "wimwright/cbs/hresult.h"
#include "wimwright/servicing/report_json.h"
#include "wimwright/servicing/windows_code.h"

namespace ww::cli {

using servicing::NextStepOf;
using servicing::WindowsCode;
using servicing::WindowsCodeOf;

Json ErrorJson(const Error& error) { return servicing::ErrorJson(error); }

void ComplainAbout(Session& session, const Error& error, int exit_code) {
  const WindowsCode windows = WindowsCodeOf(error);
  const std::string code =
      fmt::format("{} [HRESULT = {} - {}]", CodeName(error.code),
                  ToLowerAscii(cbs::FormatHresult(windows.value)), windows.symbol);
  session.Complain(fmt::format("  cause: {}\n", error.message));
  session.Complain(fmt::format("  next:  {}\n", NextStepOf(error)));
  session.Complain(fmt::format("  code:  {}, exit code {}\n", code, exit_code));
  if (!session.options().log_file.empty()) {
    session.Complain(fmt::format("  log:   {}\n", session.options().log_file));
  }
  session.log().Error("CLI", "{} {}", error.message, code);
}

int ReportFailure(Session& session, const Error& error) {
  const int exit_code = ExitCodeOf(error.code);
  const bool cancelled = error.code == Code::kCancelled;
  session.Complain(fmt::format("wimwright {}: {}, no input was changed\n", session.command(),
                               cancelled ? "cancelled" : "failed"));
  ComplainAbout(session, error, exit_code);
  if (session.options().json) {
    session.PrintJson(cancelled ? "cancelled" : "failed", exit_code,
                      Json{{"error", ErrorJson(error)}});
  }
  return exit_code;
}

}  // namespace ww::cli
