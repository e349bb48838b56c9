// Range fields, entity tags and dates.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "range.h"
#include "text_util.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::http;
  if (size < 8) return 0;
  std::uint64_t length = 0;
  std::memcpy(&length, data, sizeof(length));
  const std::string_view text(reinterpret_cast<const char*>(data) + 8, size - 8);
  const auto parsed = ParseRange(text, length);
  if (parsed.kind == RangeKind::kOne) {
    if (parsed.range.length == 0 || parsed.range.first >= length ||
        parsed.range.length > length - parsed.range.first) {
      std::abort();
    }
  }
  static_cast<void>(ListsEtag(text, "\"x\""));
  if (const auto time = ParseHttpDate(text)) static_cast<void>(FormatHttpDate(*time));
  return 0;
}
