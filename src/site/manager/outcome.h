// What a job's report means for the updates of a schedule: states and codes in the product's terms.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "wimwright/servicing/job.h"

namespace ww::manager {

// SMS_ImageUpdateStatus.UpdateStatus.
enum class UpdateStatus : std::int32_t {
  kUnknown = 0,
  kNotRequired = 1,
  kInstalled = 2,
  kApplicable = 3,
  kCheckNotSupported = 4,
  kInstalledCheckNotSupported = 5,
};

// One update in one index, over all its files.
struct UpdateResult {
  int index = 0;
  std::uint32_t update = 0;  // CI_ID
  UpdateStatus status = UpdateStatus::kUnknown;
  std::int32_t error = 0;  // Win32ErrorCode of the product: 0 when nothing went wrong
  bool installed_now = false;
  std::string decision, reason, next_step;
};

// The file name that a job saw -> the update that it belongs to.
using UpdateOfFile = std::map<std::string, std::uint32_t>;

// An update with several files is installed when those of them that apply are: one that does not
// apply is no failure (offline-servicing.md 8, second .NET file). `done`: whether the job's result
// was published; otherwise nothing is installed by it.
std::vector<UpdateResult> ResultsOf(const servicing::JobReport& report, const UpdateOfFile& files,
                                    bool done);

// How the product writes a code into its Win32 fields: the number inside 0x8007xxxx, other codes as
// they are.
std::int32_t Win32Of(std::uint32_t hresult);
std::int32_t Win32Of(const Error& error);

}  // namespace ww::manager
