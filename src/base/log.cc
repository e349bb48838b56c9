#include "wimwright/base/log.h"

#include <fmt/chrono.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "wimwright/base/handle.h"

namespace ww {
namespace {

constexpr std::uintmax_t kRotateAt = 4u << 20;
constexpr std::chrono::milliseconds kSoon{100};
constexpr std::size_t kMostPending = 64 << 10;

// Many lines are of the same second, and finding the local time takes a lock of all threads.
std::tm LocalTime(std::time_t seconds) {
  thread_local std::time_t of = -1;
  thread_local std::tm local{};
  if (of != seconds) {
    ::localtime_r(&seconds, &local);
    of = seconds;
  }
  return local;
}

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "Debug";
    case LogLevel::kInfo:
      return "Info";
    case LogLevel::kWarning:
      return "Warning";
    case LogLevel::kError:
      return "Error";
  }
  return "Info";
}

std::string OneLine(std::string_view message) {
  std::string out(message);
  for (auto& c : out) {
    if (c == '\r' || c == '\n') c = ' ';
  }
  return out;
}

std::string JsonText(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

class Null final : public Logger {
 public:
  void Write(LogLevel, std::string_view, std::string_view) override {}
};

class FileLogger final : public Logger {
 public:
  FileLogger(Handle<std::FILE, &std::fclose> file, std::filesystem::path path, LogFormat format,
             const Clock& clock, LogFlush flush)
      : file_(std::move(file)), path_(std::move(path)), format_(format), clock_(clock) {
    if (flush == LogFlush::kSoon) flusher_ = std::thread([this] { FlushSoon(); });
  }
  ~FileLogger() override {
    if (!flusher_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    flusher_.join();
  }

  void Write(LogLevel level, std::string_view component, std::string_view message) override {
    const auto line = FormatLogLine(format_, level, component, message, clock_.Now(), ThreadId());
    const std::lock_guard lock(mutex_);
    const bool first = pending_.empty();
    pending_ += line;
    pending_ += '\n';
    const bool now = !flusher_.joinable() || level >= LogLevel::kWarning;
    if (now || pending_.size() >= kMostPending) return Flush();
    if (first) wake_.notify_one();
  }

 private:
  static long ThreadId() {
    thread_local const long id = static_cast<long>(::syscall(SYS_gettid));
    return id;
  }

  // Needs the lock.
  void Flush() {
    if (pending_.empty()) return;
    RotateIfFull();
    if (file_) {
      std::fwrite(pending_.data(), 1, pending_.size(), file_.get());
      std::fflush(file_.get());
    }
    pending_.clear();
  }

  void FlushSoon() {
    std::unique_lock lock(mutex_);
    while (!stop_) {
      wake_.wait(lock, [&] { return stop_ || !pending_.empty(); });
      wake_.wait_for(lock, kSoon, [&] { return stop_; });
      Flush();
    }
    Flush();
  }

  void RotateIfFull() {
    std::error_code ignored;
    const auto size = std::filesystem::file_size(path_, ignored);
    if (ignored || size < kRotateAt) return;
    auto old = path_;
    old.replace_extension(".lo_");
    std::filesystem::rename(path_, old, ignored);
    file_ = Handle<std::FILE, &std::fclose>(std::fopen(path_.c_str(), "ae"));
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::string pending_;
  Handle<std::FILE, &std::fclose> file_;
  std::filesystem::path path_;
  LogFormat format_;
  const Clock& clock_;
  std::thread flusher_;
};

}  // namespace

Logger& NullLogger() {
  static Null logger;
  return logger;
}

std::string FormatLogLine(LogFormat format, LogLevel level, std::string_view component,
                          std::string_view message, TimePoint time, long thread_id) {
  const auto milliseconds =
      std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
  const std::time_t seconds = static_cast<std::time_t>(
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  const auto fraction = milliseconds - std::int64_t{seconds} * 1000;
  const auto text = OneLine(message);
  switch (format) {
    case LogFormat::kJson:
      return fmt::format(
          R"({{"time":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z","level":{},"component":{},"thread":{},"message":{}}})",
          fmt::gmtime(seconds), fraction, JsonText(LevelName(level)), JsonText(component),
          thread_id, JsonText(text));
    case LogFormat::kCmTrace: {
      const auto local = LocalTime(seconds);
      const long bias = -local.tm_gmtoff / 60;  // minutes to add to local time to get UTC
      const int type = level == LogLevel::kError ? 3 : level == LogLevel::kWarning ? 2 : 1;
      return fmt::format(
          R"(<![LOG[{}]LOG]!><time="{:%H:%M:%S}.{:03}{:+04}" date="{:%m-%d-%Y}" component="{}" context="" type="{}" thread="{}" file="">)",
          text, local, fraction, bias, local, component, type, thread_id);
    }
    case LogFormat::kServer: {
      const auto local = LocalTime(seconds);
      const long bias = -local.tm_gmtoff / 60;
      // The form has no level of its own: viewers mark lines by their words.
      const std::string_view mark = level == LogLevel::kError     ? "ERROR: "
                                    : level == LogLevel::kWarning ? "WARNING: "
                                                                  : "";
      return fmt::format("{}{}~  $$<{}><{:%m-%d-%Y %H:%M:%S}.{:03}{:+04}><thread={} (0x{:X})>",
                         mark, text, component, local, fraction, bias, thread_id, thread_id);
    }
    case LogFormat::kText:
      break;
  }
  return fmt::format("{:%Y-%m-%d %H:%M:%S}, {:<8} {:<6} {}", fmt::gmtime(seconds), LevelName(level),
                     component, text);
}

Result<std::unique_ptr<Logger>> OpenFileLogger(const std::filesystem::path& path, LogFormat format,
                                               const Clock& clock, LogFlush flush) {
  Handle<std::FILE, &std::fclose> file(std::fopen(path.c_str(), "ae"));
  if (!file) return Fail(Code::kIo, fmt::format("cannot write the log file {}", path.string()));
  return std::make_unique<FileLogger>(std::move(file), path, format, clock, flush);
}

}  // namespace ww
