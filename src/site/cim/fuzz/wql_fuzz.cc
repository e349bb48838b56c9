// WQL: what is accepted prints as WQL that is accepted and prints the same; then it meets the
// schema and an object.
#include <cstdlib>

#include "wimwright/base/bytes.h"
#include "wimwright/cim/evaluate.h"
#include "wimwright/cim/wql.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::cim;
  static const Schema kSchema = *LoadBuiltInSchema();
  static const Instance kImage = Instance::Spawn(kSchema.Find("SMS_ImagePackage"));
  const auto query = ParseWql(ww::AsText(std::as_bytes(std::span(data, size))));
  if (!query) {
    if (query.error().hresult == 0) std::abort();
    return 0;
  }
  const auto text = ToWql(*query);
  const auto again = ParseWql(text);
  if (again ? ToWql(*again) != text : text.size() < size) std::abort();
  const auto bound = Bind(*query, kSchema, {});
  if (!bound) {
    if (bound.error().hresult == 0) std::abort();
    return 0;
  }
  if (bound->sources.size() == 1 && bound->where != nullptr) {
    static_cast<void>(Evaluate(*bound->where, kImage));
  }
  return 0;
}
