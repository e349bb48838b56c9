// The bit streams of delta-formats.md 4.2: least significant bit first, a three-bit pad count in
// front.
#pragma once

#include <cstdint>

#include "wimwright/base/bytes.h"
#include "wimwright/base/result.h"

namespace ww::delta {

// A cursor over bits that somebody else wrote; borrows the bytes. Failure is sticky: after the
// first bad read every later one yields 0 and failed() stays true, so that the symbol loop tests
// one flag and loops driven by input must ask failed() themselves.
class BitReader {
 public:
  // Reads the pad count. kCorrupt for a stream that cannot hold it.
  static Result<BitReader> Open(ByteView bytes);

  bool failed() const { return failed_; }
  std::uint64_t bits_left() const { return end_ - position_; }

  // The next bits, first one lowest; at least 56 are valid, those beyond the end are 0 or padding.
  // Does not move.
  std::uint64_t Peek() const {
    const std::uint64_t byte = position_ >> 3;
    if (byte + 8 <= size_) return LoadLe<std::uint64_t>(data_ + byte) >> (position_ & 7);
    return PeekAtTail();
  }
  void Consume(unsigned count) {
    if (count > end_ - position_) {
      Fail();
    } else {
      position_ += count;
    }
  }
  // count <= 64.
  std::uint64_t Bits(unsigned count);
  bool Bit() { return Bits(1) != 0; }

  std::int64_t Number();
  // A number that is a size or count: negative fails.
  std::uint64_t Count();
  ByteView Buffer();

  // For loops that prove for many reads at once that they stay inside, and then load words by
  // themselves: where the bytes are, and at which bit the reader stands.
  ByteView bytes() const { return {data_, static_cast<std::size_t>(size_)}; }
  std::uint64_t position() const { return position_; }
  // Not before the current position, not beyond the end.
  void MoveTo(std::uint64_t position) { position_ = position; }

  // For those who find the content of the stream impossible.
  void Fail() {
    failed_ = true;
    position_ = end_;
  }
  // kCorrupt naming `what` when anything has failed so far.
  Status Check(std::string_view what) const;

 private:
  BitReader(ByteView bytes, std::uint64_t end)
      : data_(bytes.data()), size_(bytes.size()), end_(end) {}
  std::uint64_t PeekAtTail() const;

  const std::byte* data_;
  std::uint64_t size_;
  std::uint64_t position_ = 3;  // bits; never beyond end_
  std::uint64_t end_;
  bool failed_ = false;
};

}  // namespace ww::delta
