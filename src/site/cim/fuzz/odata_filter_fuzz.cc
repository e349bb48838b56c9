// $filter: what is accepted is a tree that WQL can print and the schema can judge.
#include <cstdlib>

#include "wimwright/base/bytes.h"
#include "wimwright/cim/evaluate.h"
#include "wimwright/cim/odata_filter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::cim;
  static const Schema kSchema = *LoadBuiltInSchema();
  static const Instance kImage = Instance::Spawn(kSchema.Find("SMS_ImagePackage"));
  const std::string text(ww::AsText(std::as_bytes(std::span(data, size))));
  const auto filter = ParseODataFilter(text);
  static_cast<void>(ParseODataQuery("SMS_ImagePackage", {text, text, text, text, text}));
  if (!filter) {
    if (filter.error().hresult == 0) std::abort();
    return 0;
  }
  if (ToWql(**filter).empty()) std::abort();
  const auto bound = Bind(**filter, kImage.class_ptr(), kSchema, {});
  if (bound) static_cast<void>(Evaluate(**bound, kImage));
  return 0;
}
