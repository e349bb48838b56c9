// A WIM as a container of files, as the MSUs of Windows 11 are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "update_draft.h"
#include "wimwright/base/file.h"

namespace ww::lab {

// Uncompressed, one image, names with backslashes as directories. Deterministic. `temporary` must
// not exist and is gone afterwards.
Result<Bytes> PackWim(FileSystem& fs, const std::filesystem::path& temporary,
                      const std::vector<UpdateMember>& members, TimePoint now);

}  // namespace ww::lab
