#include "base_block.h"

#include <fmt/format.h>

namespace ww::hive {

std::uint32_t BaseBlock::ComputeChecksum() const {
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < base::kChecksum; at += 4) sum ^= Get<std::uint32_t>(at);
  // The two values that would mean something else are moved aside.
  if (sum == 0xFFFFFFFF) return 0xFFFFFFFE;
  return sum == 0 ? 1 : sum;
}

Status BaseBlock::Validate(std::uint64_t file_size) const {
  if (Get<std::uint32_t>(base::kMajor) != 1 || minor() < 3 || minor() > 6) {
    return Fail(Code::kUnsupported, fmt::format("registry hive version {}.{}",
                                                Get<std::uint32_t>(base::kMajor), minor()));
  }
  if (Get<std::uint32_t>(base::kType) != 0 || Get<std::uint32_t>(base::kFormat) != 1) {
    return Fail(Code::kUnsupported, "not a primary registry file");
  }
  const auto bins = bins_size();
  if (bins == 0 || bins % kBlock != 0 || bins > kMaxBins) {
    return Fail(Code::kCorrupt, fmt::format("hive bins of {} bytes", bins));
  }
  if (file_size < kBlock || bins > file_size - kBlock) {
    return Fail(Code::kCorrupt, fmt::format("hive is truncated: {} bytes of bins in a file of {}",
                                            bins, file_size));
  }
  return {};
}

}  // namespace ww::hive
