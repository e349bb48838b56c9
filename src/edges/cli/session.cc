#include "session.h"

#include <nlohmann/json.hpp>

#include "terminal_text.h"

namespace ww::cli {
namespace {

LogFormat ParseLogFormat(std::string_view word) {
  if (word == "cmtrace") return LogFormat::kCmTrace;
  if (word == "json") return LogFormat::kJson;
  return LogFormat::kText;
}

}  // namespace

Session::Session(const Host& host, CommonOptions options, std::string command)
    : host_(host),
      options_(std::move(options)),
      command_(std::move(command)),
      log_(&NullLogger()),
      progress_(host.err, host.err_is_terminal) {}

Result<std::unique_ptr<Session>> Session::Open(const Host& host, CommonOptions options,
                                               std::string command) {
  std::unique_ptr<Session> session(new Session(host, std::move(options), std::move(command)));
  const CommonOptions& o = session->options_;
  if (!o.log_file.empty()) {
    WW_TRY(session->owned_log_,
           OpenFileLogger(o.log_file, ParseLogFormat(o.log_format), host.clock), "log file");
    session->log_ = session->owned_log_.get();
  }
  return session;
}

Progress& Session::progress() {
  if (options_.quiet) return NullProgress();
  return progress_;
}

void Session::Print(std::string_view text) {
  progress_.Pause();
  if (host_.out_is_terminal) {
    host_.out << ForTerminal(text);
  } else {
    host_.out << text;
  }
}

void Session::PrintJson(std::string_view result, int exit_code, const Json& content) {
  progress_.Pause();
  Json object{{"schema", 1}, {"command", command_}, {"result", result}, {"exit_code", exit_code}};
  for (const auto& [key, value] : content.items()) object[key] = value;
  // Names inside images need not be valid UTF-8 (lone surrogates): they are shown, not fatal.
  host_.out << object.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
}

void Session::Note(std::string_view text) {
  if (!options_.quiet) Complain(text);
}

void Session::Complain(std::string_view text) {
  progress_.Pause();
  if (host_.err_is_terminal) {
    host_.err << ForTerminal(text) << std::flush;
  } else {
    host_.err << text << std::flush;
  }
}

}  // namespace ww::cli
