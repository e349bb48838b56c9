// The writing counterpart of BitReader (delta-formats.md 4.2).
#pragma once

#include <bit>
#include <cstdint>

#include "wimwright/base/bytes.h"

namespace ww::delta {

class BitWriter {
 public:
  BitWriter() { Bits(0, 3); }  // the pad count, known at the end

  // The low `count` bits of `value`, lowest first. count <= 64.
  void Bits(std::uint64_t value, unsigned count) {
    if (count > 32) {
      Bits(value, 32);
      Bits(value >> 32, count - 32);
      return;
    }
    pending_ |= (value & ((std::uint64_t{1} << count) - 1)) << used_;
    used_ += count;
    for (; used_ >= 8; used_ -= 8, pending_ >>= 8) {
      bytes_.push_back(static_cast<std::byte>(pending_ & 0xFF));
    }
  }
  // A prefix code: its most significant bit goes first.
  void Code(std::uint32_t code, unsigned length) {
    std::uint32_t reversed = 0;
    for (unsigned i = 0; i < length; ++i) reversed |= (code >> i & 1) << (length - 1 - i);
    Bits(reversed, length);
  }
  void Number(std::int64_t value) {
    const auto raw = static_cast<std::uint64_t>(value);
    const unsigned nibbles = raw == 0 ? 1 : static_cast<unsigned>(std::bit_width(raw) + 3) / 4;
    Bits(std::uint64_t{1} << (nibbles - 1), nibbles);
    Bits(raw, 4 * nibbles);
  }
  void Buffer(ByteView bytes) {
    Number(static_cast<std::int64_t>(bytes.size()));
    Align();
    Append(bytes_, bytes);
  }
  // Ends the stream; the writer is spent.
  Bytes Finish() {
    const unsigned pad = (8 - used_) % 8;
    Align();
    bytes_[0] |= static_cast<std::byte>(pad);
    return std::move(bytes_);
  }

 private:
  void Align() {
    if (used_ != 0) Bits(0, 8 - used_);
  }
  Bytes bytes_;
  std::uint64_t pending_ = 0;
  unsigned used_ = 0;  // bits in pending_, below 8 between calls
};

}  // namespace ww::delta
