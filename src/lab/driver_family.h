// Drivers of Windows 10 and later: components that declare their part of the driver store and of
// the DriverDatabase themselves (windows-servicing.md 6.7).
#pragma once

#include <cstdint>
#include <string_view>

#include "families.h"

namespace ww::lab {

// "dual_labnic.inf": in every image since Windows 11. Its versions differ in the devices that they
// support, and so in the INF and in the names that follow from it.
inline constexpr std::string_view kNetDriver = "dual_labnic.inf";
inline constexpr std::string_view kNewDriver = "dual_labnew.inf";  // no image has it

bool IsDriverFamily(std::string_view family);
// "labnic.inf"
std::string_view InfOf(std::string_view driver_family);

Component DriverDraft(const Workshop& shop, std::string_view family, std::string_view architecture,
                      std::string_view version, std::uint32_t revision);

// Adds an update of `package` that references the driver, as cumulative updates do: no deployment
// between them.
void AddDriver(Package& package, std::string_view update_name, const ComponentPtr& driver);

}  // namespace ww::lab
