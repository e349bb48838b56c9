#include "pseudolzx.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>

#include "composite.h"

namespace ww::delta {
namespace {

// The target grows in steps: a size in a header is a claim, not a reason to allocate.
constexpr std::uint64_t kFirstStep = 16ull << 20;
constexpr std::uint64_t kFastStep = 64ull << 10;
// For a guess at how many symbols a patch has.
constexpr std::uint64_t kBitsPerSymbol = 10;

// The copy rift of delta-formats.md 5.6. The last entry says: the target's start is the source's
// start.
RiftTable CopyRift(const RiftTable& base, const RiftTable& pipeline, std::int64_t source_size) {
  std::vector<RiftEntry> entries = base.entries();
  entries.reserve(entries.size() + pipeline.entries().size() + 1);
  for (const auto& e : pipeline.entries()) {
    entries.push_back({WrapAdd(e.source, source_size), e.target});
  }
  entries.push_back({source_size, 0});
  return RiftTable(std::move(entries));
}

// Lookups at positions that only grow.
class ForwardRift {
 public:
  ForwardRift(const RiftTable& table, std::int64_t start)
      : entries_(table.entries()), at_(table.Find(start)), next_(0) {
    while (next_ < entries_.size() && entries_[next_].source <= start) ++next_;
  }
  std::int64_t Offset(std::int64_t position) {
    while (next_ < entries_.size() && entries_[next_].source <= position) at_ = next_++;
    return WrapSub(entries_[at_].target, entries_[at_].source);
  }
  // Where the displacement last asked for ends.
  std::int64_t End() const {
    return next_ < entries_.size() ? entries_[next_].source
                                   : std::numeric_limits<std::int64_t>::max();
  }

