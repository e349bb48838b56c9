// Names of a job's own files beside its output, and the removal of what a dead job left.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "wimwright/base/file.h"
#include "wimwright/base/log.h"

namespace ww::servicing {

std::string HostName();                    // letters, digits and '-' only
std::string RandomHex(std::size_t bytes);  // lower case

// ".NAME.wimwright-lock"
std::filesystem::path LockPath(const std::filesystem::path& output);
// ".NAME.wimwright-HOST-PID-RANDOM.tmp", new with every call. Begins with a dot and does not end in
// ".wim": no pattern that looks for images finds it.
std::filesystem::path TemporaryPath(const std::filesystem::path& output);
// True for what TemporaryPath(output) may have answered, in any process.
bool IsTemporaryOf(const std::filesystem::path& output, const std::filesystem::path& file);

// Removes the temporary files of dead jobs beside `output`. The caller holds the OutputLock, so no
// job that owns one is alive. What cannot be removed is logged: it costs space, nothing else.
std::size_t RemoveLeftovers(FileSystem& fs, const std::filesystem::path& output, Logger& log);

// Removes its file at the end unless it was released. Uses `fs` for that, which must outlive it.
class TemporaryFile {
 public:
  TemporaryFile(FileSystem& fs, std::filesystem::path path) : fs_(fs), path_(std::move(path)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

  const std::filesystem::path& path() const { return path_; }
  void Release() { released_ = true; }

 private:
  FileSystem& fs_;
  std::filesystem::path path_;
  bool released_ = false;
};

}  // namespace ww::servicing
