// What Microsoft calls the systems that an update is for: names and category GUIDs, which are the
// same in every catalogue.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/catalog/description.h"

namespace ww::catalog {

struct Product {
  std::string_view build;  // "10.0.14393": of the packages that must be present
  bool server = false;
  std::string_view title;    // "Windows 10 Version 1607": in titles of updates
  std::string_view product;  // "Windows 10": the category
  std::string_view id;       // its GUID
};

// Nothing: a build that is not in the table.
const Product* FindProduct(std::string_view build, bool server);

struct KnownCategory {
  std::string_view id, title;
};
// By the words of `releaseType` in packages: "Security Update", "Hotfix"...
KnownCategory ClassificationOf(std::string_view release_type);

inline constexpr std::string_view kMicrosoft = "56309036-4c77-4dd9-951a-99ee9c246a94";
inline constexpr std::string_view kWindowsFamily = "6964aab4-c5b5-43bd-a17d-ffb4346a8e1d";

// "x64-based Systems" for "amd64".
std::string_view SystemsOf(std::string_view architecture);

// What the update is called and where it belongs, for packages without scan metadata: in the manner
// of the Update Catalog, without the month, which packages do not state.
std::string MadeTitle(const PackageDescription& package);
std::vector<Category> MadeCategories(const PackageDescription& package);

// Packages that take the place of others (windows-servicing.md 7.1): the same family, a higher
// version, and a build in common. A rollup of another release has the same family.
bool Replaces(const PackageDescription& newer, std::string_view family, std::string_view version,
              const std::vector<std::string>& targets);

}  // namespace ww::catalog
