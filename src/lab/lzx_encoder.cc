#include "lzx_encoder.h"

#include <algorithm>
#include <bit>

#include "huffman_code.h"

namespace ww::lab {
namespace {

constexpr std::uint32_t kMinMatch = 3;  // the format allows 2, which never pays without repetition
constexpr std::uint32_t kMaxMatch = 257;
// Speed before size: with 3 bytes hashed, chains of 24 and no limit on laziness the result is 2 %
// smaller and takes three times as long.
constexpr std::uint32_t kHashedBytes = 4;  // matches of 3 are found at recent offsets only
constexpr std::uint32_t kNiceMatch = 64;
constexpr std::uint32_t kLazyMatch = 16;  // longer ones are taken without looking ahead
constexpr int kMaxChain = 6;
constexpr std::size_t kPretreeSymbols = 20;

// Words of 16 bits, little-endian, filled from their high end.
class BitWriter {
 public:
  void Put(std::uint32_t value, int count) {
    held_ = held_ << count | value;
    count_ += count;
    for (; count_ >= 16; count_ -= 16) {
      AppendLe<std::uint16_t>(out_, static_cast<std::uint16_t>(held_ >> (count_ - 16)));
    }
  }
  Bytes Finish() {
    if (count_ != 0) Put(0, 16 - count_);
    return std::move(out_);
  }

