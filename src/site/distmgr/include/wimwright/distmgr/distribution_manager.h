// The component SMS_DISTRIBUTION_MANAGER: takes sources of packages into the content library as
// versions, keeps and forgets versions, and tells distribution points what they should have.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"
#include "wimwright/base/log.h"
#include "wimwright/base/progress.h"
#include "wimwright/content/library.h"
#include "wimwright/database/database.h"
#include "wimwright/distmgr/points.h"
#include "wimwright/distmgr/source_draft.h"
#include "wimwright/distmgr/versions.h"
#include "wimwright/provider/binding.h"
#include "wimwright/provider/site_provider.h"

namespace ww::distmgr {

// Names the contents of the library that somebody else refers to (software updates do): garbage
// collection asks each of them, in one transaction of reading.
using ContentUser = std::function<Status(
    provider::Call& call, const std::function<void(const content::ContentId&)>& uses)>;

struct DistributionOptions {
  database::Database* database = nullptr;  // all outlive the manager
  content::Library* library = nullptr;
  FileSystem* files = &RealFileSystem();
  const Clock* clock = &SystemClock();
  Logger* log = &NullLogger();  // distmgr.log
  // Who this server is among several on one database; unique, and the same after a restart.
  std::string server_id;
  // Stands before the words that CreateToken of WW_DistributionPointEnrolment answers: what points
  // have to know beside them. They show the word alone.
  std::string token_prefix = {};
  std::vector<ContentUser> content_users = {};
  std::uint32_t keep_versions = 3;  // of each package, the current one included; at least 1
  std::chrono::seconds retry_first{60}, retry_most{3600};  // between attempts to read a source
  std::chrono::seconds lease{120};                         // of work that a server has claimed
  std::chrono::hours collect_every{24};                    // garbage
  std::chrono::hours verify_every{24 * 7};                 // hash validation of the whole library
  std::chrono::hours content_grace{24};                    // what was added later is never garbage
};

// What becomes a package's current version.
struct NewVersion {
  std::string package_id;
  VersionOrigin origin = VersionOrigin::kServicing;
  std::string run_id = {};
  std::uint32_t based_on = 0;
  std::vector<PackageFile> files;  // the library has all of them
  bool pinned = false;
  // The source gets this content too: recorded in the same transaction, done by
  // FinishWriteBack(), or by the worker of any server when that never comes.
  bool write_back = true;
  bool update_points = true;
};

struct VerifyReport {
  std::uint64_t files = 0, bytes = 0;
  std::vector<content::ContentId> damaged;  // and not to be had again
  std::vector<content::ContentId> repaired;
};

// Thread-safe. Several servers may run it on one database.
class DistributionManager {
 public:
  // Defines its tables. Give Component() to ProviderOptions::components, open the provider, then
  // Attach() or Start(): nothing else may be called before.
  static Result<std::unique_ptr<DistributionManager>> Open(DistributionOptions options);
  virtual ~DistributionManager() = default;

  virtual std::function<void(provider::Bindings&)> Component() = 0;

  // Brings in order what a killed process left behind, and listens to the provider's events.
  // `provider` outlives the manager.
  virtual Status Attach(provider::SiteProvider& provider) = 0;
  // The same, with a thread that does what is due. Stop() waits for what it is doing to be
  // cancelled; the destructor stops, too.
  virtual Status Start(provider::SiteProvider& provider) = 0;
  virtual void Stop() = 0;

  // What the thread does: everything that is due by now. Answers the number of things done.
  virtual Result<std::size_t> RunDue(const Cancellation& cancellation) = 0;
  // When there is something next; nothing: when somebody tells of something.
  virtual Result<std::optional<TimePoint>> NextDue() = 0;

  // Takes the package's source into the library as a version, unless the current version is what
  // the source has (by size, times and inode of each file as they were when it was last read,
  // otherwise by content). Finishes a write-back first that is due. Used by the worker after
  // ContentChanged, and by servicing when it stages.
  // kNotFound: no package, no source, or the source is missing; kUnsupported: a source that this
  // server cannot look into; kUsage: a symbolic link or special file in it; kBusy: it changes
  // while it is read; and what the library says (kNoSpace, kIo, ...).
  virtual Result<PackageVersion> EnsureSource(std::string_view package_id,
                                              Progress& progress = NullProgress(),
                                              const Cancellation& cancelled = NeverCancelled()) = 0;

  // Inside a transaction: makes it the package's current version. SourceVersion = StoredPkgVersion
  // = last + 1, SourceDate, PackageSize; for images ImageProperty and ImageOSVersion of the file.
  // Tells the points when asked. Answers the new number.
  virtual Result<std::uint32_t> PublishVersion(provider::Call& call, const NewVersion& version) = 0;

  // Whether files can be put back into the package's source (servicing asks before it begins):
  // kIo with the reason otherwise; kBusy while another program has the image locked.
  virtual Status CheckSourceWritable(std::string_view package_id) = 0;

  // Does the write-back that was recorded with the package's current version; nothing to do is
  // success. Atomic for each file: a temporary one beside it, synced, renamed. kConflict: the
  // source was changed by somebody else since it was last read; it is left alone then, and so is
  // the record.
  // `draft`: what it holds is not read from the library once more.
  virtual Status FinishWriteBack(std::string_view package_id, Progress& progress = NullProgress(),
                                 const Cancellation& cancelled = NeverCancelled(),
                                 SourceDraft* draft = nullptr) = 0;
  // A file of `bytes` beside that one of the package's source. kUnsupported: nothing is gained
  // by it, because the source's file system clones the library's files.
  virtual Result<std::unique_ptr<SourceDraft>> DraftWriteBack(std::string_view package_id,
                                                              std::string_view path_in_package,
                                                              std::uint64_t bytes) = 0;
  // Puts one file of a version (also of one that is not published yet) back to the source.
  virtual Status WriteBack(const PackageVersion& version, std::string_view path_in_package,
                           Progress& progress = NullProgress(),
                           const Cancellation& cancelled = NeverCancelled()) = 0;

  // Forgets versions that retention does not keep, then removes content that nobody uses.
  virtual Result<content::Garbage> CollectGarbage(const Cancellation& cancelled) = 0;
  // Reads again what the versions of a package consist of (empty: the whole library). What is
  // damaged is taken from the source again, when that still has it.
  virtual Result<VerifyReport> Verify(std::string_view package_id,
                                      const Cancellation& cancelled = NeverCancelled()) = 0;

  // Distribution points' side. Lives as long as the manager.
  virtual Points& points() = 0;
};

}  // namespace ww::distmgr
