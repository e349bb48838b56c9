// Small files that are replaced as a whole: settings, keys, state.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "wimwright/base/result.h"

namespace ww::distribution {

// kNotFound; kLimit beyond `limit`.
Result<std::string> ReadText(const std::filesystem::path& path, std::uint64_t limit);
// Atomic and on stable storage when it returns: a temporary file beside it, synced and renamed.
Status ReplaceText(const std::filesystem::path& path, std::string_view text, unsigned mode = 0600);

}  // namespace ww::distribution
