// LZX as cabinets use it: verbatim blocks of one frame each, hash chains, canonical Huffman codes.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "wimwright/base/bytes.h"

namespace ww::lab {

inline constexpr std::size_t kLzxFrame = 32768;

// One folder. The decoder's state (window, repeated offsets, code lengths) runs through all of it.
class LzxEncoder {
 public:
  // 15 to 21 bits.
  explicit LzxEncoder(int window_bits);
  // The compressed form of the next frame, kLzxFrame bytes; only the last may be shorter, none
  // empty.
  Bytes EncodeFrame(ByteView frame);

 private:
  static constexpr std::size_t kHashBits = 17;
  static constexpr std::size_t kMaxMainSymbols = 256 + 50 * 8;
  static constexpr std::size_t kLengthSymbols = 249;

  struct Match {
    std::uint32_t length = 0;
    std::uint32_t offset = 0;
  };
  // A literal, or a match as the format splits it.
  struct Token {
    std::uint16_t main = 0;
    std::uint8_t length_symbol = 0;
    bool has_length_symbol = false;
    std::uint8_t extra_bits = 0;
    std::uint32_t extra = 0;
  };

  const std::byte* At(std::uint64_t position) const { return buffer_.data() + (position - base_); }
  std::uint32_t HashAt(std::uint64_t position) const;
  void Insert(std::uint64_t position);
  std::uint32_t MatchLength(std::uint64_t position, std::uint32_t offset,
                            std::uint32_t limit) const;
  Match Find(std::uint64_t position, std::uint32_t limit) const;
  void Slide(ByteView frame);
  void Tokenise(std::uint64_t end);
  void AddLiteral(std::uint64_t position);
  void AddMatch(const Match& match);

  std::uint32_t window_;
  std::size_t main_symbols_;
  Bytes buffer_;                     // bytes [base_, base_ + size) of the folder
  std::uint64_t base_ = 0;           // position of the buffer's first byte
  std::uint64_t next_ = 0;           // first byte that has no token yet
  std::vector<std::uint32_t> head_;  // by hash: position + 1, 0 none. A folder stays below 2 GiB
  std::vector<std::uint32_t> previous_;
  std::array<std::uint32_t, 3> recent_{1, 1, 1};
  std::vector<Token> tokens_;
  std::array<std::uint8_t, kMaxMainSymbols> main_lengths_{};
  std::array<std::uint8_t, kLengthSymbols> length_lengths_{};
  bool started_ = false;
};

}  // namespace ww::lab
