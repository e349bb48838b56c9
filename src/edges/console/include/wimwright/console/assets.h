// The files of the page, as they were built into the program.
#pragma once

#include <span>
#include <string_view>

namespace ww::console {

struct Asset {
  std::string_view path;                    // below /console/: "index.html", "assets/main-1a2b.js"
  std::string_view type;                    // of its content
  std::string_view etag;                    // with quotes; of the content without compression
  bool immutable = false;                   // its name changes with its content
  std::string_view identity, gzip, brotli;  // empty: not smaller
};

// None when the program was built without the console.
std::span<const Asset> BuiltInAssets();

}  // namespace ww::console
