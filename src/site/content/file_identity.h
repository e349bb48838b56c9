// Which file a path means and in which state, to notice that it became another.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>

namespace ww::content {

struct FileIdentity {
  std::uint64_t device = 0, inode = 0;
  std::int64_t size = 0;
  std::int64_t modified_s = 0, modified_ns = 0;
  std::int64_t changed_s = 0, changed_ns = 0;
  bool operator==(const FileIdentity&) const = default;

  bool IsSameFile(const FileIdentity& other) const {
    return device == other.device && inode == other.inode;
  }
};

// All zero where there is no such path.
inline FileIdentity IdentityOf(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  return {info.st_dev,          info.st_ino,         info.st_size,        info.st_mtim.tv_sec,
          info.st_mtim.tv_nsec, info.st_ctim.tv_sec, info.st_ctim.tv_nsec};
}

}  // namespace ww::content
