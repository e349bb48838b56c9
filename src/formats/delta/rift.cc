#include "rift.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

namespace ww::delta {
namespace {

constexpr std::int64_t kRingMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kRingMax = std::numeric_limits<std::int64_t>::max();

constexpr unsigned kIntSymbols = 252;
constexpr unsigned kIntPositive = 126;
constexpr unsigned kIntTableBits = 9;

bool BySource(const RiftEntry& a, const RiftEntry& b) { return a.source < b.source; }

// Closed intervals of the ring in signed order, kept disjoint and merged.
class CoveredSet {
 public:
  // Calls `emit(start)` for every maximal part of [low, high] not covered yet, then covers it.
  template <typename Emit>
  void Cover(std::int64_t low, std::int64_t high, Emit emit) {
    auto it = parts_.upper_bound(low);
    if (it != parts_.begin()) {
      const auto before = std::prev(it);
      if (before->second >= low) it = before;
    }
    std::int64_t start = low;  // of the next uncovered part, as long as `open`
    bool open = true;
    std::int64_t merged_low = low;
    std::int64_t merged_high = high;
    while (it != parts_.end() && it->first <= high) {
      if (open && it->first > start) emit(start);
      merged_low = std::min(merged_low, it->first);
      merged_high = std::max(merged_high, it->second);
      open = it->second < high;
      if (open) start = it->second + 1;
      it = parts_.erase(it);
    }
    if (open) emit(start);
    parts_.emplace(merged_low, merged_high);
  }

