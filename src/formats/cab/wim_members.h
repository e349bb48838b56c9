// The files of a WIM's only image as members: how current MSUs, and packages inside them, come.
#pragma once

#include <filesystem>
#include <memory>

#include "wimwright/cab/members.h"

namespace ww::cab {

// `shown` names the file in errors. Content is read from where it lies, never unpacked; a member
// that the WIM stores uncompressed is a range of `file`. kUnsupported for WIMs with several images,
// solid and split ones, and for entries that no package has (links to elsewhere, further streams);
// kLimit for more than a million entries.
Result<std::unique_ptr<Members>> OpenWimMembers(std::shared_ptr<const File> file,
                                                const std::filesystem::path& shown);

}  // namespace ww::cab
