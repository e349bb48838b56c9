// Brings one file into a point's library: what is there already from there, the rest from the site.
#pragma once

#include <filesystem>
#include <functional>
#include <span>

#include "rate_limit.h"
#include "site_link.h"
#include "wimwright/base/log.h"
#include "wimwright/content/library.h"
#include "wimwright/content/transfer_plan.h"

namespace ww::distribution {

struct PullerOptions {
  content::Library* library = nullptr;
  std::filesystem::path partial;  // on the library's file system
  FileSystem* fs = &RealFileSystem();
  std::uint64_t reserve = 0;
  RateLimit* limit = nullptr;
  Logger* log = &NullLogger();
};

struct PullResult {
  std::uint64_t fetched = 0, copied = 0, present = 0;
};

// Thread-safe, for different files.
class Puller {
 public:
  explicit Puller(PullerOptions options) : options_(std::move(options)) {}

  // The file is in the library when this succeeds: all of it has the SHA-256 that it should. What
  // fails or is killed leaves what has come in `partial`, and the next attempt goes on from there:
  // it believes the blocks' hashes, no record. `similar`: files of the library that most likely
  // have blocks of it, best first. `on_bytes` is told what is done, and what was undone.
  Result<PullResult> Pull(const content::StoredFile& file,
                          std::span<const content::ContentId> similar, SiteLink& link,
                          const Cancellation& cancellation,
                          const std::function<void(std::int64_t)>& on_bytes) const;

  std::filesystem::path PartOf(const content::ContentId& id) const;

 private:
  struct Work;
  Status Prepare(Work& work) const;
  Status FindSources(Work& work) const;
  Status OpenPart(Work& work) const;
  Result<content::HashedContent> Assemble(Work& work) const;

  const PullerOptions options_;
};

}  // namespace ww::distribution
