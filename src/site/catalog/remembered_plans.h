// What the planner said of an image and some updates, remembered for as long as neither changes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wimwright/provider/call.h"

namespace ww::catalog {

// One update file in one index.
struct PlannedFile {
  int index = 0;
  std::string input;  // file name in the library: the digest of its bytes
  std::string decision;
  std::uint32_t hresult = 0;
  std::string reason, next_step;
};

// Which bytes a file has, without reading them: device, number, size and time of change. Nothing
// when it is not there. A version that was written over or renamed into place has another one.
std::optional<std::string> FileState(const std::filesystem::path& file);

// A question to the planner. Updates decide together (one brings what another needs), so that all
// that were asked about belong to it, and the program that answered.
struct PlanQuestion {
  std::string package_id;
  std::string file_state;  // of the image
  std::vector<int> indexes;
  std::vector<std::string> inputs;

  std::string Id() const;
};

// Nothing when it was not asked before.
Result<std::optional<std::vector<PlannedFile>>> RecallPlan(provider::Call& call,
                                                           const PlanQuestion& question);
// Forgets what was said of other states of this image, and of old questions when there are many.
Status RememberPlan(provider::Call& call, const PlanQuestion& question,
                    const std::vector<PlannedFile>& files);

}  // namespace ww::catalog
