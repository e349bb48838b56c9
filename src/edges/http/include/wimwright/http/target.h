// The request target and the query in it: percent decoding once, in one place.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wimwright/base/result.h"

namespace ww::http {

struct Target {
  std::string raw;    // as sent, without fragment
  std::string path;   // decoded, begins with '/'; for routing and logs
  std::string query;  // raw, without '?'
  // The path's segments, each decoded by itself: "Class('a%2Fb')" stays one segment here.
  std::vector<std::string> segments;
};

// Origin form ("/a/b?c") or absolute form ("http://host/a/b?c"), and "*". kCorrupt: a bad percent
// sequence, a control character, a NUL, invalid UTF-8, or a path that climbs with ".." (also when
// encoded). Repeated slashes and "." segments are kept out of `segments` and `path`.
Result<Target> ParseTarget(std::string_view text);

// Percent sequences to bytes; '+' to a blank when `plus_is_space` (queries, not paths).
Result<std::string> PercentDecode(std::string_view text, bool plus_is_space);
std::string PercentEncode(std::string_view text);  // all but RFC 3986's unreserved characters

// "a=1&b=%24" to decoded pairs in order; a name without '=' has the value "". kLimit beyond 1000.
Result<std::vector<std::pair<std::string, std::string>>> ParseQuery(std::string_view query);

}  // namespace ww::http
