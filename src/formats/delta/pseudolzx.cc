#include "pseudolzx.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>

#include "composite.h"

namespace ww::delta {
namespace {

// The target grows in steps: a size in a header is a claim, not a reason to allocate.
constexpr std::uint64_t kFirstStep = 16ull << 20;

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

 private:
  std::int64_t position() const { return static_cast<std::int64_t>(source_.size() + produced_); }
  void SelectCodes();
  std::int64_t Distance(unsigned slot, std::int64_t offset);
  std::int64_t FarDistance(unsigned exponent);
  std::uint64_t Length(unsigned length_class);
  void Remember(std::int64_t distance);
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
  std::int64_t recent_[3] = {0, 0, 0};
  std::size_t next_segment_ = 0;
  std::optional<SymbolCodes> codes_;
};

// Of several segments that start at or before here only the last one's codes are built.
void PatchDecoder::SelectCodes() {
  std::size_t reached = next_segment_;
  while (reached < composite_.segments() && position() >= composite_.start(reached)) ++reached;
  if (reached == next_segment_) return;
  codes_ = composite_.Build(reached - 1);
  next_segment_ = reached;
}

// Signed displacements of the three slots around the mapped place: each range starts where the
// previous one ends.
std::int64_t Near(std::uint64_t bits, std::int64_t half, std::int64_t gap) {
  const std::int64_t r = static_cast<std::int64_t>(bits) - half;
  return r < 0 ? r - gap : r + gap;
}

std::int64_t PatchDecoder::FarDistance(unsigned exponent) {
  if (exponent < 4) return exponent;
  const unsigned extra = (exponent >> 1) - 1;  // at most 30
  const std::uint64_t top = 2 | (exponent & 1);
  if (extra < 4) return static_cast<std::int64_t>(top << extra | in_.Bits(extra));
  const std::uint64_t high = top << (extra - 4) | in_.Bits(extra - 4);
  return static_cast<std::int64_t>(high << 4 | codes_->aligned.Decode(in_));
}

std::int64_t PatchDecoder::Distance(unsigned slot, std::int64_t offset) {
  switch (slot) {
    case 0:
      return WrapSub(Near(in_.Bits(14), 0x2000, 0), offset);
    case 1:
      return WrapSub(Near(in_.Bits(16), 0x8000, 0x2000), offset);
    case 2:
      return WrapSub(Near(in_.Bits(18), 0x20000, 0xA000), offset);
    case kSlotMapped:
      return WrapSub(0, offset);
    case kSlotRecent:
    case kSlotRecent + 1:
    case kSlotRecent + 2:
      return recent_[slot - kSlotRecent];
    case kSlotEscape:
      if (!in_.Bit()) return FarDistance(36 + static_cast<unsigned>(in_.Bits(2)));
      if (!in_.Bit()) return FarDistance(40 + static_cast<unsigned>(in_.Bits(3)));
      return FarDistance(48 + static_cast<unsigned>(in_.Bits(4)));
    default:
      return FarDistance(slot - kFirstExponent);
  }
}

std::uint64_t PatchDecoder::Length(unsigned length_class) {
  if (length_class != 0) return length_class + 1;
  const unsigned symbol = codes_->length.Decode(in_);
  if (symbol != 0) return symbol + kLongestClassLength;
  const auto zeros =
      static_cast<unsigned>(std::countr_zero(in_.Peek() | 1ull << (kMaxBigLengthZeros + 1)));
  if (zeros > kMaxBigLengthZeros) in_.Fail();
  in_.Consume(zeros + 1);
  const unsigned bits = zeros + 8;
  return kLongestClassLength + (std::uint64_t{1} << bits | in_.Bits(bits));
}

void PatchDecoder::Remember(std::int64_t distance) {
  if (distance == recent_[0]) return;
  const std::int64_t second = recent_[1];
  recent_[1] = recent_[0];
  recent_[0] = distance;
  if (second != distance) recent_[2] = second;
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

Result<Bytes> PatchDecoder::Run() {
  while (produced_ < target_size_) {
    SelectCodes();
    if (!codes_) return Fail(Code::kCorrupt, "patch: no code covers the start of the target");
    const unsigned symbol = codes_->main.Decode(in_);
    if (in_.failed()) break;
    if (symbol < kLiterals) {
      Reserve(1);
      target_[produced_++] = static_cast<std::byte>(symbol);
      continue;
    }
    const unsigned slot = (symbol - kLiterals) / kLengthClasses;
    const std::int64_t distance = Distance(slot, rift_.Offset(position()));
    const std::uint64_t length = Length(symbol % kLengthClasses);
    if (in_.failed()) break;
    if (length > target_size_ - produced_) {
      return Fail(Code::kCorrupt, "patch: copy beyond the end of the target");
    }
    Remember(distance);
    WW_TRY_STATUS(slot == kSlotMapped ? CopyMapped(length) : Copy(distance, length), "patch");
  }
  WW_RETURN_IF_ERROR(in_.Check("patch"));
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
  return result;
}

}  // namespace ww::delta