 private:
  Bytes out_;
  std::uint64_t held_ = 0;
  int count_ = 0;
};

std::size_t SlotCount(int window_bits) {
  constexpr std::array<std::size_t, 7> kSlots = {30, 32, 34, 36, 38, 42, 50};  // 15 to 21 bits
  return kSlots[static_cast<std::size_t>(window_bits - 15)];
}

struct Slot {
  std::uint32_t number = 0;
  std::uint32_t base = 0;
  std::uint8_t extra_bits = 0;
};

// `formatted` is the offset plus 2: the values 0 to 2 stand for recent offsets.
Slot SlotOf(std::uint32_t formatted) {
  if (formatted < 4) return {formatted, formatted, 0};
  if (formatted >= 1U << 18) return {34 + (formatted >> 17), formatted & ~0x1FFFFU, 17};
  const auto high = static_cast<std::uint32_t>(std::bit_width(formatted)) - 1;
  const auto extra = high - 1;
  return {2 * high + (formatted >> extra & 1), formatted >> extra << extra,
          static_cast<std::uint8_t>(extra)};
}

struct PretreeSymbol {
  std::uint8_t symbol = 0;
  std::uint8_t extra = 0;
  std::uint8_t extra_bits = 0;
};

// Code lengths as differences to the previous block's, runs packed.
std::vector<PretreeSymbol> PackLengths(std::span<const std::uint8_t> before,
                                       std::span<const std::uint8_t> now) {
  const auto difference = [&](std::size_t i) {
    return static_cast<std::uint8_t>((before[i] + 17 - now[i]) % 17);
  };
  std::vector<PretreeSymbol> out;
  for (std::size_t i = 0; i < now.size();) {
    std::size_t run = 1;
    while (i + run < now.size() && now[i + run] == now[i]) ++run;
    if (now[i] == 0 && run >= 20) {
      run = std::min<std::size_t>(run, 51);
      out.push_back({18, static_cast<std::uint8_t>(run - 20), 5});
    } else if (now[i] == 0 && run >= 4) {
      out.push_back({17, static_cast<std::uint8_t>(run - 4), 4});
    } else if (run >= 4) {
      run = std::min<std::size_t>(run, 5);
      out.push_back({19, static_cast<std::uint8_t>(run - 4), 1});
      out.push_back({difference(i), 0, 0});
    } else {
      run = 1;
      out.push_back({difference(i), 0, 0});
    }
    i += run;
  }
  return out;
}

void WriteLengths(BitWriter& out, std::span<std::uint8_t> before,
                  std::span<const std::uint8_t> now) {
  const auto packed = PackLengths(before, now);
  std::array<std::uint32_t, kPretreeSymbols> counts{};
  for (const auto& p : packed) ++counts[p.symbol];
  const auto lengths = HuffmanLengths(counts, 15);
  const auto codes = CanonicalCodes(lengths);
  for (const auto length : lengths) out.Put(length, 4);
  for (const auto& p : packed) {
    out.Put(codes[p.symbol], lengths[p.symbol]);
    if (p.extra_bits != 0) out.Put(p.extra, p.extra_bits);
  }
  std::copy(now.begin(), now.end(), before.begin());
}

}  // namespace

LzxEncoder::LzxEncoder(int window_bits)
    : window_(1U << window_bits),
      main_symbols_(256 + 8 * SlotCount(window_bits)),
      head_(std::size_t{1} << kHashBits, 0),
      previous_(window_, 0) {}

std::uint32_t LzxEncoder::HashAt(std::uint64_t position) const {
  return (LoadLe<std::uint32_t>(At(position)) * 0x9E3779B1U) >> (32 - kHashBits);
}

void LzxEncoder::Insert(std::uint64_t position) {
  if (base_ + buffer_.size() - position < kHashedBytes) return;
  const auto hash = HashAt(position);
  previous_[position & (window_ - 1)] = head_[hash];
  head_[hash] = static_cast<std::uint32_t>(position) + 1;
}

std::uint32_t LzxEncoder::MatchLength(std::uint64_t position, std::uint32_t offset,
                                      std::uint32_t limit) const {
  const auto* a = At(position);
  const auto* b = a - offset;
  std::uint32_t length = 0;
  while (length + 8 <= limit) {
    const auto difference = LoadLe<std::uint64_t>(a + length) ^ LoadLe<std::uint64_t>(b + length);
    if (difference != 0)
      return length + static_cast<std::uint32_t>(std::countr_zero(difference)) / 8;
    length += 8;
  }
  while (length < limit && a[length] == b[length]) ++length;
  return length;
}

LzxEncoder::Match LzxEncoder::Find(std::uint64_t position, std::uint32_t limit) const {
  Match best;
  for (const auto offset : recent_) {
    if (offset > position) continue;
    const auto length = MatchLength(position, offset, limit);
    if (length >= kMinMatch && length > best.length) best = {length, offset};
  }
  if (limit < kHashedBytes || best.length >= kNiceMatch) return best;
  // A fresh offset costs more bits than a recent one, the more the farther.
  if (best.length != 0) ++best.length;
  const bool recent = best.length != 0;
  Match fresh{best.length, 0};
  std::uint32_t candidate = head_[HashAt(position)];
  for (int chain = kMaxChain; candidate != 0 && chain > 0; --chain) {
    const std::uint64_t at = candidate - 1;
    const auto distance = position - at;
    if (at >= position || distance > window_ - 3) break;
    const auto offset = static_cast<std::uint32_t>(distance);
    if (fresh.length < limit && At(at)[fresh.length] == At(position)[fresh.length]) {
      const auto length = MatchLength(position, offset, limit);
      if (length > fresh.length && length >= kHashedBytes) fresh = {length, offset};
      if (length >= kNiceMatch) break;
    }
    candidate = previous_[at & (window_ - 1)];
    if (candidate != 0 && candidate - 1 >= at) break;  // overwritten by a newer position
  }
  if (fresh.offset != 0) return fresh;
  if (recent) --best.length;
  return best;
}

void LzxEncoder::AddLiteral(std::uint64_t position) {
  Token token;
  token.main = std::to_integer<std::uint16_t>(*At(position));
  tokens_.push_back(token);
}

void LzxEncoder::AddMatch(const Match& match) {
  Slot slot;
  std::uint32_t formatted = match.offset + 2;
  const auto known = std::find(recent_.begin(), recent_.end(), match.offset);
  if (known != recent_.end()) {
    formatted = static_cast<std::uint32_t>(known - recent_.begin());
    slot = {formatted, formatted, 0};
    std::swap(recent_[0], *known);
  } else {
    slot = SlotOf(formatted);
    recent_ = {match.offset, recent_[0], recent_[1]};
  }
  Token token;
  const auto length = match.length - 2;
  token.main =
      static_cast<std::uint16_t>(256 + slot.number * 8 + std::min<std::uint32_t>(length, 7));
  token.has_length_symbol = length >= 7;
  if (token.has_length_symbol) token.length_symbol = static_cast<std::uint8_t>(length - 7);
  token.extra_bits = slot.extra_bits;
  token.extra = formatted - slot.base;
  tokens_.push_back(token);
}

// Greedy with one step of laziness. Matches end where the frame ends.
void LzxEncoder::Tokenise(std::uint64_t end) {
  tokens_.clear();
  Match ahead;
  bool have_ahead = false;
  while (next_ < end) {
    const auto limit = [end](std::uint64_t at) {
      return static_cast<std::uint32_t>(std::min<std::uint64_t>(kMaxMatch, end - at));
    };
    const Match match = have_ahead ? ahead : Find(next_, limit(next_));
    have_ahead = false;
    Insert(next_);
    if (match.length < kMinMatch) {
      AddLiteral(next_++);
      continue;
    }
    if (match.length < kLazyMatch && next_ + 1 < end) {
      ahead = Find(next_ + 1, limit(next_ + 1));
      if (ahead.length > match.length) {
        have_ahead = true;
        AddLiteral(next_++);
        continue;
      }
    }
    AddMatch(match);
    // The inside of a long match is found through its source as well.
    const std::uint32_t skip = match.length > 2 * kNiceMatch ? match.length - kNiceMatch : 1;
    for (std::uint32_t i = skip; i < match.length; ++i) Insert(next_ + i);
    next_ += match.length;
  }
}

// Keeps one window of history in front of the new frame.
void LzxEncoder::Slide(ByteView frame) {
  if (buffer_.size() > std::size_t{2} * window_) {
    const auto drop = buffer_.size() - window_;
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(drop));
    base_ += drop;
  }
  Append(buffer_, frame);
}

