// Request targets and queries: what is accepted is text, stays below its root and encodes back.
#include <cstdint>
#include <cstdlib>

#include "text_util.h"
#include "wimwright/http/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::http;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto target = ParseTarget(text); target && target->path != "*") {
    if (!target->path.starts_with('/') || !IsUtf8(target->path)) std::abort();
    std::string again;
    for (const auto& segment : target->segments) {
      if (segment.empty() || segment == "." || segment == ".." ||
          segment.find('\0') != std::string::npos) {
        std::abort();
      }
      again += "/" + PercentEncode(segment);
    }
    if (again.empty()) again = "/";
    const auto twice = ParseTarget(again);
    if (!twice || twice->segments != target->segments) std::abort();
    static_cast<void>(ParseQuery(target->query));
  }
  if (const auto pairs = ParseQuery(text)) {
    for (const auto& [name, value] : *pairs) {
      if (!IsUtf8(name) || !IsUtf8(value)) std::abort();
      if (*PercentDecode(PercentEncode(value), true) != value) std::abort();
    }
  }
  return 0;
}
