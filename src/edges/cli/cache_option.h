// --cache DIR: the folder of compressed payload, also from the environment.
#pragma once

#include <string>

#include "options.h"
#include "wimwright/base/result.h"

namespace ww::cli {

// Also WIMWRIGHT_CACHE.
Option AddCacheOption(CLI::App& app, std::string& dir);
// Bytes, with K, M, G or T of 1024: "10G".
Option AddSizeOption(CLI::App& app, const std::string& name, std::uint64_t& bytes,
                     const std::string& about);

// kUsage when no folder was named.
Status RequireCache(const std::string& dir);

}  // namespace ww::cli
