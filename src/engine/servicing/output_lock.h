// One job per output name: a lock that exists before the output does.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"

namespace ww::servicing {

// Holds `.NAME.wimwright-lock` beside the output, flocked, for its whole life and removes it at the
// end. After kill -9 the file stays, unlocked; the next job takes it over. Whoever holds the lock
// may remove every temporary file of that output: their owners are dead.
class OutputLock {
 public:
  // kBusy, naming the holder, while another job writes the same output.
  static Result<OutputLock> Take(FileSystem& fs, const std::filesystem::path& output,
                                 const Clock& clock);
  OutputLock(OutputLock&&) = default;
  OutputLock& operator=(OutputLock&&) = delete;
  ~OutputLock();

 private:
  OutputLock(FileSystem& fs, std::filesystem::path path, std::unique_ptr<File> file)
      : fs_(&fs), path_(std::move(path)), file_(std::move(file)) {}

  FileSystem* fs_;
  std::filesystem::path path_;
  std::unique_ptr<File> file_;  // null: moved from
};

}  // namespace ww::servicing
