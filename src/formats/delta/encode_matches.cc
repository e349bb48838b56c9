#include <algorithm>
#include <bit>
#include <limits>

#include "encode_parts.h"
#include "patch_alphabets.h"

namespace ww::delta {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
constexpr unsigned kHashBits = 17;
constexpr unsigned kMaxCandidates = 16;
constexpr std::uint32_t kKeySize = 4;  // bytes hashed, and the shortest copy found by hash
constexpr std::uint32_t kMinCheapLength = 2;

// Rough costs in bits.
constexpr std::int64_t kBitsPerLiteral = 8;
constexpr std::int64_t kCheapCopy = 9;
constexpr std::int64_t kFarCopy = 12;

class Matcher {
 public:
  Matcher(ByteView source, ByteView target, bool allow_mapped)
      : source_size_(static_cast<std::uint32_t>(source.size())), allow_mapped_(allow_mapped) {
    data_.reserve(source.size() + target.size());
    Append(data_, source);
    Append(data_, target);
    heads_.assign(std::size_t{1} << kHashBits, kNone);
    previous_.assign(data_.size(), kNone);
  }

  std::vector<Item> Run() {
    std::vector<Item> items;
    for (std::uint32_t i = 0; i < source_size_; ++i) Insert(i);
    for (std::uint32_t at = source_size_; at < size();) {
      best_ = Item{};
      best_.literal = std::to_integer<std::uint8_t>(data_[at]);
      best_score_ = 0;
      Search(at);
      const std::uint32_t step = std::max(best_.length, 1u);
      if (best_.length != 0) Remember();
      items.push_back(best_);
      for (std::uint32_t i = 0; i < step; ++i) Insert(at + i);
      at += step;
    }
    return items;
  }

 private:
  std::uint32_t size() const { return static_cast<std::uint32_t>(data_.size()); }

  std::uint32_t& Head(std::uint32_t at) {
    const auto key = LoadLe<std::uint32_t>(data_.data() + at);
    return heads_[key * 2654435761u >> (32 - kHashBits)];
  }
  void Insert(std::uint32_t at) {
    if (size() - at < kKeySize) return;
    auto& head = Head(at);
    previous_[at] = head;
    head = at;
  }
  std::uint32_t MatchLength(std::uint32_t from, std::uint32_t at) const {
    const auto begin = data_.begin() + at;
    const auto end = std::mismatch(begin, data_.end(), data_.begin() + from).first;
    return static_cast<std::uint32_t>(end - begin);
  }
  void Consider(std::uint32_t at, std::uint32_t distance, unsigned slot, std::uint32_t min_length,
                std::int64_t cost) {
    if (distance == 0 || distance > at) return;
    const std::uint32_t length = MatchLength(at - distance, at);
    if (length < min_length) return;
    const std::int64_t score = kBitsPerLiteral * length - cost;
    if (score <= best_score_) return;
    best_score_ = score;
    best_.length = length;
    best_.slot = static_cast<std::uint8_t>(slot);
    best_.distance = distance;
  }
  void Search(std::uint32_t at) {
    for (unsigned i = 0; i < 3; ++i)
      Consider(at, recent_[i], kSlotRecent + i, kMinCheapLength, kCheapCopy);
    if (allow_mapped_) Consider(at, source_size_, kSlotMapped, kMinCheapLength, kCheapCopy);
    if (size() - at < kKeySize) return;
    std::uint32_t from = Head(at);
    for (unsigned n = 0; n < kMaxCandidates && from != kNone; ++n, from = previous_[from]) {
      const std::uint32_t distance = at - from;
      Consider(at, distance, kSlotEscape, kKeySize, kFarCopy + std::bit_width(distance));
    }
  }
  // As the decoder does it (delta-formats.md 5.5).
  void Remember() {
    const std::uint32_t distance = best_.distance;
    if (distance == recent_[0]) return;
    const std::uint32_t second = recent_[1];
    recent_[1] = recent_[0];
    recent_[0] = distance;
    if (second != distance) recent_[2] = second;
  }

  std::uint32_t source_size_;
  bool allow_mapped_;
  Bytes data_;  // source, then target
  std::vector<std::uint32_t> heads_;
  std::vector<std::uint32_t> previous_;
  std::uint32_t recent_[3] = {0, 0, 0};
  Item best_;
  std::int64_t best_score_ = 0;
};

}  // namespace

std::vector<Item> FindMatches(ByteView source, ByteView target, bool allow_mapped) {
  return Matcher(source, target, allow_mapped).Run();
}

}  // namespace ww::delta
