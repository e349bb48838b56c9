// Whether the input image is still the file that was planned for.
#pragma once

#include <cstdint>
#include <filesystem>

#include "wimwright/base/result.h"

namespace ww::servicing {

// Two images replaced or appended to between planning and publishing differ in one of these; a
// replicated source that changes under a job is a real case (field-practice.md 8, row 12).
struct InputIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_seconds = 0;
  std::int64_t modified_nanoseconds = 0;

  bool operator==(const InputIdentity&) const = default;
};

Result<InputIdentity> IdentityOf(const std::filesystem::path& path);
// kConflict when `path` is another file than `planned`, or was written to since.
Status CheckUnchanged(const std::filesystem::path& path, const InputIdentity& planned);

}  // namespace ww::servicing
