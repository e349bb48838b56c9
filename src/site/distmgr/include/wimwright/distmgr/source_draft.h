// Content that is written beside a package's source while it is made, so that it need not be read
// once more to get there.
#pragma once

#include "wimwright/base/file.h"
#include "wimwright/content/content_id.h"

namespace ww::distmgr {

// Made by DistributionManager::DraftWriteBack(), used by FinishWriteBack() when it holds what the
// source is to get. Given up, without a trace, when it is destroyed before.
class SourceDraft {
 public:
  virtual ~SourceDraft() = default;
  virtual File& file() = 0;  // empty at first
  // All of that content has been written to file().
  virtual void Holds(const content::StoredFile& content) = 0;
};

}  // namespace ww::distmgr
