// An enablement package: small, it makes Windows 24H2 call itself 25H2 (windows-servicing.md 1.9).
#pragma once

#include "update_draft.h"

namespace ww::lab {

inline constexpr std::string_view kEnablementKb = "KB9000551";
inline constexpr std::string_view kEnablementPackage = "Microsoft-Windows-25H2Enablement-Package";
inline constexpr unsigned kEnabledBuild = 26200;

// For the line of `profile`, whose updates keep the build below.
UpdateDraft MakeEnablement(Workshop& shop, const Profile& profile);
// As if the draft had been installed.
void AddEnablement(Workshop& shop, ImageModel& model);

}  // namespace ww::lab
