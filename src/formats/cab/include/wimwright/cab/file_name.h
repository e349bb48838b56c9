// What the usual name of a downloaded update says: a hint for people, never a decision
// (windows-servicing.md 8.4; names lie, field-practice.md 3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ww::cab {

struct UpdateName {
  std::string os;            // "6.1", "8.1", "10.0": what stands after "Windows"
  std::string kb;            // digits
  std::string architecture;  // as identities spell it: "x86", "amd64", "arm64", "ia64", "arm"
  std::string sha1;          // of the file, lower-case hexadecimal; empty when the name has none
  unsigned revision = 1;     // of "-v2"
  bool express = false;
};

// Windows<os>-KB<n>[-v<k>]-<architecture>[-express][_<sha1>].msu or .cab, case ignored; a name
// without folders. Empty for everything else.
std::optional<UpdateName> ParseUpdateFileName(std::string_view name);

}  // namespace ww::cab
