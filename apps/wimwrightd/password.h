// Passwords of local accounts as commands get them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "wimwright/base/result.h"

namespace ww::server {

struct Password {
  std::string text;
  bool made = false;  // here, at random
};

// The first line of `file`, at least 8 characters; without a file a new one.
Result<Password> GivenOrNew(const std::optional<std::filesystem::path>& file);

}  // namespace ww::server
