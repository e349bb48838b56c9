// The optional features of the lab's Windows 11: a package of the product whose updates are
// switches (windows-servicing.md 2.2 "selectable", 5.3 "Updates"), in images and in the months that
// bring it whole.
#pragma once

#include <string_view>

#include "base_model.h"

namespace ww::lab {

inline constexpr std::string_view kOptionalPackage = "Microsoft-Windows-LabOptional-Package";
inline constexpr std::string_view kTools = "Microsoft-Windows-LabTools";
// Since the first newer version of the package: the feature's deployment is another one with it, so
// that only the record tells whether the feature is on.
inline constexpr std::string_view kMoreTools = "Microsoft-Windows-LabMoreTools";
inline constexpr std::string_view kToolsLink = "Microsoft-Windows-LabToolsLink";

// Names of updates of the package.
inline constexpr std::string_view kViewerFeature = "LabViewer";  // switches another package
inline constexpr std::string_view kToolsFeature = "LabTools";    // switches a component of its own
// No switch of its own: comes with LabTools, which it names (`detectUpdate`).
inline constexpr std::string_view kToolsLinkUpdate = "LabToolsLink";

// The package in any version, its features off.
WholePackage MakeOptionalPackage(Workshop& shop, const Profile& profile, std::string_view version,
                                 std::uint32_t revision);

// Installed, its features off: what they bring is staged.
void AddOptionalPackage(Workshop& shop, ImageModel& model);

// All features of an image that has the package.
void TurnFeaturesOn(ImageModel& model);

}  // namespace ww::lab
