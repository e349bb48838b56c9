// A whole scan catalogue as a file: what is told of it keeps the promises of scan_catalog.h.
#include "wimwright/catalog/scan_catalog.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::catalog;
  const int file = memfd_create("catalogue", MFD_CLOEXEC);
  if (file < 0 || write(file, data, size) != static_cast<ssize_t>(size)) std::abort();
  bool begun = false, listed = false;
  std::set<std::uint32_t> revisions;
  std::set<std::string> ids;
  ScanEvents events;
  events.begin = [&](const ScanSummary&) -> ww::Status {
    if (begun) std::abort();
    begun = true;
    return {};
  };
  events.categories = [&](const std::vector<Category>&) -> ww::Status {
    if (!begun || listed) std::abort();
    listed = true;
    return {};
  };
  events.update = [&](ScanUpdate&& update) -> ww::Status {
    if (!listed || !revisions.insert(update.revision).second || !ids.insert(update.id).second) {
      std::abort();
    }
    for (const auto& content : update.contents) {
      if (content.files.empty()) std::abort();
    }
    return {};
  };
  events.relation = [&](const ScanRelation& relation) -> ww::Status {
    if (relation.newer == relation.older || !revisions.contains(relation.newer) ||
        !revisions.contains(relation.older)) {
      std::abort();
    }
    return {};
  };
  ScanOptions options;
  options.scratch_dir = "/dev/shm";
  const auto read = ReadScanCatalog(ww::RealFileSystem(), "/proc/self/fd/" + std::to_string(file),
                                    events, options);
  if (read && read->updates != revisions.size()) std::abort();
  close(file);
  return 0;
}