 private:
  std::map<std::int64_t, std::int64_t> parts_;  // first -> last
};

}  // namespace

RiftTable::RiftTable(std::vector<RiftEntry> entries) : entries_(std::move(entries)) {
  if (!std::is_sorted(entries_.begin(), entries_.end(), BySource)) {
    std::stable_sort(entries_.begin(), entries_.end(), BySource);
  }
}

std::size_t RiftTable::Find(std::int64_t x) const {
  const auto after = std::upper_bound(entries_.begin(), entries_.end(), RiftEntry{x, 0}, BySource);
  if (after == entries_.begin()) return entries_.size() - 1;
  return static_cast<std::size_t>(after - entries_.begin()) - 1;
}

std::int64_t RiftTable::Offset(std::int64_t x) const {
  if (entries_.empty()) return 0;
  const auto& e = entries_[Find(x)];
  return WrapSub(e.target, e.source);
}

void RiftCursor::Seek(std::int64_t x) {
  const auto& entries = table_->entries();
  if (entries.empty()) {
    low_ = kRingMin;
    high_ = kRingMax;  // x == kRingMax seeks again, to the same effect
    return;
  }
  const std::size_t at = table_->Find(x);
  const bool before_first = x < entries.front().source;
  low_ = before_first ? kRingMin : entries[at].source;
  high_ = before_first              ? entries.front().source
          : at + 1 < entries.size() ? entries[at + 1].source
                                    : kRingMax;
  offset_ = WrapSub(entries[at].target, entries[at].source);
}

Result<RiftTable> Multiply(const RiftTable& first, const RiftTable& second,
                           std::uint64_t max_entries) {
  if (first.empty()) return second;
  if (second.empty()) return first;
  std::vector<RiftEntry> out;
  const auto& cuts = second.entries();
  const std::size_t segments = first.entries().size();
  for (std::size_t i = 0; i < segments; ++i) {
    const RiftEntry& segment = first.entries()[i];
    const std::int64_t end = first.entries()[(i + 1) % segments].source;
    // On the ring the last segment runs on to the first entry. A sole entry governs all of it.
    const auto length =
        static_cast<std::uint64_t>(end) - static_cast<std::uint64_t>(segment.source);
    if (length == 0 && i + 1 < segments) continue;  // shadowed by the next entry
    const std::int64_t offset = WrapSub(segment.target, segment.source);
    out.push_back({segment.source, second.Map(segment.target)});
    std::size_t at = (second.Find(segment.target) + 1) % cuts.size();
    for (std::size_t n = 0; n < cuts.size(); ++n, at = (at + 1) % cuts.size()) {
      const auto distance =
          static_cast<std::uint64_t>(cuts[at].source) - static_cast<std::uint64_t>(segment.target);
      if (distance == 0) continue;
      if (length != 0 && distance >= length) break;
      if (out.size() >= max_entries)
        return Fail(Code::kLimit, "rift tables multiply beyond the limit");
      out.push_back({WrapSub(cuts[at].source, offset), cuts[at].target});
    }
  }
  return RiftTable(std::move(out));
}

RiftTable Reverse(const RiftTable& table) {
  std::vector<RiftEntry> out;
  CoveredSet covered;
  // [low, high] in signed order, moved by `offset`; the image may run over the edge of the ring.
  const auto cover = [&](std::int64_t low, std::int64_t high, std::int64_t offset) {
    const auto emit = [&](std::int64_t start) { out.push_back({start, WrapSub(start, offset)}); };
    const std::int64_t image_low = WrapAdd(low, offset);
    const std::int64_t image_high = WrapAdd(high, offset);
    if (image_low <= image_high) {
      covered.Cover(image_low, image_high, emit);
    } else {
      covered.Cover(image_low, kRingMax, emit);
      covered.Cover(kRingMin, image_high, emit);
    }
  };
  const auto& entries = table.entries();
  const auto walk = [&](std::int64_t from, std::int64_t to) {
    std::size_t next = static_cast<std::size_t>(
        std::upper_bound(entries.begin(), entries.end(), RiftEntry{from, 0}, BySource) -
        entries.begin());
    std::int64_t low = from;
    std::int64_t offset = table.Offset(from);
    for (; next < entries.size() && entries[next].source <= to; ++next) {
      if (entries[next].source > low) cover(low, entries[next].source - 1, offset);
      low = entries[next].source;
      offset = WrapSub(entries[next].target, entries[next].source);
    }
    cover(low, to, offset);
  };
  walk(0, kRingMax);
  walk(kRingMin, -1);
  return RiftTable(std::move(out));
}

Result<IntFormat> IntFormat::Read(BitReader& in) {
  const auto positives = static_cast<unsigned>(in.Bits(8));
  const auto negatives = static_cast<unsigned>(in.Bits(8));
  const auto longer = static_cast<unsigned>(in.Bits(8));
  if (positives > kIntPositive || negatives > kIntPositive ||
      longer > kIntSymbols - positives - negatives) {
    return Fail(Code::kCorrupt, "integer format: counts exceed the alphabet");
  }
  std::array<std::uint8_t, kIntSymbols> lengths{};
  const auto length = [&in] { return static_cast<std::uint8_t>(in.Bits(4) + 1); };
  for (unsigned i = 0; i < positives; ++i) lengths[i] = length();
  for (unsigned i = 0; i < negatives; ++i) lengths[kIntPositive + i] = length();
  const auto rest = length();
  WW_RETURN_IF_ERROR(in.Check("integer format"));
  unsigned seen = 0;
  const auto fill = [&](unsigned from, unsigned to) {
    for (unsigned i = from; i < to; ++i) {
      lengths[i] = static_cast<std::uint8_t>(seen++ < longer ? rest : rest - 1);
    }
  };
  fill(positives, kIntPositive);
  fill(kIntPositive + negatives, kIntSymbols);
  WW_TRY(auto code, HuffmanDecoder::Make(lengths, CodeRule::kComplete, kIntTableBits),
         "integer format");
  return IntFormat(std::move(code));
}

IntFormat IntFormat::Default() {
  return IntFormat(HuffmanDecoder::Flat(kIntSymbols, kIntTableBits));
}

std::int64_t IntFormat::Value(BitReader& in) const {
  unsigned symbol = code_.Decode(in);
  const bool negative = symbol >= kIntPositive;
  if (negative) symbol -= kIntPositive;
  std::uint64_t value = symbol;
  if (symbol >= 4) {
    const unsigned extra = (symbol >> 1) - 1;  // at most 61
    value = std::uint64_t{2 | (symbol & 1)} << extra | in.Bits(extra);
  }
  return static_cast<std::int64_t>(negative ? ~value : value);
}

Result<RiftTable> ReadRift(BitReader& in, std::uint64_t max_entries) {
  if (!in.Bit()) {
    WW_RETURN_IF_ERROR(in.Check("rift table"));
    return RiftTable();
  }
  WW_TRY(const auto sources, IntFormat::Read(in), "rift table");
  WW_TRY(const auto displacements, IntFormat::Read(in), "rift table");
  return ReadRiftBody(in, sources, displacements, max_entries);
}

Result<RiftTable> ReadRiftBody(BitReader& in, const IntFormat& sources,
                               const IntFormat& displacements, std::uint64_t max_entries) {
  const std::uint64_t count = in.Count();
  WW_RETURN_IF_ERROR(in.Check("rift table"));
  // Each entry costs at least two bits.
  if (count > in.bits_left() / 2) return Fail(Code::kCorrupt, "rift table: more entries than bits");
  if (count > max_entries) return Fail(Code::kLimit, "rift table: too many entries");
  std::vector<RiftEntry> entries;
  entries.reserve(count);
  std::int64_t source = 0;
  std::int64_t displacement = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    source = WrapAdd(source, sources.Value(in));
    displacement = WrapAdd(displacement, displacements.Value(in));
    WW_RETURN_IF_ERROR(in.Check("rift table"));
    entries.push_back({source, WrapAdd(source, displacement)});
  }
  return RiftTable(std::move(entries));
}

}  // namespace ww::delta
