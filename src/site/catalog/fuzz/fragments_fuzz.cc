// Core, extended and localized fragments, by the first byte.
#include "offline_sync.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::catalog;
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
  switch (data[0] % 3) {
    case 0:
      static_cast<void>(ParseCore(bytes));
      break;
    case 1:
      static_cast<void>(ParseExtended(bytes));
      break;
    default:
      static_cast<void>(ParseLocalized(bytes));
  }
  return 0;
}
