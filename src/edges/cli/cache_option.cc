#include "cache_option.h"

#include <CLI/CLI.hpp>

namespace ww::cli {

CLI::Option* AddCacheOption(CLI::App& app, std::string& dir) {
  return app
      .add_option("--cache", dir, "Folder of compressed payload, shared by jobs [WIMWRIGHT_CACHE]")
      ->type_name("DIR")
      ->envname("WIMWRIGHT_CACHE");
}

CLI::Option* AddSizeOption(CLI::App& app, const std::string& name, std::uint64_t& bytes,
                           const std::string& about) {
  return app.add_option(name, bytes, about)
      ->type_name("SIZE")
      ->transform(CLI::AsSizeValue(false).description(""));
}

Status RequireCache(const std::string& dir) {
  if (!dir.empty()) return {};
  return Fail(Error{Code::kUsage, "no cache was named",
                    "give --cache DIR or set WIMWRIGHT_CACHE to the folder", 0});
}

}  // namespace ww::cli
