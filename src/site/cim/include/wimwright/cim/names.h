// Names of the object model compare without regard to case, as ASCII.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ww::cim {

bool SameName(std::string_view a, std::string_view b);
// Order without case: keys in paths, properties in listings.
bool NameLess(std::string_view a, std::string_view b);

struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const;
};
struct NameEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return SameName(a, b); }
};
// Lookup by std::string_view allocates nothing.
template <typename T>
using NameMap = std::unordered_map<std::string, T, NameHash, NameEqual>;

// [A-Za-z_][A-Za-z0-9_]*, at most 256 characters: what classes, properties and aliases may be
// called.
bool IsIdentifier(std::string_view name);

}  // namespace ww::cim
