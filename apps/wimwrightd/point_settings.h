// point.toml: the settings of a distribution point.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "wimwright/distribution/point.h"

namespace ww::server {

struct PointSettings {
  std::string site_url;
  std::string listen = "0.0.0.0:8445";
  std::string address;  // empty: https://HOST:PORT
  std::filesystem::path certificate, key;
  distribution::PointOptions point;  // what of it the file says
};

// kNotFound: no point; kCorrupt (with the line); kUsage: unknown keys and values that cannot be.
Result<PointSettings> ReadPointSettings(const std::filesystem::path& dir);
Result<PointSettings> ParsePointSettings(std::string_view text, const std::filesystem::path& dir);
// Makes the file; kConflict when there is one.
Status WritePointSettings(const std::filesystem::path& dir, const PointSettings& settings);

}  // namespace ww::server
