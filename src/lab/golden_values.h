// The table of the golden example's registry values.
#pragma once

#include <span>
#include <string_view>

namespace ww::lab {

struct GoldenRow {
  enum class Kind {
    kBinary,   // hexadecimal
    kDword,    // hexadecimal number
    kText,     // REG_SZ
    kAscii,    // REG_BINARY of the text without terminator
    kPlanned,  // reference blob with the digit 2
    kStaged,   // reference blob without digit
    kDigest,   // SHA-256 of the manifest of this keyform
    kCatalog,  // REG_SZ, name of the catalog
  };
  std::string_view hive;
  std::string_view key;  // {catalog} stands for the catalog's name
  std::string_view name;
  Kind kind;
  std::string_view data;
};

std::span<const GoldenRow> GoldenRows();          // 104
std::span<const GoldenRow> OptionalGoldenRows();  // 4

}  // namespace ww::lab
