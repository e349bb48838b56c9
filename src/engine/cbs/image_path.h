// Paths in an image, put together.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "registry_names.h"

namespace ww::cbs {

inline std::string Join(std::string_view directory, std::string_view name) {
  if (directory.ends_with('\\')) directory.remove_suffix(1);
  return fmt::format("{}\\{}", directory, name);
}

// Of a component's file in the store.
inline std::string StorePath(std::string_view keyform, std::string_view file) {
  return fmt::format("{}\\{}\\{}", kStorePath, keyform, file);
}

}  // namespace ww::cbs
