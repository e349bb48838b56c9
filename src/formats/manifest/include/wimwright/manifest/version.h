// Four-part versions of components and packages.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ww::manifest {

// major.minor.build.revision, compared numerically from left to right.
struct Version {
  std::array<std::uint16_t, 4> parts = {};

  // Exactly four decimal numbers of 0..65535 without sign, space or leading zero, so that a version
  // has one spelling only.
  static std::optional<Version> Parse(std::string_view text);
  std::string ToString() const;

  std::uint16_t major() const { return parts[0]; }
  std::uint16_t minor() const { return parts[1]; }
  std::uint16_t build() const { return parts[2]; }
  std::uint16_t revision() const { return parts[3]; }
  // "10.0": the name of the level below a Winners key.
  std::string MajorMinor() const;

  friend auto operator<=>(const Version&, const Version&) = default;
};

}  // namespace ww::manifest
