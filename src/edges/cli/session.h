// One run of one command: where it reads from, where it writes to, what all commands share.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "progress_printer.h"
#include "wimwright/base/log.h"
#include "wimwright/base/result.h"
#include "wimwright/cli/run.h"

namespace ww::cli {

using Json = nlohmann::ordered_json;

// The options that every command has.
struct CommonOptions {
  bool json = false;
  bool quiet = false;
  std::string log_file;
  std::string log_format = "text";  // checked by the parser: text, cmtrace, json
  std::string scratch_dir;
};

class Session {
 public:
  // Opens the log file. kIo and friends when that is not possible.
  static Result<std::unique_ptr<Session>> Open(const Host& host, CommonOptions options,
                                               std::string command);

  FileSystem& fs() { return host_.fs; }
  const Clock& clock() const { return host_.clock; }
  const Cancellation& cancel() const { return host_.cancel; }
  Logger& log() { return *log_; }
  Progress& progress();  // nothing with --quiet
  const CommonOptions& options() const { return options_; }
  const std::string& command() const { return command_; }  // "image info"

  // Data, on stdout. With --json, Print() must not be used.
  void Print(std::string_view text);
  // The one object: "schema", "command", "result" and "exit_code" first, then the members of
  // `content`.
  void PrintJson(std::string_view result, int exit_code, const Json& content);

  // For a person, on stderr; not with --quiet. Ends the progress line first.
  void Note(std::string_view text);
  // The same, also with --quiet.
  void Complain(std::string_view text);

  template <typename... A>
  void Print(fmt::format_string<A...> format, A&&... args) {
    Print(std::string_view(fmt::format(format, std::forward<A>(args)...)));
  }
  template <typename... A>
  void Note(fmt::format_string<A...> format, A&&... args) {
    Note(std::string_view(fmt::format(format, std::forward<A>(args)...)));
  }

 private:
  Session(const Host& host, CommonOptions options, std::string command);

  Host host_;
  CommonOptions options_;
  std::string command_;
  std::unique_ptr<Logger> owned_log_;
  Logger* log_;
  ProgressPrinter progress_;
};

}  // namespace ww::cli
