// Whatever parses as a block map is written as the same bytes again, and can be planned with.
#include <cstdlib>

#include "wimwright/content/transfer_plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto map = ww::content::ParseBlockMap(bytes);
  if (!map) return 0;
  if (ww::content::EncodeBlockMap(*map) != ww::Bytes(bytes.begin(), bytes.end())) std::abort();
  const ww::content::BlockMap* sources[] = {&*map};
  const auto plan = ww::content::MakeTransferPlan(*map, sources);
  if (plan.fetch_bytes != 0 || plan.copy_bytes != map->file.bytes) std::abort();
  return 0;
}
