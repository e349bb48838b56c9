// The Range field and conditional requests (RFC 9110 13 and 14): pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ww::http {

struct ByteRange {
  std::uint64_t first = 0, length = 0;
  bool operator==(const ByteRange&) const = default;
};

enum class RangeKind {
  kNone,          // no field, another unit, several ranges, or not well formed: the whole body
  kOne,           // `range`
  kUnsatisfiable  // 416
};
struct ParsedRange {
  RangeKind kind = RangeKind::kNone;
  ByteRange range = {};
};
// One range of a body of `size` bytes. kOne lies inside the body and is not empty.
ParsedRange ParseRange(std::string_view field, std::uint64_t size);

// Whether `etag` (with quotes) is in a list as of If-None-Match; weak tags compare by their text.
bool ListsEtag(std::string_view field, std::string_view etag);

}  // namespace ww::http
