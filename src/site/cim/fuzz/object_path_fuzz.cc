// Object paths: what is accepted and written is accepted again and the same.
#include <cstdlib>

#include "wimwright/base/bytes.h"
#include "wimwright/cim/object_path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::cim;
  static const Schema kSchema = *LoadBuiltInSchema();
  const auto path = ParseObjectPath(ww::AsText(std::as_bytes(std::span(data, size))));
  if (!path) {
    if (path.error().hresult == 0) std::abort();
    return 0;
  }
  const auto text = path->Full();
  const auto again = ParseObjectPath(text);
  if (again ? !(*again == *path) : text.size() <= size) std::abort();
  const auto canonical = Canonical(*path, kSchema);
  if (!canonical) return 0;
  const auto once_more = Canonical(*canonical, kSchema);
  if (!once_more || once_more->Full() != canonical->Full()) std::abort();
  return 0;
}
