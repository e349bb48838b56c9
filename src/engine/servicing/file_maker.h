// Files that an update brings as differences, made from what the image file has, and stored in it.
#pragma once

#include "search_updates.h"
#include "stored_content.h"
#include "wimwright/cbs/plan.h"
#include "wimwright/wim/editor.h"

namespace ww::servicing {

// One content that has to be made. Indexes may have different bases for it: any of them will do.
struct FileToMake {
  Sha256Digest digest{};
  std::vector<std::shared_ptr<const cbs::Recipe>> recipes;
};

class FileMaker {
 public:
  FileMaker(wim::Editor& editor, StoredContents& stored) : editor_(editor), stored_(stored) {}

  // Makes the file of `delta` (empty for one that is carried over), proves it and stores it. What
  // earlier updates of the run brought must be in `stored`.
  Status Make(const FileToMake& file, ByteView delta);

  // Of the files made since the last call: each of their reverse deltas, which must be stored by
  // now, turns its file back into what it says. `digests`: by member of the update.
  Status ProveReverseDeltas(const std::map<std::size_t, Sha256Digest>& digests);

 private:
  Result<Bytes> Read(const Sha1Digest& content);

  struct Made {
    Sha256Digest digest{};
    std::size_t reverse = 0;
    std::string name;
  };
  wim::Editor& editor_;
  StoredContents& stored_;
  std::vector<Made> made_;
};

}  // namespace ww::servicing
