// Logging: one line per event, as text, CMTrace or JSON. A Logger is passed in, never global.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "wimwright/base/clock.h"
#include "wimwright/base/result.h"

namespace ww {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
// kText "2026-11-21 09:00:00, Info     CBS    message" (the look of dism.log)
// kCmTrace the client form of field-practice.md 6;  kServer the form of a site server's components
// "message~  $$<SMS_PROVIDER><11-21-2026 09:00:00.000+000><thread=5832 (0x16C8)>", which CMTrace
// reads too;  kJson one object per line.
enum class LogFormat { kText, kCmTrace, kJson, kServer };

// Thread-safe.
class Logger {
 public:
  virtual ~Logger() = default;
  // `component` is the field's word: CBS, WIM, CAB, OfflineServicing. Line breaks in `message`
  // become blanks.
  virtual void Write(LogLevel level, std::string_view component, std::string_view message) = 0;

  template <typename... A>
  void Debug(std::string_view component, fmt::format_string<A...> format, A&&... args) {
    Write(LogLevel::kDebug, component, fmt::format(format, std::forward<A>(args)...));
  }
  template <typename... A>
  void Info(std::string_view component, fmt::format_string<A...> format, A&&... args) {
    Write(LogLevel::kInfo, component, fmt::format(format, std::forward<A>(args)...));
  }
  template <typename... A>
  void Warning(std::string_view component, fmt::format_string<A...> format, A&&... args) {
    Write(LogLevel::kWarning, component, fmt::format(format, std::forward<A>(args)...));
  }
  template <typename... A>
  void Error(std::string_view component, fmt::format_string<A...> format, A&&... args) {
    Write(LogLevel::kError, component, fmt::format(format, std::forward<A>(args)...));
  }
};

// Drops everything.
Logger& NullLogger();

// When lines reach the file.
enum class LogFlush {
  kEachLine,  // a log that lacks the last line before a crash is useless
  // Within a tenth of a second, and at once with a warning or an error: for a server, which writes
  // lines for every request. A crash loses the good news of that time.
  kSoon,
};

// Appends to `path`; at 4 MB the file becomes "name.lo_" (Configuration Manager's habit) and a new
// one starts.
Result<std::unique_ptr<Logger>> OpenFileLogger(const std::filesystem::path& path, LogFormat format,
                                               const Clock& clock,
                                               LogFlush flush = LogFlush::kEachLine);

// One formatted line without its end, as the file logger writes it: the pure part, for tests and
// the console.
std::string FormatLogLine(LogFormat format, LogLevel level, std::string_view component,
                          std::string_view message, TimePoint time, long thread_id);

}  // namespace ww
