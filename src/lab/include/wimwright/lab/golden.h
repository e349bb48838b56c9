// The worked example of windows-servicing.md 5.7 with a payload of our own: a child package of a
// cumulative update, and every registry value that installing it must write.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "wimwright/base/bytes.h"
#include "wimwright/base/result.h"

namespace ww::lab {

struct GoldenValue {
  std::string hive;  // "COMPONENTS" or "SOFTWARE"
  std::string key;   // from the root of the hive
  std::string name;  // "" = the default value
  std::uint32_t type = 0;
  Bytes data;
};

// Package_2378_for_KB4343884~31bf3856ad364e35~x86~~10.0.1.9. Applies to win10-1607-x86.wim, both
// indexes.
struct GoldenExample {
  std::string identity;
  Bytes mum, cat;
  std::map<std::string, Bytes> manifests;  // "<keyform>.manifest": 4 deployments, 4 components
  std::map<std::string, Bytes> payload;    // "<keyform>\\<file>"
  // The 104 values of the example: all but install time and location, which depend on the run. The
  // names are literals taken from the text or computed by another program; only what depends on the
  // payload (digests, the catalog's name) is computed here.
  std::vector<GoldenValue> values;
  // Default values "10.0" of winners that exist already in the image: may be written again.
  std::vector<GoldenValue> optional_values;
  // Destinations that must become links to the payload: path in the image -> payload name.
  std::map<std::string, std::string> projections;
};

Result<GoldenExample> MakeGoldenExample();

}  // namespace ww::lab
