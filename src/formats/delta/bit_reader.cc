#include "bit_reader.h"

#include <bit>
#include <string>

namespace ww::delta {
namespace {

constexpr unsigned kPadBits = 3;
constexpr unsigned kMaxLeadingZeros = 15;  // 16 nibbles fill 64 bits

}  // namespace

Result<BitReader> BitReader::Open(ByteView bytes) {
  if (bytes.empty()) return ww::Fail(Code::kCorrupt, "bit stream of no bytes");
  const auto pad = std::to_integer<unsigned>(bytes[0]) & 7;
  const std::uint64_t end = 8 * static_cast<std::uint64_t>(bytes.size()) - pad;
  if (end < kPadBits) return ww::Fail(Code::kCorrupt, "bit stream shorter than its padding");
  return BitReader(bytes, end);
}

std::uint64_t BitReader::PeekAtTail() const {
  const std::uint64_t byte = position_ >> 3;
  std::uint64_t value = 0;
  for (std::uint64_t i = 0; i < 8 && byte + i < size_; ++i) {
    value |= std::to_integer<std::uint64_t>(data_[byte + i]) << (8 * i);
  }
  return value >> (position_ & 7);
}

std::uint64_t BitReader::Bits(unsigned count) {
  if (count > 32) {
    const std::uint64_t low = Bits(32);
    return low | Bits(count - 32) << 32;
  }
  const std::uint64_t value = Peek() & ((std::uint64_t{1} << count) - 1);
  Consume(count);
  return failed_ ? 0 : value;
}

std::int64_t BitReader::Number() {
  const auto zeros =
      static_cast<unsigned>(std::countr_zero(Peek() | 1ull << (kMaxLeadingZeros + 1)));
  if (zeros > kMaxLeadingZeros) Fail();
  Consume(zeros + 1);
  return static_cast<std::int64_t>(Bits(4 * (zeros + 1)));
}

std::uint64_t BitReader::Count() {
  const std::int64_t value = Number();
  if (value < 0) Fail();
  return failed_ ? 0 : static_cast<std::uint64_t>(value);
}

ByteView BitReader::Buffer() {
  const std::uint64_t size = Count();
  // Whole bytes from the next byte border of the stream; they must end before the padding does.
  const std::uint64_t start = (position_ + 7) >> 3;
  if (failed_ || start > end_ >> 3 || size > (end_ >> 3) - start) {
    Fail();
    return {};
  }
  position_ = 8 * (start + size);
  return {data_ + start, static_cast<std::size_t>(size)};
}

Status BitReader::Check(std::string_view what) const {
  if (!failed_) return {};
  return ww::Fail(Code::kCorrupt,
                  std::string(what) + ": bit stream ends early or holds an impossible value");
}

}  // namespace ww::delta
