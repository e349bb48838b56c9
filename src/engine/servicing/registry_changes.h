// The registry changes of a plan, made in the hives of one image and stored with the chunks that
// stayed as they were.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <tuple>

#include "job_plan.h"
#include "wimwright/hive/hive.h"
#include "wimwright/wim/editor.h"
#include "wimwright/wim/image.h"

namespace ww::servicing {

// Those of `changes` that belong to `kind`, in order, made in `hive`. A value that is there already
// is left alone, so that its page and its key's time stay as they are.
Status ApplyRegistryChanges(hive::Hive& hive, cbs::HiveKind kind, const RegistryChanges& changes);

// Edits the hives of image after image. Indexes whose hive and changes are equal share the result.
// One hive is open at a time; memory is its page cache and the pages that change.
class HiveEditor {
 public:
  HiveEditor(wim::Editor& editor, FileTime now, const Context& context)
      : editor_(editor), now_(now), context_(context) {}

  // Stores the edited hives and sets the content of their files in `image`.
  Status Edit(wim::Image& image, const std::shared_ptr<const RegistryChanges>& changes);
  const std::vector<Sha1Digest>& added() const { return added_; }

 private:
  struct Edited {
    Sha1Digest sha1{};
    std::uint64_t size = 0;
  };
  Result<Edited> EditOne(const wim::Image& image, cbs::HiveKind kind, const Sha1Digest& base,
                         const RegistryChanges& changes);
  Result<hive::Hive> Open(const wim::Image& image, cbs::HiveKind kind, const Sha1Digest& base);

  wim::Editor& editor_;
  FileTime now_;
  const Context& context_;
  std::map<std::tuple<cbs::HiveKind, Sha1Digest, const RegistryChanges*>, Edited> known_;
  std::vector<Sha1Digest> added_;
};

// Pages of 32 KiB of a hive of `size` bytes, as numbers of the chunks that they lie in or consist
// of.
std::vector<std::uint32_t> PagesToChunks(std::span<const std::uint32_t> pages,
                                         std::uint32_t chunk_size, std::uint64_t size);

}  // namespace ww::servicing
