// The registry of the component store: COMPONENTS, and what SOFTWARE says about packages and
// winners (windows-servicing.md 5).
#pragma once

#include "hives.h"
#include "image_model.h"

namespace ww::lab {

// `now` is the install time of every package. Errors go to `hives`.
Status WriteComponentsHive(const ImageModel& model, const Store& store, Hives& hives);
Status WriteSideBySide(const Store& store, Hives& hives);
Status WriteServicingKeys(const ImageModel& model, const Store& store, TimePoint now, Hives& hives);

inline constexpr std::string_view kServicingKey =
    "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing";
inline constexpr std::string_view kSideBySideKey = "Microsoft\\Windows\\CurrentVersion\\SideBySide";

// "10.0.14393.2273 (rs1_release.180501-1300)": how the store names a stack version.
std::string StackBuildName(const Profile& profile);

}  // namespace ww::lab