 private:
  const std::vector<RiftEntry>& entries_;
  std::size_t at_;
  std::size_t next_;
};

// What a slot from kFirstExponent + 1 on says about its distance.
struct FarSlot {
  std::uint32_t base = 0;
  std::uint8_t bits = 0;  // plain bits, above the aligned symbol where there is one
  bool aligned = false;   // the lowest four bits are a symbol of the aligned code
};
constexpr unsigned kExponents = 64;
constexpr auto kFarSlots = [] {
  std::array<FarSlot, kExponents> slots{};
  for (unsigned e = 0; e < kExponents; ++e) {
    FarSlot& s = slots[e];
    if (e < 4) {
      s.base = e;
      continue;
    }
    const unsigned extra = (e >> 1) - 1;  // at most 30
    s.base = (2 | (e & 1)) << extra;
    s.aligned = extra >= 4;
    s.bits = static_cast<std::uint8_t>(s.aligned ? extra - 4 : extra);
  }
  return slots;
}();

// Signed displacements of the three slots around the mapped place: each range starts where the
// previous one ends.
struct NearSlot {
  std::uint8_t bits;
  std::int64_t half;
  std::int64_t gap;
};
constexpr NearSlot kNearSlots[] = {{14, 0x2000, 0}, {16, 0x8000, 0x2000}, {18, 0x20000, 0xA000}};

constexpr std::int64_t NearDistance(const NearSlot& slot, std::uint64_t bits) {
  const std::int64_t r = static_cast<std::int64_t>(bits) - slot.half;
  return r < 0 ? r - slot.gap : r + slot.gap;
}

// The last three distances, the latest one first.
inline void Remember(std::int64_t (&recent)[3], std::int64_t distance) {
  if (distance == recent[0]) return;
  const std::int64_t second = recent[1];
  recent[1] = recent[0];
  recent[0] = distance;
  if (second != distance) recent[2] = second;
}

// The exponents that have no slot of their own.
struct Escape {
  unsigned exponent;
  unsigned bits;
};
constexpr Escape ReadEscape(std::uint64_t bits) {
  const auto low = static_cast<unsigned>(bits & 63);
  if ((low & 1) == 0) return {36 + (low >> 1 & 3), 3};
  if ((low & 2) == 0) return {40 + (low >> 2 & 7), 5};
  return {48 + (low >> 2 & 15), 6};
}

// What stands before the bits of a length of 264 and more: their number, in unary.
struct BigLength {
  unsigned prefix;  // its own bits; 0: too many
  unsigned bits;
};
inline BigLength ReadBigLength(std::uint64_t bits) {
  const auto zeros =
      static_cast<unsigned>(std::countr_zero(bits | 1ull << (kMaxBigLengthZeros + 1)));
  return {zeros > kMaxBigLengthZeros ? 0 : zeros + 1, zeros + 8};
}

// Literals among the entries of the main code.
constexpr HuffmanEntry kLiteralEntries = (kLiterals << kEntryLengthBits) - 1;

// The fast loop reads whole words and writes whole chunks: it keeps this far from the ends. One
// symbol takes at most 133 bits: code 16, escape 6, plain 26, aligned 16, length 16, big length 53.
constexpr std::uint64_t kInputSlack = 32;
constexpr std::uint64_t kOutputSlack = 32;
constexpr std::uint64_t kChunk = 16;

constexpr std::uint64_t kLongCopy = 256;  // from here on the library's copy is faster

// Copies in chunks that may run up to kOutputSlack bytes over the end on both sides. Regions may
// overlap, at a distance of at least kChunk.
inline void CopyChunks(const std::byte* in, std::byte* out, std::uint64_t length) {
  if (length > kLongCopy && out - in >= static_cast<std::ptrdiff_t>(length)) {
    std::memcpy(out, in, length);
    return;
  }
  std::byte* const end = out + length;
  do {
    std::memcpy(out, in, kChunk);
    in += kChunk;
    out += kChunk;
  } while (out < end);
}

// The same at a distance below kChunk: every byte repeats the one `distance` before it.
inline void RepeatPattern(std::byte* out, std::uint64_t distance, std::uint64_t length) {
  const std::byte* in = out - distance;
  if (distance == 1) {
    std::memset(out, std::to_integer<int>(*in), length);
    return;
  }
  for (std::uint64_t i = 0; i < length; ++i) out[i] = in[i];
}

class PatchDecoder {
 public:
  PatchDecoder(ByteView source, std::uint64_t target_size, BitReader& in,
               const Composite& composite, const RiftTable& rift)
      : source_(source),
        target_size_(target_size),
        in_(in),
        composite_(composite),
        rift_(rift, static_cast<std::int64_t>(source.size())) {}

  Result<Bytes> Run();
  std::uint64_t symbols() const { return symbols_; }

 private:
  std::int64_t position() const { return static_cast<std::int64_t>(source_.size() + produced_); }
  bool SelectCodes();
  void DecodeFast();
  Status DecodeOne();
  std::int64_t Distance(unsigned slot, std::int64_t offset);
  std::int64_t FarDistance(unsigned exponent);
  std::uint64_t Length(unsigned length_class);
  void Reserve(std::uint64_t length);
  Status Copy(std::int64_t distance, std::uint64_t length);
  Status CopyMapped(std::uint64_t length);

