// The component families of the lab: one maker for each sort of component that Windows has.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model.h"
#include "profile.h"

namespace ww::lab {

// How big files are, so that one set of families serves all presets.
struct Scale {
  std::uint64_t typical_file = 6000;  // bytes; files vary from a quarter to four times of it
  int files_per_filler = 2;
};

// Makes components of one image's world. Equal arguments make equal components.
class Workshop {
 public:
  Workshop(std::uint64_t seed, Scale scale) : seed_(seed), scale_(scale) {}

  DigestCache& digests() { return digests_; }
  const Scale& scale() const { return scale_; }

  // Content of a file of a family: `revision` counts its versions.
  Content Code(std::string_view file, std::string_view architecture, std::uint32_t revision) const;
  Content Text(std::string_view file, std::uint32_t revision) const;
  Content Raw(std::string_view file, std::uint32_t revision) const;

  // Component `family` (a name below, or any other: then a filler) for `architecture`.
  ComponentPtr Make(const Profile& profile, std::string_view family, std::string_view architecture,
                    std::string_view version, std::uint32_t revision);
  // The same before it is sealed, to be changed.
  Component Draft(const Profile& profile, std::string_view family, std::string_view architecture,
                  std::string_view version, std::uint32_t revision) const;

 private:
  std::uint64_t SizeOf(std::string_view file) const;
  std::uint64_t seed_;
  Scale scale_;
  DigestCache digests_;
};

// Names of the families with something special, in the order in which images contain them.
const std::vector<std::string_view>& SpecialFamilies();
// "Microsoft-Windows-BridgeFilter": filler number `number`.
std::string FillerFamily(std::uint64_t number);
// Whether the family has a 32-bit twin in 64-bit images, and of which architecture ("" : none).
std::string_view TwinArchitecture(std::string_view family);

inline constexpr std::string_view kServicingStack = "Microsoft-Windows-ServicingStack";
inline constexpr std::string_view kRevision = "Microsoft-Windows-CoreOS-Revision";
inline constexpr std::string_view kPackageManager = "Microsoft-Windows-PackageManager";
inline constexpr std::string_view kWinProviders =
    "Microsoft-Windows-Deployment-Image-Servicing-Management-WinProviders";
inline constexpr std::string_view kSmiEngine = "Microsoft-Windows-SMI-Engine";
inline constexpr std::string_view kReporting = "Microsoft-Windows-DeploymentTools-Reporting";
inline constexpr std::string_view kService = "Microsoft-Windows-LabBridge-Service";
inline constexpr std::string_view kServiceResources =
    "Microsoft-Windows-LabBridge-Service.Resources";
inline constexpr std::string_view kFilterDriver = "Microsoft-Windows-LabFilter-Driver";
inline constexpr std::string_view kMutable = "Microsoft-Windows-LabJournal";
inline constexpr std::string_view kWmi = "Microsoft-Windows-LabWmi-Provider";
inline constexpr std::string_view kTask = "Microsoft-Windows-LabTask";
inline constexpr std::string_view kSettings = "Microsoft-Windows-LabSettings";
inline constexpr std::string_view kPolicy = "Microsoft-Windows-LabPolicy-Registry";
inline constexpr std::string_view kFolders = "Microsoft-Windows-LabFolders";
inline constexpr std::string_view kShared = "Microsoft-Windows-LabShared-Links";
inline constexpr std::string_view kTelemetry =
    "Microsoft-Windows-Application-Experience-Lab-Program-Telemetry";
inline constexpr std::string_view kFont = "Microsoft-Windows-Font-TrueType-LabSans";
inline constexpr std::string_view kPlayer = "Microsoft-Windows-LabPlayer";
inline constexpr std::string_view kUserSettings = "Microsoft-Windows-LabUserSettings";
inline constexpr std::string_view kComServer = "Microsoft-Windows-LabComServer";

}  // namespace ww::lab
