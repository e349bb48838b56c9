// For proofs that walk a list of changes from its end: what a later change has already settled.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <unordered_set>

namespace ww::servicing {

// Names are folded by the caller, parts separated by '\\'. Hashes stand for names: a collision
// leaves one check out, nothing worse.
class LaterChanges {
 public:
  // True at the first mention of `name`.
  bool Claim(std::string_view name) { return names_.insert(Hash(name)).second; }
  bool Knows(std::string_view name) const { return names_.count(Hash(name)) != 0; }

  // `name` and everything above it.
  void ClaimAbove(std::string_view name) {
    while (Claim(name)) {
      const auto slash = name.rfind('\\');
      if (slash == std::string_view::npos) return;
      name = name.substr(0, slash);
    }
  }
  // `name` or anything above it.
  bool KnowsAbove(std::string_view name) const {
    for (;;) {
      if (Knows(name)) return true;
      const auto slash = name.rfind('\\');
      if (slash == std::string_view::npos) return false;
      name = name.substr(0, slash);
    }
  }

 private:
  static std::size_t Hash(std::string_view name) { return std::hash<std::string_view>()(name); }
  std::unordered_set<std::size_t> names_;
};

}  // namespace ww::servicing
