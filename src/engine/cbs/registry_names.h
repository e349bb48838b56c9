// Where the component store and CBS keep their state in the registry (windows-servicing.md 5).
#pragma once

#include <string_view>

namespace ww::cbs {

// SOFTWARE
inline constexpr std::string_view kCbsKey =
    R"(Microsoft\Windows\CurrentVersion\Component Based Servicing)";
inline constexpr std::string_view kWinnersKey =
    R"(Microsoft\Windows\CurrentVersion\SideBySide\Winners)";
inline constexpr std::string_view kCurrentVersionKey = R"(Microsoft\Windows NT\CurrentVersion)";
// COMPONENTS
inline constexpr std::string_view kComponentsKey = R"(DerivedData\Components)";
inline constexpr std::string_view kVersionedIndexKey = R"(DerivedData\VersionedIndex)";
inline constexpr std::string_view kCatalogsKey = R"(CanonicalData\Catalogs)";
inline constexpr std::string_view kDeploymentsKey = R"(CanonicalData\Deployments)";
// Files
inline constexpr std::string_view kStorePath = R"(\Windows\WinSxS)";
inline constexpr std::string_view kManifestsPath = R"(\Windows\WinSxS\Manifests)";
inline constexpr std::string_view kCatalogsPath = R"(\Windows\WinSxS\Catalogs)";
inline constexpr std::string_view kPackagesPath = R"(\Windows\servicing\Packages)";
inline constexpr std::string_view kCatRootPath =
    R"(\Windows\System32\CatRoot\{F750E6C3-38EE-11D1-85E5-00C04FC295EE})";
inline constexpr std::string_view kFileRepositoryPath =
    R"(\Windows\System32\DriverStore\FileRepository)";
inline constexpr std::string_view kInfPath = R"(\Windows\INF)";

inline constexpr std::string_view kServicingStackName = "Microsoft-Windows-ServicingStack";

}  // namespace ww::cbs
