#include "cli_rift.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace ww::delta {
namespace {

constexpr std::int64_t kMaxKey = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t kGuidSize = 16;

std::int64_t WrapMul(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

class PairWriter {
 public:
  PairWriter(const CliLayout& source, const CliLayout& target, const CliMap& map,
             ByteView normalised, std::uint64_t max_entries)
      : source_(source), target_(target), map_(map), normalised_(normalised), max_(max_entries) {}

  Result<std::vector<RiftEntry>> Run() {
    for (unsigned heap = 0; heap < kCliTableStream; ++heap) Heap(heap);
    for (unsigned table = 0; table < kCliKnownTables; ++table) {
      if (!source_.Has(table) || !target_.Has(table)) continue;
      if (SameWidths(table)) {
        Rows(table);
      } else {
        Cells(table);
      }
    }
    if (full_) return Fail(Code::kLimit, "copy rift of the metadata: too many entries");
    return std::move(pairs_);
  }

 private:
  // A stretch of elements of one size that begins at these file offsets; `first` is the number of
  // its first element.
  struct Stretch {
    std::int64_t source_at;
    std::int64_t target_at;
    std::int64_t size;
    std::int64_t first;
  };
  void Put(std::int64_t target_at, std::int64_t source_at) {
    if (pairs_.size() >= max_) {
      full_ = true;
    } else {
      pairs_.push_back({target_at, source_at});
    }
  }
  void PutElement(const Stretch& s, std::int64_t source_number, std::int64_t target_number) {
    Put(WrapAdd(s.target_at, WrapMul(WrapSub(target_number, s.first), s.size)),
        WrapAdd(s.source_at, WrapMul(WrapSub(source_number, s.first), s.size)));
  }
  void Elements(const Stretch& s, const RiftTable& numbers);
  void Heap(unsigned heap);
  void Rows(unsigned table) {
    Elements({static_cast<std::int64_t>(source_.table_at[table]),
              static_cast<std::int64_t>(target_.table_at[table]), source_.row_size[table], 1},
             map_.tables[table]);
  }
  void Cells(unsigned table);
  bool SameWidths(unsigned table) const {
    const auto columns = source_.Columns(table);
    return std::all_of(columns.begin(), columns.end(),
                       [this](CliColumn c) { return source_.Width(c) == target_.Width(c); });
  }
  // Where widened cells take their upper half from.
  std::int64_t ZeroPair() {
    if (!zero_pair_) {
      constexpr std::array<std::byte, 2> kZeros{};
      const auto at =
          std::search(normalised_.begin(), normalised_.end(), kZeros.begin(), kZeros.end());
      zero_pair_ = at - normalised_.begin();
    }
    return *zero_pair_;
  }

  const CliLayout& source_;
  const CliLayout& target_;
  const CliMap& map_;
  ByteView normalised_;
  std::uint64_t max_;
  std::vector<RiftEntry> pairs_;
  bool full_ = false;
  std::optional<std::int64_t> zero_pair_;
};

void PairWriter::Elements(const Stretch& s, const RiftTable& numbers) {
  const auto& entries = numbers.entries();
  if (entries.empty()) return PutElement(s, s.first, s.first);
  if (entries.front().source > s.first) {
    // The first element is moved by the cyclic last displacement, which nothing else would tell.
    const std::int64_t moved = numbers.Map(s.first);
    if (moved >= s.first) PutElement(s, s.first, moved);
  }
  for (std::size_t i = 0; i < entries.size() && entries[i].source <= kMaxKey; ++i) {
    RiftEntry e = entries[i];
    // Row 0 is "no row": an entry for it speaks of row 1, unless another one does.
    if (s.first == 1 && e.source == 0) {
      if (i + 1 < entries.size() && entries[i + 1].source <= 1) continue;
      e = {1, WrapAdd(e.target, 1)};
    }
    PutElement(s, e.source, e.target);
  }
}

void PairWriter::Heap(unsigned heap) {
  const CliStream& from = source_.streams[heap];
  const CliStream& to = target_.streams[heap];
  if (from.size == 0 || to.size == 0) return;
  const bool guids = heap == kCliGuids;
  Elements({from.offset, to.offset, guids ? kGuidSize : 1, guids ? 1 : 0}, map_.heaps[heap]);
}

// Where a column's width changed no displacement holds for a row. The library leaves the last row
// out.
void PairWriter::Cells(unsigned table) {
  struct Column {
    std::int64_t from, to;  // widths
  };
  std::vector<Column> columns;
  for (const CliColumn c : source_.Columns(table)) {
    columns.push_back({source_.Width(c), target_.Width(c)});
  }
  RiftCursor rows(map_.tables[table]);
  for (std::uint32_t row = 1; row < source_.rows[table] && !full_; ++row) {
    const auto target_row = static_cast<std::uint32_t>(rows.Map(row));
    if (target_row == 0) continue;
    auto from = static_cast<std::int64_t>(source_.table_at[table] +
                                          std::uint64_t{row - 1} * source_.row_size[table]);
    auto to = static_cast<std::int64_t>(target_.table_at[table] +
                                        std::uint64_t{target_row - 1} * target_.row_size[table]);
    std::optional<std::int64_t> displacement;  // of the row's last pair
    const auto cell = [&](std::int64_t target_at, std::int64_t source_at) {
      if (displacement == source_at - target_at) return;
      displacement = source_at - target_at;
      Put(target_at, source_at);
    };
    for (const Column& c : columns) {
      cell(to, from);
      if (c.from < c.to) cell(to + c.from, ZeroPair());
      from += c.from;
      to += c.to;
    }
  }
}

}  // namespace

Result<std::vector<RiftEntry>> CliCopyRift(const CliLayout& source, const CliLayout& target,
                                           const CliMap& map, ByteView normalised,
                                           std::uint64_t max_entries) {
  return PairWriter(source, target, map, normalised, max_entries).Run();
}

}  // namespace ww::delta
