// Writing and forgetting versions, inside a transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wimwright/distmgr/distribution_manager.h"
#include "wimwright/distmgr/versions.h"
#include "wimwright/provider/image_properties.h"

namespace ww::distmgr {

// Where the file of a package that is a WIM is among its files; nullptr: no image in it.
const PackageFile* ImageFileOf(const cim::Instance& package, const std::vector<PackageFile>& files);

// Adds the version and makes it the current one; changes and saves the package. `number` is its
// SourceVersion from now on. `image`: what the WIM among the files says of itself; `stored_path`:
// where the library has it, when it is one file.
Status MakeCurrent(provider::Call& call, cim::Instance package, const NewVersion& version,
                   std::uint32_t number, const std::optional<provider::ImageProperties>& image,
                   std::string_view stored_path);
// The number of the next version.
Result<std::uint32_t> NextVersionNumber(provider::Call& call, const cim::Instance& package);

Status ForgetVersion(provider::Call& call, std::string_view package_id,
                     std::uint32_t source_version);
// Everything about a package that is gone.
Status ForgetVersions(provider::Call& call, std::string_view package_id);

}  // namespace ww::distmgr
