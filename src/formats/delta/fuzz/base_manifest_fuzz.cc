// Looks for the base manifest in a hostile PE image.
#include <span>

#include "wimwright/delta/base_manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ww::Bytes image = ww::ToBytes(std::as_bytes(std::span(data, size)));
  static_cast<void>(ww::delta::FindBaseManifest(image));
  return 0;
}
