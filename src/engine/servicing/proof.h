// The proof: the written file, read again from the start, is what the plan promised.
#pragma once

#include <vector>

#include "job_plan.h"
#include "stored_content.h"
#include "wimwright/wim/verify.h"
#include "wimwright/wim/wim_file.h"

namespace ww::servicing {

struct Promise {
  const JobPlan& plan;
  const StoredContents& stored;
  std::vector<wim::ExpectedBlob> added;  // every content that the job put into the file, once
  unsigned threads = 0;
};

// Uncompressed bytes that the proof hashes.
std::uint64_t BytesToVerify(const wim::WimFile& file, const Promise& promise);

// For every index that was to change, index by index: each changed path has its content, each link
// stands in the group of its master; each changed registry value has its data; the edited hives are
// structurally whole; the component store, read anew, shows what cbs expects, and the build. For
// the file, on other threads meanwhile: every added content is there and matches its SHA-1,
// one from the cache its SHA-256 too.
// kVerificationFailed says what is not so; kCancelled and kIo stay what they are.
Status ProveResult(const wim::WimFile& file, const Promise& promise, const Context& context);

// A part of it, for tests.
Status ProveFileChanges(const wim::Image& image, const FileChanges& changes,
                        const StoredContents& stored);

}  // namespace ww::servicing
