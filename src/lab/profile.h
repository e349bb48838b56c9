// Which Windows an image is: the facts that differ between releases and editions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catalog_writer.h"

namespace ww::lab {

struct Edition {
  std::string id;            // "Professional", also in Microsoft-Windows-ProfessionalEdition
  std::string display_name;  // "Windows 10 Pro"
};

struct Profile {
  std::string name;          // "win10-1607"
  std::string architecture;  // "x86" or "amd64"
  std::string product;       // "Windows 10"
  unsigned major = 10, minor = 0, build = 14393;
  unsigned ubr = 0;          // 0: the system has none
  std::string rtm;           // version of the components of the product: "10.0.14393.0"
  std::string level;         // version of the components of the installed cumulative update
  std::string stack;         // version of the servicing stack
  std::string release_id;    // "1607"
  std::string service_pack;  // "Service Pack 1"
  std::string build_lab;
  CatalogForm catalogs = CatalogForm::kSha256;
  bool packed_manifests = true;  // DCM in the store
  std::vector<Edition> editions;

  bool as_released() const { return ubr == 0 || level == rtm; }
  bool wide() const { return architecture == "amd64"; }
  // Cumulative updates bring packages of the product whole (windows-servicing.md 2.5).
  bool replaces_packages() const { return build >= 26100; }
  std::string build_text() const;  // "14393.2312", empty without UBR
};

Profile Windows7(std::string_view architecture);
Profile Windows81(std::string_view architecture);
Profile Windows10(std::string_view architecture);  // version 1607
// As released, without any update.
Profile Windows10October2018();  // version 1809, amd64
Profile Windows10May2020();      // version 2004, amd64
Profile Windows11Year2024();     // version 24H2, amd64
// The same with a cumulative update of this number.
Profile AtLevel(Profile profile, unsigned ubr);

// Directory in the image (no leading separator, no trailing one) of a destination with macros, for
// a component of one architecture in an image of another. Empty for macros the lab does not use.
std::string RealDirectory(std::string_view destination, std::string_view component_architecture,
                          std::string_view image_architecture);
// $(runtime.*) in registry text: C:\Windows\...
std::string RealText(std::string_view text, std::string_view component_architecture,
                     std::string_view image_architecture);

}  // namespace ww::lab