Bytes LzxEncoder::EncodeFrame(ByteView frame) {
  Slide(frame);
  Tokenise(next_ + frame.size());

  std::array<std::uint32_t, kMaxMainSymbols> main_counts{};
  std::array<std::uint32_t, kLengthSymbols> length_counts{};
  for (const auto& token : tokens_) {
    ++main_counts[token.main];
    if (token.has_length_symbol) ++length_counts[token.length_symbol];
  }
  const auto main = HuffmanLengths(std::span(main_counts).first(main_symbols_), 16);
  const auto length = HuffmanLengths(length_counts, 16);
  const auto main_codes = CanonicalCodes(main);
  const auto length_codes = CanonicalCodes(length);

  BitWriter out;
  if (!started_) out.Put(0, 1);  // no translation of x86 calls
  started_ = true;
  out.Put(1, 3);  // verbatim block
  out.Put(static_cast<std::uint32_t>(frame.size() >> 8), 16);
  out.Put(static_cast<std::uint32_t>(frame.size() & 0xFF), 8);
  const std::span<std::uint8_t> before(main_lengths_);
  WriteLengths(out, before.first(256), std::span(main).first(256));
  WriteLengths(out, before.subspan(256, main_symbols_ - 256), std::span(main).subspan(256));
  WriteLengths(out, length_lengths_, length);
  for (const auto& token : tokens_) {
    out.Put(main_codes[token.main], main[token.main]);
    if (token.has_length_symbol)
      out.Put(length_codes[token.length_symbol], length[token.length_symbol]);
    if (token.extra_bits != 0) out.Put(token.extra, token.extra_bits);
  }
  return out.Finish();
}

}  // namespace ww::lab
