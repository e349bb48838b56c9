// The file changes of a plan, made in one image's tree.
#pragma once

#include <span>

#include "stored_content.h"
#include "wimwright/cbs/plan.h"
#include "wimwright/wim/image.h"

namespace ww::servicing {

// In order. New directories that the plan does not mention look like their parents. `now` stands in
// where a change has no time. On failure the image is partly changed: throw it away.
//
// A file that is replaced keeps its entry, short name included, when it has no other links;
// otherwise the others keep the old content, as with Windows' own replacement by rename.
Status ApplyFileChanges(wim::Image& image, std::span<const cbs::FileChange> changes,
                        const StoredContents& stored, FileTime now);

}  // namespace ww::servicing
