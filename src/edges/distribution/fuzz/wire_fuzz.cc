// What parses is written as something that parses to the same again, and has no path that climbs.
#include <cstdlib>

#include "wimwright/base/bytes.h"
#include "wire.h"

namespace {

using namespace ww::distribution;

template <typename Parse>
void Check(std::string_view text, const Parse& parse) {
  const auto first = parse(text);
  if (!first) return;
  const auto again = parse(ToJson(*first));
  if (!again || ToJson(*again) != ToJson(*first)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = ww::AsText(std::as_bytes(std::span(data, size)));
  Check(text, ParseAssignments);
  Check(text, ParseReports);
  Check(text, ParseHeartbeat);
  Check(text, ParseEnrollmentRequest);
  Check(text, ParseEnrollmentAnswer);
  if (const auto assignments = ParseAssignments(text)) {
    for (const auto& package : assignments->packages) {
      for (const auto& file : package.files) {
        if (!IsPackagePath(file.path)) std::abort();
      }
    }
  }
  return 0;
}
