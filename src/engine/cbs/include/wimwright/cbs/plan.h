// The plan: which updates an image gets and why, and every file and registry change that follows.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/log.h"
#include "wimwright/cbs/hresult.h"
#include "wimwright/cbs/hydration.h"
#include "wimwright/cbs/image_state.h"
#include "wimwright/cbs/registry_changes.h"
#include "wimwright/cbs/update_content.h"

namespace ww::cbs {

enum class Decision { kInstall, kStage, kAlreadyPresent, kSuperseded, kNotApplicable, kRefused };
std::string_view DecisionName(Decision decision);  // of `plan`: "install", "already_present", ...
std::string_view CompletedDecisionName(
    Decision decision);  // of `apply`: "installed", "staged", the rest unchanged

struct UpdateDecision {
  std::size_t update = 0;  // position in the span given to MakePlan
  Decision decision = Decision::kRefused;
  int order = 0;                     // 1.. among those that are done; 0 for the others
  Code code = Code::kNotApplicable;  // meaningful when not done: decides the exit code
  Hresult hresult = kOk;
  std::string reason;  // one sentence; empty when simply installed
  std::string next_step;
  std::vector<std::string> trace;  // applicability in the spirit of CBS.log, for the log file
};

struct FileChange {
  enum class Kind {
    kDirectory,  // make `path`, and parents that are missing
    kPayload,    // file `path` with member `member` of update `update`, or with what `recipe` makes
                 // of it; content must have `digest`
    kContent,    // file `path` with `content`
    kLink,       // `path` becomes a hard link to `target`, replacing what stands there
    kRemove,     // `path` disappears (it is there)
  };
  Kind kind = Kind::kDirectory;
  std::string path;    // "\Windows\WinSxS\x86_...", image-absolute, backslashes
  std::string target;  // kLink
  std::size_t update = 0;
  std::size_t member = 0;
  Sha256Digest digest{};
  // An estimate, rather too high, where the package does not tell the size of what `recipe` makes.
  std::uint64_t size = 0;
  bool packed = false;                             // kPayload: a difference, which gets no smaller
  std::shared_ptr<const Recipe> recipe = nullptr;  // null: the member is the content
  std::shared_ptr<const Bytes> content = nullptr;  // kContent; the update's own where it has it
  std::uint32_t attributes = 0;                    // FILE_ATTRIBUTE_*
  FileTime time = 0;
  // Security: the descriptor itself, or that of an existing entry; both empty: that of the parent
  // directory.
  Bytes security_descriptor;
  std::string security_like;
};

// What must be true of the finished image; checked by Prove() on the re-opened file.
struct Expectations {
  struct Package {
    std::string identity;
    std::uint32_t state;
  };
  struct Component {
    std::string keyform;
    Sha256Digest manifest_digest;
    bool installed;
    std::string family_key;
    std::string version;
  };
  std::vector<Package> packages;
  std::vector<Component> components;
  std::optional<WindowsVersion> version;
};

struct ServicingPlan {
  int index = 0;
  std::vector<UpdateDecision> updates;  // one per update given, same order
  std::vector<FileChange> files;        // in order of execution
  RegistryChanges registry;             // in order of execution
  Expectations expected;
  struct Counts {
    std::uint64_t added = 0, replaced = 0, removed = 0;
  } file_counts;
  WindowsVersion before, after;

  bool does_something() const;
};

struct PlanOptions {
  FileTime now = 0;  // InstallTime of packages
  std::string install_location =
      {};  // recorded as InstallLocation; default: a neutral staging path
};

// Decides and plans. Fails only when the image itself cannot be read; what is wrong with an update
// is its decision. All updates are seen together: one may be the prerequisite or the successor of
// another. Source: windows-servicing.md 2 to 7; order: servicing stack, cumulative by version, the
// rest.
Result<ServicingPlan> MakePlan(ImageState& image, std::span<const UpdateContent* const> updates,
                               const PlanOptions& options, Logger& log);

// For each member of `Expectations`: is it true of the image that was just re-opened?
// kVerificationFailed with everything that is not.
Status Prove(ImageState& image, const Expectations& expected);

}  // namespace ww::cbs
