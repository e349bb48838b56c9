#include "reversal.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "compression_container.h"
#include "rift.h"

namespace ww::delta {
namespace {

constexpr std::uint32_t kMagic = 0x4D535250;  // "PRSM"

enum SectionType : std::uint32_t { kCopies = 0, kDeletes = 1, kPatches = 2 };

class Reversal {
 public:
  Reversal(ByteView reference, std::uint64_t target_size, const Limits& limits)
      : reference_(reference),
        limits_(limits),
        out_(target_size),
        budget_(64 * (static_cast<std::uint64_t>(reference.size()) + target_size) + (1u << 20)) {}

  Status Section(ByteView bytes);
  Bytes Take() { return std::move(out_); }

 private:
  // A place of the output, or nothing beyond it.
  std::optional<std::uint64_t> Place(std::int64_t at) const {
    if (at < 0 || static_cast<std::uint64_t>(at) >= out_.size()) return std::nullopt;
    return static_cast<std::uint64_t>(at);
  }
  Status Spend(std::uint64_t steps) {
    if (steps > budget_) return Fail(Code::kLimit, "sections overlap beyond reason");
    budget_ -= steps;
    return {};
  }
  Status Copies(BitReader& in);
  Status Deletes(BitReader& in);
  Status Patches(BitReader& in);
  Result<Bytes> Blob(ByteView stored, bool compressed) const;

  ByteView reference_;
  const Limits& limits_;
  Bytes out_;
  std::uint64_t budget_;  // bytes still to be moved: copies may all be of everything
};

Status Reversal::Section(ByteView bytes) {
  WW_TRY(auto in, BitReader::Open(bytes), "section");
  const auto type = static_cast<std::uint32_t>(in.Bits(32));
  in.Bits(32);  // no known effect
  WW_RETURN_IF_ERROR(in.Check("section"));
  switch (type) {
    case kCopies:
      return Copies(in);
    case kDeletes:
      return Deletes(in);
    case kPatches:
      return Patches(in);
    default:
      return Fail(Code::kUnsupported, fmt::format("section of unknown type {}", type));
  }
}

// Each entry: from its target in the reference to its source in the output, as far as both reach.
Status Reversal::Copies(BitReader& in) {
  WW_TRY(const auto table, ReadRift(in, limits_.max_rift_entries), "copies");
  const IntFormat lengths = IntFormat::Default();
  for (const auto& e : table.entries()) {
    const std::int64_t length = lengths.Value(in);
    WW_RETURN_IF_ERROR(in.Check("copies"));
    const auto to = Place(e.source);
    if (length < 0 || !to || e.target < 0)
      return Fail(Code::kCorrupt, "copy of an impossible place");
    const auto from = static_cast<std::uint64_t>(e.target);
    if (from >= reference_.size()) continue;
    const std::uint64_t size =
        std::min({static_cast<std::uint64_t>(length), out_.size() - *to, reference_.size() - from});
    WW_RETURN_IF_ERROR(Spend(size));
    std::copy_n(reference_.begin() + static_cast<std::ptrdiff_t>(from), size,
                out_.begin() + static_cast<std::ptrdiff_t>(*to));
  }
  return {};
}

Result<Bytes> Reversal::Blob(ByteView stored, bool compressed) const {
  if (!compressed) return ToBytes(stored);
  WW_TRY(const auto container, ParseCompressionContainer(stored), "deleted bytes");
  // Nothing more than the output has room for can be used.
  if (container.plain_size > out_.size()) {
    return Fail(Code::kCorrupt, "more deleted bytes than the target has");
  }
  return Expand(container);
}

// Each entry: the next `target` bytes of the blob go to `source`.
Status Reversal::Deletes(BitReader& in) {
  const bool compressed = in.Bits(32) != 0;
  WW_TRY(const auto table, ReadRift(in, limits_.max_rift_entries), "deleted bytes");
  const ByteView stored = in.Buffer();
  WW_RETURN_IF_ERROR(in.Check("deleted bytes"));
  WW_TRY(const Bytes blob, Blob(stored, compressed), "deleted bytes");
  ByteReader bytes(blob);
  for (const auto& e : table.entries()) {
    if (e.target < 0) return Fail(Code::kCorrupt, "deleted bytes of a negative length");
    WW_TRY(const auto part, bytes.Take(static_cast<std::uint64_t>(e.target)), "deleted bytes");
    if (part.empty()) continue;
    const auto to = Place(e.source);
    if (!to || part.size() > out_.size() - *to) {
      return Fail(Code::kCorrupt, "deleted bytes beyond the end of the target");
    }
    std::copy(part.begin(), part.end(), out_.begin() + static_cast<std::ptrdiff_t>(*to));
  }
  return {};
}

// Single bytes; of two for one place the first in order holds.
Status Reversal::Patches(BitReader& in) {
  WW_TRY(const auto table, ReadRift(in, limits_.max_rift_entries), "patches");
  for (auto e = table.entries().rbegin(); e != table.entries().rend(); ++e) {
    const auto to = Place(e->source);
    if (!to) return Fail(Code::kCorrupt, "patch beyond the end of the target");
    out_[*to] = static_cast<std::byte>(static_cast<std::uint64_t>(e->target) & 0xFF);
  }
  return {};
}

}  // namespace

Result<Bytes> ApplyReversal(ByteView reference, ByteView data, std::uint64_t target_size,
                            const Limits& limits) {
  WW_TRY(auto in, BitReader::Open(data), "reversal data");
  const auto magic = static_cast<std::uint32_t>(in.Bits(32));
  in.Bits(32);  // a count, for information
  WW_RETURN_IF_ERROR(in.Check("reversal data"));
  if (magic != kMagic) return Fail(Code::kCorrupt, "reversal data without signature");
  Reversal reversal(reference, target_size, limits);
  while (in.bits_left() > 0) {
    const ByteView section = in.Buffer();
    WW_RETURN_IF_ERROR(in.Check("reversal data"));
    WW_TRY_STATUS(reversal.Section(section), "reversal data");
  }
  return reversal.Take();
}

}  // namespace ww::delta
