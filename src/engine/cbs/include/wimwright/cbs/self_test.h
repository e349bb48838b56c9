// The self-test of a component store: what `image verify` and the proof of a job look at.
#pragma once

#include <string>
#include <vector>

#include "wimwright/base/progress.h"
#include "wimwright/cbs/image_state.h"
#include "wimwright/wim/verify.h"

namespace ww::cbs {

struct Problem {
  std::string kind;  // "manifest_name", "manifest_digest", "component_key", "catalog", "hard_link",
                     // "payload", "hive"
  std::string object;  // keyform, path or key
  std::string detail;
};

struct SelfTestReport {
  std::uint64_t manifests = 0, catalogs = 0, component_keys = 0, packages = 0, hard_links = 0,
                payload_files = 0, hives = 0;
  std::vector<Problem> problems;
};

struct SelfTestOptions {
  bool manifests = true;  // parse every manifest and compare its name and S256H
  bool payload = true;    // hash every payload file of every installed component
  // Of contents of this file that wim::VerifyBlobs() has just found whole: not read again.
  const wim::ContentDigests* digests = nullptr;
};

// windows-servicing.md 4.2, 5, 9.3 step 2. Reading problems become entries of the report; fails
// only on cancellation and errors of the file itself.
Result<SelfTestReport> RunSelfTest(ImageState& image, const SelfTestOptions& options,
                                   const Cancellation& cancel);

}  // namespace ww::cbs
