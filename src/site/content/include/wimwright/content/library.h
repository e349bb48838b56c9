// The content library: every file once, by the SHA-256 of its bytes, immutable.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"
#include "wimwright/base/log.h"
#include "wimwright/base/progress.h"
#include "wimwright/content/block_map.h"
#include "wimwright/content/hashing.h"

namespace ww::content {

struct Garbage {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

// Thread-safe. An interface, and in terms of ids, ranges and whole files only, so that a store
// without paths (S3) can take the folder's place.
class Library {
 public:
  virtual ~Library() = default;

  // Takes a copy of the file (shared blocks where the file system can). kNoSpace with figures
  // before anything is written; kConflict when the file changes while it is read. The file may be
  // there already: then nothing is kept twice and its time of addition is now.
  virtual Result<StoredFile> Add(const std::filesystem::path& source,
                                 Progress& progress = NullProgress(),
                                 const Cancellation& cancellation = NeverCancelled()) = 0;

  // Takes a finished file, which the caller made in ScratchDir() and no longer touches, away from
  // there. On failure the file stays where it is.
  virtual Result<StoredFile> Adopt(const std::filesystem::path& scratch,
                                   Progress& progress = NullProgress(),
                                   const Cancellation& cancellation = NeverCancelled()) = 0;
  // The same for a file that the caller hashed while it wrote it: it is not read again.
  virtual Result<StoredFile> Adopt(const std::filesystem::path& scratch,
                                   const HashedContent& hashed) = 0;

  virtual bool Has(const ContentId& id) const = 0;
  // kNotFound when the library does not have it.
  virtual Result<std::uint64_t> Size(const ContentId& id) const = 0;
  // To read ranges. Stays readable when the file is removed meanwhile.
  virtual Result<std::unique_ptr<File>> Open(const ContentId& id) const = 0;
  // Where the kernel finds the file, for sendfile; nothing when the library is no folder. Must not
  // be written to.
  virtual std::optional<std::filesystem::path> PathOf(const ContentId& id) const = 0;
  // Computed again (and kept) when the library has the file without its map.
  virtual Result<BlockMap> Blocks(const ContentId& id) = 0;

  // Reads the file again. Not equal to its name: kVerificationFailed, and it is in quarantine, so
  // that Has() is false and nobody gets it; adding the right bytes again heals it.
  virtual Status Verify(const ContentId& id, Progress& progress = NullProgress(),
                        const Cancellation& cancellation = NeverCancelled()) = 0;

  // Of everything it has, in the order of ids.
  virtual Result<std::vector<StoredFile>> List() const = 0;

  // Makes the time of addition now: garbage collection leaves the file alone for its grace time.
  // kNotFound when it is gone. For whoever found a file by Has() and is about to refer to it.
  virtual Status Renew(const ContentId& id) = 0;

  // At once, whatever refers to it. kNotFound when there is none. Readers keep what they opened.
  virtual Status Remove(const ContentId& id) = 0;

  // Removes what was added longer than `grace` ago and is not alive. `is_live` may be called for
  // every file, on this thread. The grace time covers the moments between adding a file and
  // referring to it, and the difference of the clocks of servers that share the library.
  virtual Result<Garbage> CollectGarbage(const std::function<bool(const ContentId&)>& is_live,
                                         std::chrono::seconds grace) = 0;

  // A folder for files that become the library's by Adopt(). Belongs to this object: what is left
  // in it when the process ends, however it ends, is removed by whoever opens the library next.
  virtual const std::filesystem::path& ScratchDir() const = 0;
};

struct FolderOptions {
  std::filesystem::path dir;  // made if it does not exist; several servers may share it
  FileSystem* fs = &RealFileSystem();
  const Clock* clock = &SystemClock();
  Logger* log = &NullLogger();
  // Left free when a file is added; below it: kNoSpace.
  std::uint64_t reserve = 64 << 20;
};

// Removes leftovers of dead processes.
Result<std::unique_ptr<Library>> OpenFolderLibrary(FolderOptions options);

}  // namespace ww::content
