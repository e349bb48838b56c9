// Registry keys and values that differ between two hives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/progress.h"
#include "wimwright/hive/hive.h"

namespace ww::inspect {

struct ValueDifference {
  std::string hive;                          // "SOFTWARE"
  std::string key;                           // below the hive's root
  std::string name;                          // "": the default value
  std::optional<hive::Value> before, after;  // never both absent, never equal
};

struct RegistryDifference {
  std::vector<std::string> keys_added, keys_removed;  // "SOFTWARE\Microsoft\..."
  std::vector<ValueDifference> added, removed, changed;
  bool empty() const {
    return keys_added.empty() && keys_removed.empty() && added.empty() && removed.empty() &&
           changed.empty();
  }
};

// Appends to `out`. Either hive may be absent (nullptr): everything in the other one differs then.
Status DiffHives(std::string_view name, hive::Hive* before, hive::Hive* after,
                 const Cancellation& cancel, RegistryDifference& out);

std::string ValueTypeName(std::uint32_t type);  // "REG_SZ"
// Text as it is, numbers as 0x..., the rest in hexadecimal; at most `limit` characters of it.
std::string ValueText(const hive::Value& value, std::size_t limit);

}  // namespace ww::inspect
