// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace ww::cli {

std::string FormatBytes(std::uint64_t bytes);  // "812 B", "1.2 GB": powers of 1000
std::string FormatDuration(double seconds);    // "0:07", "1:02:03"
std::string FormatSeconds(double seconds);     // "0.04 s", "12.3 s"

}  // namespace ww::cli
