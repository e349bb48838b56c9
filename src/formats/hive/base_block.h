// The base block: the first 512 bytes of a hive that mean something on disk.
#pragma once

#include <array>
#include <cstdint>

#include "layout.h"
#include "wimwright/base/bytes.h"

namespace ww::hive {

struct BaseBlock {
  std::array<std::byte, base::kChecked> raw{};

  template <typename T>
  T Get(std::size_t at) const {
    return LoadLe<T>(raw.data() + at);
  }
  template <typename T>
  void Set(std::size_t at, T value) {
    StoreLe(raw.data() + at, value);
  }
  std::uint32_t ComputeChecksum() const;
  bool has_signature() const { return Get<std::uint32_t>(0) == kRegf; }
  bool checksum_is_right() const {
    return Get<std::uint32_t>(base::kChecksum) == ComputeChecksum();
  }
  bool sequence_is_even() const {
    return Get<std::uint32_t>(base::kSequence1) == Get<std::uint32_t>(base::kSequence2);
  }
  std::uint32_t bins_size() const { return Get<std::uint32_t>(base::kBinsSize); }
  std::uint32_t minor() const { return Get<std::uint32_t>(base::kMinor); }

  // A hive of a kind that we read: primary file, 1.3 to 1.6, bins of whole blocks that lie in
  // `file_size`.
  Status Validate(std::uint64_t file_size) const;
};

}  // namespace ww::hive
