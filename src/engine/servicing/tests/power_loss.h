// What stable storage holds when the power fails: a journal of everything a job did to the files of
// one folder, and a disk that keeps of it no more than was promised.
#pragma once

#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "servicing_testing.h"

namespace ww::servicing {

// One change of a file or of the folder. Files are numbered: a name may move to another file.
struct DiskOperation {
  enum class Kind { kCreate, kWrite, kTruncate, kSync, kRename, kRemove, kSyncDirectory };
  Kind kind = Kind::kWrite;
  int file = 0;
  std::uint64_t offset = 0;  // kWrite; kTruncate: the new size
  Bytes bytes;               // kWrite
  std::string name;          // kCreate, kRemove; kRename: the new name
  std::string old_name;      // kRename
};

using Folder = std::map<std::string, Bytes>;
Folder ReadFolder(const stdfs::path& dir);
void WriteFolder(const Folder& folder, const stdfs::path& dir);

// Passes everything on to the real file system and notes what happens in `dir`, in the order in
// which it happens. What is outside and files without a name are not noted. Blocks are never
// shared, so that the bytes of a copy are part of the journal. Thread-safe, as the interface asks.
class JournalingFileSystem final : public FileSystem {
 public:
  explicit JournalingFileSystem(const stdfs::path& dir);

  // Once the job is over.
  const std::vector<DiskOperation>& operations() const { return operations_; }
  void Note(DiskOperation operation);

  Result<std::unique_ptr<File>> Open(const stdfs::path& path, OpenMode mode) override;
  Result<std::unique_ptr<File>> CreateNew(const stdfs::path& path) override;
  Result<std::unique_ptr<File>> CreateUnnamed(const stdfs::path& dir) override;
  Result<std::unique_ptr<File>> Clone(const stdfs::path& from, const stdfs::path& to) override;
  Status Rename(const stdfs::path& from, const stdfs::path& to) override;
  Status Remove(const stdfs::path& path) override;
  Status SyncDirectory(const stdfs::path& dir) override;
  Result<std::uint64_t> FreeSpace(const stdfs::path& dir) override;

 private:
  bool Inside(const stdfs::path& path) const;
  std::unique_ptr<File> Wrap(std::unique_ptr<File> file, int number);

  stdfs::path dir_;
  std::mutex mutex_;
  std::map<std::string, int> names_;
  int files_ = 0;
  std::vector<DiskOperation> operations_;
};

// A disk that takes the operations of a journal one by one.
//
// Certain is only: of a file, what was written before its last sync; of the folder, what happened
// before it was synced. Of everything later a random part is there: sectors of 512 bytes, each
// whole or not at all and in any order, with zeros where a file has grown without its data; names
// either up to some moment or, as POSIX allows, in any combination. One rename is all or nothing.
class FickleDisk {
 public:
  // Files are numbered as JournalingFileSystem does: those of `before` by name, from 1.
  explicit FickleDisk(const Folder& before);

  void Do(const DiskOperation& operation);  // which must outlive the disk
  Folder AfterPowerLoss(std::mt19937& random) const;
  // The least that must be there: all that is not certain is lost.
  Folder Certain() const;

 private:
  struct Content {
    Bytes certain;
    std::vector<const DiskOperation*> since;
  };
  std::map<int, Content> files_;
  std::map<std::string, int> names_;  // certain
  std::vector<const DiskOperation*> names_since_;
};

}  // namespace ww::servicing
