#include "cache_option.h"

namespace ww::cli {

Option AddCacheOption(CLI::App& app, std::string& dir) {
  return AddOption(app, "--cache", dir,
                   "Folder of compressed payload, shared by jobs [WIMWRIGHT_CACHE]")
      .Value("DIR")
      .FromEnvironment("WIMWRIGHT_CACHE");
}

Option AddSizeOption(CLI::App& app, const std::string& name, std::uint64_t& bytes,
                     const std::string& about) {
  return AddOption(app, name, bytes, about).Value("SIZE").Bytes();
}

Status RequireCache(const std::string& dir) {
  if (!dir.empty()) return {};
  return Fail(Error{Code::kUsage, "no cache was named",
                    "give --cache DIR or set WIMWRIGHT_CACHE to the folder", 0});
}

}  // namespace ww::cli
