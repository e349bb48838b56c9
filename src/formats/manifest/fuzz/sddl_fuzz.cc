// SDDL: what is accepted has offsets that lie inside the descriptor.
#include <cstdlib>

#include "wimwright/manifest/security.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = ww::AsText(std::as_bytes(std::span(data, size)));
  static_cast<void>(ww::manifest::SidFromText(text));
  const auto descriptor = ww::manifest::SddlToSecurityDescriptor(text);
  if (!descriptor) return 0;
  for (std::size_t field = 4; field < 20; field += 4) {
    if (ww::LoadLe<std::uint32_t>(descriptor->data() + field) >= descriptor->size()) std::abort();
  }
  return 0;
}
