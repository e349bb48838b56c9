// The Windows that an image holds before any test update: packages of the product, one cumulative
// update, features that are on and off.
#pragma once

#include <string>
#include <vector>

#include "families.h"
#include "image_model.h"

namespace ww::lab {

// Packages of the product that updates name as parents.
std::string_view FoundationName(const Profile& profile);
inline constexpr std::string_view kFeaturesPackage = "Microsoft-Windows-Client-Features-Package";
inline constexpr std::string_view kCapability = "Lab.Player";  // of the player, from Windows 11 on
inline constexpr std::string_view kPlayerPackage = "Microsoft-Windows-LabPlayer-Package";
inline constexpr std::string_view kViewerPackage = "Microsoft-Windows-LabViewer-Package";  // staged
inline constexpr std::string_view kViewer = "Microsoft-Windows-LabViewer";  // its component
inline constexpr std::string_view kRemoteClientPackage =
    "Microsoft-Windows-TerminalServices-RemoteApplications-Client-Package";
inline constexpr std::string_view kNetFeaturesPackage =
    "Microsoft-Windows-Client-Features-Package-AutoMerged-net";
inline constexpr std::string_view kNetDriversPackage =
    "Microsoft-Windows-Common-Drivers-Package-net";
inline constexpr std::string_view kRollup = "Package_for_RollupFix";
std::string EditionPackageName(const Edition& edition);

struct ModelSize {
  std::uint64_t fillers = 30;
};

// Every `kFillerStep`-th filler is in the installed cumulative update too.
inline constexpr std::uint64_t kFillerStep = 5;

// A package of the product with what it brings.
struct WholePackage {
  Package package;
  std::vector<ComponentPtr> components;
};

// A group of components as one update of a package: makes the deployment and returns it with the
// components.
std::vector<ComponentPtr> AddGroup(Package& package, std::string_view update_name,
                                   std::string_view deployment_version,
                                   const std::vector<ComponentPtr>& members, Workshop& shop);

// All architectures of a family in an image of this profile.
std::vector<ComponentPtr> MakeWithTwin(Workshop& shop, const Profile& profile,
                                       std::string_view family, std::string_view version,
                                       std::uint32_t revision);

ImageModel MakeBaseModel(Workshop& shop, const Profile& profile, const Edition& edition,
                         const ModelSize& size);

// What only one release has, so that a genuine update finds its parents and predecessors.
void AddRemoteClient(Workshop& shop, ImageModel& model);   // Windows 7, KB2780124
void AddBindingEngine(Workshop& shop, ImageModel& model);  // Windows 8.1, KB2938772
void AddNetDrivers(Workshop& shop, ImageModel& model);     // its driver part

}  // namespace ww::lab