  ByteView source_;
  std::uint64_t target_size_;
  BitReader& in_;
  const Composite& composite_;
  ForwardRift rift_;
  Bytes target_;  // size() >= produced_, at most target_size_
  std::uint64_t produced_ = 0;
  std::uint64_t symbols_ = 0;
  std::int64_t recent_[3] = {0, 0, 0};
  std::size_t next_segment_ = 0;
  const SymbolCodes* codes_ = nullptr;  // the default's, or built_
  std::optional<SymbolCodes> built_;
};

// Of several segments that start at or before here only the last one's codes are built. False: none
// starts here.
bool PatchDecoder::SelectCodes() {
  std::size_t reached = next_segment_;
  while (reached < composite_.segments() && position() >= composite_.start(reached)) ++reached;
  if (reached != next_segment_) {
    if (composite_.is_default()) {
      codes_ = &Composite::Default();
    } else {
      built_ = composite_.Build(reached - 1, in_.bits_left() / kBitsPerSymbol);
      codes_ = &*built_;
    }
    next_segment_ = reached;
  }
  return codes_ != nullptr;
}

// Decodes as long as a whole symbol is sure to fit on every side, and the rest of a segment is far.
// Whatever is not plain (an impossible code or place, a copy over the source's end, over an entry
// of the rift, close to the end) is left to DecodeOne, at the symbol's first bit.
void PatchDecoder::DecodeFast() {
  const std::uint64_t input_size = in_.bytes().size();
  if (input_size <= kInputSlack) return;
  const std::uint64_t bit_limit = 8 * (input_size - kInputSlack);
  Reserve(std::min(target_size_ - produced_, kFastStep));
  // Output up to here, before codes change or room ends.
  std::uint64_t limit = target_.size();
  if (limit <= kOutputSlack) return;
  limit -= kOutputSlack;
  if (next_segment_ < composite_.segments()) {
    const std::int64_t until =
        WrapSub(composite_.start(next_segment_), static_cast<std::int64_t>(source_.size()));
    if (until >= 0) limit = std::min(limit, static_cast<std::uint64_t>(until));
  }
  const std::byte* const input = in_.bytes().data();
  const std::byte* const source = source_.data();
  const std::uint64_t source_size = source_.size();
  std::byte* const target = target_.data();
  const std::uint64_t room = target_.size() - kOutputSlack;
  const auto main = codes_->main.table();
  const auto lengths = codes_->length.table();
  const auto aligned_code = codes_->aligned.table();
  std::int64_t recent[3] = {recent_[0], recent_[1], recent_[2]};
  std::uint64_t produced = produced_;
  std::uint64_t at = in_.position();
  std::uint64_t symbols = symbols_;
  const auto load = [input](std::uint64_t bit) {
    return LoadLe<std::uint64_t>(input + (bit >> 3)) >> (bit & 7);  // 57 bits or more
  };

  while (produced < limit && at < bit_limit) {
    std::uint64_t bits = load(at);
    HuffmanEntry entry = main.Find(bits);
    // Three literals fit into one word.
    for (int i = 0; i < 2 && entry - 1 < kLiteralEntries && produced < limit; ++i) {
      target[produced++] = static_cast<std::byte>(EntrySymbol(entry));
      ++symbols;
      at += EntryLength(entry);
      bits >>= EntryLength(entry);
      entry = main.Find(bits);
    }
    if (produced >= limit || EntryLength(entry) == 0) break;
    const unsigned symbol = EntrySymbol(entry);
    if (symbol < kLiterals) {
      target[produced++] = static_cast<std::byte>(symbol);
      ++symbols;
      at += EntryLength(entry);
      continue;
    }
    std::uint64_t next = at + EntryLength(entry);
    bits = load(next);
    const unsigned slot = (symbol - kLiterals) / kLengthClasses;
    const auto position = static_cast<std::int64_t>(source_size + produced);
    std::int64_t distance = 0;
    if (slot >= kSlotEscape) {
      unsigned exponent = slot - kFirstExponent;
      if (slot == kSlotEscape) {
        const Escape escape = ReadEscape(bits);
        exponent = escape.exponent;
        bits >>= escape.bits;
        next += escape.bits;
      }
      const FarSlot far = kFarSlots[exponent];
      std::uint64_t low = bits & ((std::uint64_t{1} << far.bits) - 1);
      next += far.bits;
      if (far.aligned) {
        const HuffmanEntry aligned = aligned_code.Find(bits >> far.bits);
        if (EntryLength(aligned) == 0) break;
        next += EntryLength(aligned);
        low = low << 4 | EntrySymbol(aligned);
      }
      distance = static_cast<std::int64_t>(far.base + low);
    } else if (slot == kSlotMapped) {
      distance = WrapSub(0, rift_.Offset(position));
    } else if (slot < kSlotMapped) {
      const NearSlot& near = kNearSlots[slot];
      distance = WrapSub(NearDistance(near, bits & ((std::uint64_t{1} << near.bits) - 1)),
                         rift_.Offset(position));
      next += near.bits;
    } else {
      distance = recent[slot - kSlotRecent];
    }
    std::uint64_t length = (symbol - kLiterals) % kLengthClasses;
    if (length != 0) {
      ++length;
    } else {
      const HuffmanEntry told = lengths.Find(load(next));
      if (EntryLength(told) == 0) break;
      next += EntryLength(told);
      length = EntrySymbol(told) + kLongestClassLength;
      if (EntrySymbol(told) == 0) {
        const BigLength big = ReadBigLength(load(next));
        if (big.prefix == 0) break;
        next += big.prefix;
        length +=
            std::uint64_t{1} << big.bits | (load(next) & ((std::uint64_t{1} << big.bits) - 1));
        next += big.bits;
      }
    }
    const std::uint64_t from =
        static_cast<std::uint64_t>(position) - static_cast<std::uint64_t>(distance);
    if (from >= static_cast<std::uint64_t>(position) || length > room - produced) break;
    if (slot == kSlotMapped && rift_.End() - position < static_cast<std::int64_t>(length)) break;
    if (from < source_size) {
      if (source_size - from < length + kOutputSlack) break;
      CopyChunks(source + from, target + produced, length);
    } else if (static_cast<std::uint64_t>(distance) >= kChunk) {
      CopyChunks(target + (from - source_size), target + produced, length);
    } else {
      RepeatPattern(target + produced, static_cast<std::uint64_t>(distance), length);
    }
    Remember(recent, distance);
    produced += length;
    ++symbols;
    at = next;
  }
  std::copy_n(recent, 3, recent_);
  in_.MoveTo(at);
  produced_ = produced;
  symbols_ = symbols;
}

std::int64_t PatchDecoder::FarDistance(unsigned exponent) {
  const FarSlot& far = kFarSlots[exponent];
  std::uint64_t low = in_.Bits(far.bits);
  if (far.aligned) low = low << 4 | codes_->aligned.Decode(in_);
  return static_cast<std::int64_t>(far.base + low);
}

std::int64_t PatchDecoder::Distance(unsigned slot, std::int64_t offset) {
  switch (slot) {
    case 0:
    case 1:
    case 2:
      return WrapSub(NearDistance(kNearSlots[slot], in_.Bits(kNearSlots[slot].bits)), offset);
    case kSlotMapped:
      return WrapSub(0, offset);
    case kSlotRecent:
    case kSlotRecent + 1:
    case kSlotRecent + 2:
      return recent_[slot - kSlotRecent];
    case kSlotEscape: {
      const Escape escape = ReadEscape(in_.Peek());
      in_.Consume(escape.bits);
      return FarDistance(escape.exponent);
    }
    default:
      return FarDistance(slot - kFirstExponent);
  }
}

std::uint64_t PatchDecoder::Length(unsigned length_class) {
  if (length_class != 0) return length_class + 1;
  const unsigned symbol = codes_->length.Decode(in_);
  if (symbol != 0) return symbol + kLongestClassLength;
  const BigLength big = ReadBigLength(in_.Peek());
  if (big.prefix == 0) in_.Fail();
  in_.Consume(big.prefix);
  return kLongestClassLength + (std::uint64_t{1} << big.bits | in_.Bits(big.bits));
}

// Makes room for `length` more bytes, which the caller has proven to lie inside the target.
void PatchDecoder::Reserve(std::uint64_t length) {
  if (length <= target_.size() - produced_) return;
  const std::uint64_t wanted = std::max({produced_ + length, 2 * target_.size(), kFirstStep});
  target_.resize(std::min(wanted, target_size_));
}

// Copies from `distance` before the current position; the regions may overlap, forwards.
Status PatchDecoder::Copy(std::int64_t distance, std::uint64_t length) {
  const std::int64_t from = WrapSub(position(), distance);
  if (from < 0 || from >= position()) return Fail(Code::kCorrupt, "copy from outside the data");
  Reserve(length);
  auto at = static_cast<std::uint64_t>(from);
  std::byte* out = target_.data() + produced_;
  produced_ += length;
  if (at < source_.size()) {
    const std::uint64_t part = std::min<std::uint64_t>(length, source_.size() - at);
    std::copy_n(source_.data() + at, part, out);
    out += part;
    at += part;
    length -= part;
  }
  if (length == 0) return {};
  const std::byte* in = target_.data() + (at - source_.size());
  auto gap = static_cast<std::uint64_t>(out - in);
  // Each round copies what is there already, so a pattern doubles with every round.
  while (length > 0) {
    const std::uint64_t part = std::min(length, gap);
    std::copy_n(in, part, out);
    out += part;
    length -= part;
    gap += part;
  }
  return {};
}

// A copy from the mapped place follows the rift: the source jumps wherever an entry begins.
Status PatchDecoder::CopyMapped(std::uint64_t length) {
  while (length > 0) {
    const std::int64_t offset = rift_.Offset(position());
    const auto until_entry =
        static_cast<std::uint64_t>(rift_.End()) - static_cast<std::uint64_t>(position());
    const std::uint64_t part = std::min(length, until_entry);
    WW_RETURN_IF_ERROR(Copy(WrapSub(0, offset), part));
    length -= part;
  }
  return {};
}

// One symbol, with every test.
Status PatchDecoder::DecodeOne() {
  const unsigned symbol = codes_->main.Decode(in_);
  WW_RETURN_IF_ERROR(in_.Check("patch"));
  ++symbols_;
  if (symbol < kLiterals) {
    Reserve(1);
    target_[produced_++] = static_cast<std::byte>(symbol);
    return {};
  }
  const unsigned slot = (symbol - kLiterals) / kLengthClasses;
  const std::int64_t distance = Distance(slot, rift_.Offset(position()));
  const std::uint64_t length = Length(symbol % kLengthClasses);
  WW_RETURN_IF_ERROR(in_.Check("patch"));
  if (length > target_size_ - produced_) {
    return Fail(Code::kCorrupt, "patch: copy beyond the end of the target");
  }
  Remember(recent_, distance);
  WW_TRY_STATUS(slot == kSlotMapped ? CopyMapped(length) : Copy(distance, length), "patch");
  return {};
}

Result<Bytes> PatchDecoder::Run() {
  while (produced_ < target_size_) {
    if (!SelectCodes())
      return Fail(Code::kCorrupt, "patch: no code covers the start of the target");
    DecodeFast();
    if (!SelectCodes()) return Fail(Code::kInternal, "patch: codes lost");
    WW_RETURN_IF_ERROR(DecodeOne());
  }
  return std::move(target_);
}

}  // namespace

Result<PatchResult> DecodePatch(ByteView source, ByteView patch, std::uint64_t target_size,
                                const RiftTable& pipeline_rift, const Limits& limits) {
  WW_TRY(auto in, BitReader::Open(patch), "patch");
  WW_TRY(const auto base_rift, ReadRift(in, limits.max_rift_entries), "patch");
  WW_TRY(const auto composite, Composite::Read(in, limits), "patch");
  const auto source_size = static_cast<std::int64_t>(source.size());
  const RiftTable rift = CopyRift(base_rift, pipeline_rift, source_size);
  PatchResult result;
  result.starts_at_source_end = composite.is_default() || composite.start(0) == source_size;
  PatchDecoder decoder(source, target_size, in, composite, rift);
  WW_TRY(result.target, decoder.Run(), "decoding");
  result.bits_left = in.bits_left();
  result.symbols = decoder.symbols();
  return result;
}

}  // namespace ww::delta
