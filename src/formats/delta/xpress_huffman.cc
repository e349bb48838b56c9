#include "xpress_huffman.h"

#include <algorithm>
#include <array>
#include <vector>

namespace ww::delta {
namespace {

constexpr std::size_t kSymbols = 512;
constexpr std::size_t kTableBytes = kSymbols / 2;  // a nibble for each code length
constexpr unsigned kMaxLength = 15;
constexpr std::size_t kBlock = 64 << 10;
constexpr unsigned kLiterals = 256;
constexpr std::size_t kMinMatch = 3;
constexpr std::size_t kMaxTail = 4;

// Bits come from 16-bit words, most significant bit first; two words are always read ahead, and the
// bytes of long lengths stand between the words, where the cursor is.
class WordBits {
 public:
  WordBits(ByteView in, std::size_t at) : in_(in), at_(at) {
    buffer_ = std::uint32_t{Word()} << 16;
    buffer_ |= Word();
  }
  std::uint32_t Peek(unsigned count) const { return buffer_ >> (32 - count); }
  void Consume(unsigned count) {
    buffer_ <<= count;
    spare_ -= static_cast<int>(count);
    if (spare_ < 0) {
      buffer_ |= std::uint32_t{Word()} << -spare_;
      spare_ += 16;
    }
  }
  std::uint32_t Bits(unsigned count) {
    if (count == 0) return 0;
    const std::uint32_t value = Peek(count);
    Consume(count);
    return value;
  }
  std::uint8_t Byte() { return static_cast<std::uint8_t>(Plain(1)); }
  std::uint16_t Word() { return static_cast<std::uint16_t>(Plain(2)); }
  std::uint32_t DoubleWord() { return Plain(4); }
  std::size_t at() const { return at_; }
  bool failed() const { return failed_; }

 private:
  std::uint32_t Plain(std::size_t size) {
    if (at_ > in_.size() || size > in_.size() - at_) {
      failed_ = true;
      return 0;
    }
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value |= std::to_integer<std::uint32_t>(in_[at_ + i]) << (8 * i);
    }
    at_ += size;
    return value;
  }
  ByteView in_;
  std::size_t at_;
  std::uint32_t buffer_ = 0;
  int spare_ = 16;  // bits in buffer_ beyond the 16 that are guaranteed
  bool failed_ = false;
};

// One entry for each 15-bit prefix: symbol << 4 | length.
using CodeTable = std::vector<std::uint16_t>;

Status FillTable(ByteView lengths, CodeTable& table) {
  table.assign(std::size_t{1} << kMaxLength, 0);
  std::size_t next = 0;
  for (unsigned length = 1; length <= kMaxLength; ++length) {
    for (std::size_t symbol = 0; symbol < kSymbols; ++symbol) {
      const auto pair = std::to_integer<unsigned>(lengths[symbol / 2]);
      if ((symbol % 2 == 0 ? pair & 15 : pair >> 4) != length) continue;
      const std::size_t span = std::size_t{1} << (kMaxLength - length);
      if (span > table.size() - next) {
        return Fail(Code::kCorrupt, "XPRESS: over-subscribed prefix code");
      }
      std::fill_n(table.begin() + static_cast<std::ptrdiff_t>(next), span,
                  static_cast<std::uint16_t>(symbol << 4 | length));
      next += span;
    }
  }
  if (next != table.size()) return Fail(Code::kCorrupt, "XPRESS: incomplete prefix code");
  return {};
}

std::size_t MatchLength(WordBits& in, unsigned symbol) {
  const std::size_t nibble = symbol & 15;
  if (nibble < 15) return nibble + kMinMatch;
  std::size_t length = in.Byte();
  if (length < 255) return length + 15 + kMinMatch;
  length = in.Word();
  if (length == 0) length = in.DoubleWord();
  if (length < 15) return 0;  // no writer may say it like this
  return length + kMinMatch;
}

// One block of `out`, from `written` to `end`; answers where the input goes on.
Result<std::size_t> DecodeBlock(ByteView in, std::size_t at, MutableByteView out,
                                std::size_t written, std::size_t end, CodeTable& table) {
  if (at > in.size() || in.size() - at < kTableBytes) {
    return Fail(Code::kCorrupt, "XPRESS: input ends early");
  }
  WW_RETURN_IF_ERROR(FillTable(in.subspan(at, kTableBytes), table));
  WordBits bits(in, at + kTableBytes);
  while (written < end && !bits.failed()) {
    const unsigned entry = table[bits.Peek(kMaxLength)];
    bits.Consume(entry & 15);
    const unsigned symbol = entry >> 4;
    if (symbol < kLiterals) {
      out[written++] = static_cast<std::byte>(symbol);
      continue;
    }
    const unsigned offset_bits = (symbol - kLiterals) >> 4;
    const std::size_t length = MatchLength(bits, symbol);
    const std::size_t offset = (std::size_t{1} << offset_bits) + bits.Bits(offset_bits);
    if (length == 0 || offset > written || length > end - written) {
      return Fail(Code::kCorrupt, "XPRESS: match outside the block");
    }
    for (std::size_t i = 0; i < length; ++i, ++written) out[written] = out[written - offset];
  }
  if (bits.failed()) return Fail(Code::kCorrupt, "XPRESS: input ends early");
  return bits.at();
}

}  // namespace

Status DecompressXpressHuffman(ByteView in, MutableByteView out) {
  CodeTable table;
  std::size_t at = 0;
  for (std::size_t start = 0; start < out.size(); start += kBlock) {
    const std::size_t end = start + std::min(kBlock, out.size() - start);
    WW_TRY(at, DecodeBlock(in, at, out, start, end, table), "XPRESS block");
  }
  // Writers may end with a symbol for the end, which can take one more word.
  if (in.size() - at > kMaxTail) return Fail(Code::kCorrupt, "XPRESS: bytes after the last block");
  return {};
}

}  // namespace ww::delta
