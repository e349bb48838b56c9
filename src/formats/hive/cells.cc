#include "cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ww::hive {
namespace {

// Bins are whole multiples of kBlock; a cell never leaves its bin. Windows itself rarely makes a
// bin of more than 1 MiB (the largest value of a 1.3 hive), so that a search stops here.
constexpr std::uint32_t kMaxBinSearch = 16u << 20;
constexpr std::uint32_t kMaxBinCells = 1u << 16;      // more in one bin: no merging, bounded time
constexpr std::uint32_t kLargestNewBin = 4 * kBlock;  // unless one cell needs more
constexpr std::uint32_t kSmallestCell = 8;

std::uint32_t CellSizeFor(std::size_t payload) {
  return static_cast<std::uint32_t>((payload + 4 + 7) & ~std::size_t{7});
}

}  // namespace

Result<std::int32_t> Cells::RawSize(std::uint32_t offset) {
  std::array<std::byte, 4> raw;
  if (offset % 8 != 0 || offset >= bins_size_) {
    return Fail(Code::kCorrupt, fmt::format("cell offset {:#x} is impossible", offset));
  }
  WW_RETURN_IF_ERROR(file_->Read(std::uint64_t{kBlock} + offset, raw));
  return LoadLe<std::int32_t>(raw.data());
}

Status Cells::WriteSize(std::uint32_t offset, std::int64_t size) {
  std::array<std::byte, 4> raw;
  StoreLe(raw.data(), static_cast<std::int32_t>(size));
  return file_->Write(std::uint64_t{kBlock} + offset, raw);
}

Result<Cell> Cells::Open(std::uint32_t offset) {
  WW_TRY(const auto raw, RawSize(offset), "cell");
  const std::int64_t size = -std::int64_t{raw};
  if (size < kSmallestCell || size % 8 != 0 || size > bins_size_ - offset) {
    return Fail(Code::kCorrupt, fmt::format("cell {:#x} is {}", offset,
                                            size <= 0 ? "not allocated" : "out of bounds"));
  }
  return Cell{offset, static_cast<std::uint32_t>(size) - 4};
}

Status Cells::Read(const Cell& cell, std::size_t at, MutableByteView out) {
  if (at > cell.room || out.size() > cell.room - at) {
    return Fail(Code::kCorrupt, fmt::format("cell {:#x} is too small for its record", cell.offset));
  }
  return file_->Read(std::uint64_t{kBlock} + cell.offset + 4 + at, out);
}

Status Cells::Write(const Cell& cell, std::size_t at, ByteView bytes) {
  if (at > cell.room || bytes.size() > cell.room - at) {
    return Fail(Code::kCorrupt, fmt::format("cell {:#x} is too small for its record", cell.offset));
  }
  return file_->Write(std::uint64_t{kBlock} + cell.offset + 4 + at, bytes);
}

Result<Bytes> Cells::Take(const Cell& cell, std::size_t at, std::size_t size) {
  if (at > cell.room || size > cell.room - at) {
    return Fail(Code::kCorrupt, fmt::format("cell {:#x} is too small for its record", cell.offset));
  }
  Bytes bytes(size);
  WW_RETURN_IF_ERROR(Read(cell, at, bytes));
  return bytes;
}

void Cells::AddFree(std::uint32_t offset, std::uint32_t size) {
  if (free_.emplace(offset, size).second) free_by_size_.emplace(size, offset);
}

void Cells::RemoveFree(std::uint32_t offset) {
  const auto it = free_.find(offset);
  if (it == free_.end()) return;
  free_by_size_.erase({it->second, offset});
  free_.erase(it);
}

Status Cells::AppendBin(std::uint32_t cell_size) {
  const std::uint64_t least =
      (std::uint64_t{cell_size} + bin::kHeader + kBlock - 1) / kBlock * kBlock;
  const std::uint32_t usual = std::min(kBlock << std::min(appended_bins_, 4u), kLargestNewBin);
  const std::uint64_t size = std::max<std::uint64_t>(least, usual);
  if (size > kMaxBins - bins_size_) return Fail(Code::kLimit, "the hive would exceed 2 GiB");
  Bytes header(bin::kHeader);
  StoreLe(header.data(), kHbin);
  StoreLe(header.data() + bin::kOffset, bins_size_);
  StoreLe(header.data() + bin::kSize, static_cast<std::uint32_t>(size));
  const std::uint32_t start = bins_size_;
  const auto free = static_cast<std::uint32_t>(size - bin::kHeader);
  // Whatever stood behind the bins (slack of the file) must not shine through.
  const std::uint64_t at = std::uint64_t{kBlock} + start;
  const std::uint64_t slack = file_->size() > at ? std::min(file_->size() - at, size) : 0;
  file_->Grow(at + size);
  if (slack != 0) {
    WW_RETURN_IF_ERROR(file_->Write(at, Bytes(static_cast<std::size_t>(slack))));
  }
  WW_RETURN_IF_ERROR(file_->Write(at, header));
  bins_size_ += static_cast<std::uint32_t>(size);
  ++appended_bins_;
  const std::uint32_t first = start + static_cast<std::uint32_t>(bin::kHeader);
  WW_RETURN_IF_ERROR(WriteSize(first, free));
  AddFree(first, free);
  return {};
}

Result<Cell> Cells::Allocate(std::size_t payload) {
  if (payload > kMaxBins / 2) return Fail(Code::kLimit, "a cell of more than 1 GiB");
  const std::uint32_t size = CellSizeFor(payload);
  auto best = free_by_size_.lower_bound({size, 0});
  if (best == free_by_size_.end()) {
    WW_RETURN_IF_ERROR(AppendBin(size));
    best = free_by_size_.lower_bound({size, 0});
  }
  const auto [found, offset] = *best;
  RemoveFree(offset);
  if (found != size) {
    WW_RETURN_IF_ERROR(WriteSize(offset + size, found - size));
    AddFree(offset + size, found - size);
  }
  WW_RETURN_IF_ERROR(WriteSize(offset, -std::int64_t{size}));
  const Cell cell{offset, size - 4};
  WW_RETURN_IF_ERROR(Write(cell, 0, Bytes(cell.room)));
  return cell;
}

// The bin that holds the cell. There is no index of bins; one is found by going back to the nearest
// header that names its own place.
Result<Cells::Bin> Cells::FindBin(std::uint32_t cell) {
  if (cell >= last_bin_.offset && cell - last_bin_.offset < last_bin_.size) return last_bin_;
  std::uint32_t start = cell / kBlock * kBlock;
  const std::uint32_t first = start > kMaxBinSearch ? start - kMaxBinSearch : 0;
  for (;; start -= kBlock) {
    std::array<std::byte, 12> raw;
    WW_RETURN_IF_ERROR(file_->Read(std::uint64_t{kBlock} + start, raw));
    const auto size = LoadLe<std::uint32_t>(raw.data() + bin::kSize);
    if (LoadLe<std::uint32_t>(raw.data()) == kHbin &&
        LoadLe<std::uint32_t>(raw.data() + bin::kOffset) == start && size % kBlock == 0 &&
        size > cell - start && size <= bins_size_ - start) {
      last_bin_ = Bin{start, size};
      return last_bin_;
    }
    if (start == first) break;
  }
  return Fail(Code::kCorrupt, fmt::format("cell {:#x} lies in no hive bin", cell));
}

// Follows the chain of cells from the start of the bin to the one behind `cell`. Free cells met on
// the way that lie in pages which change anyway become known to the allocator.
Result<Cells::Neighbours> Cells::Walk(const Bin& bin, std::uint32_t cell, std::uint32_t size) {
  Neighbours found;
  const std::uint32_t end = bin.offset + bin.size;
  std::uint32_t at = bin.offset + static_cast<std::uint32_t>(bin::kHeader);
  std::uint32_t before = kNone;
  for (std::uint32_t steps = 0; at < cell; ++steps) {
    if (steps == kMaxBinCells) return Neighbours{};
    WW_TRY(const auto raw, RawSize(at), "cell of the bin");
    const auto length =
        static_cast<std::uint64_t>(raw < 0 ? -std::int64_t{raw} : std::int64_t{raw});
    if (length < kSmallestCell || length % 8 != 0 || length > cell - at) {
      return Fail(Code::kCorrupt, fmt::format("the cells of bin {:#x} do not fit", bin.offset));
    }
    const auto length32 = static_cast<std::uint32_t>(length);
    before = raw > 0 ? at : kNone;
    if (raw > 0 && file_->IsDirty(std::uint64_t{kBlock} + at) &&
        file_->IsDirty(std::uint64_t{kBlock} + at + length32 - 1)) {
      AddFree(at, length32);
    }
    at += length32;
  }
  if (size > end - cell) {
    return Fail(Code::kCorrupt, fmt::format("cell {:#x} leaves its bin", cell));
  }
  found.free_before = before;
  const std::uint32_t next = cell + size;
  if (next < end) {
    WW_TRY(const auto raw, RawSize(next), "cell of the bin");
    if (raw > 0) {
      const auto length = static_cast<std::uint32_t>(raw);
      if (length < kSmallestCell || length % 8 != 0 || length > end - next) {
        return Fail(Code::kCorrupt, fmt::format("the cells of bin {:#x} do not fit", bin.offset));
      }
      found.end_of_free_after = next + length;
    }
  }
  return found;
}

Status Cells::Free(std::uint32_t offset) {
  WW_TRY(const auto cell, Open(offset), "cell to be freed");
  WW_TRY(const auto bin, FindBin(offset), "cell to be freed");
  const std::uint32_t size = cell.room + 4;
  WW_TRY(const auto around, Walk(bin, offset, size), "cell to be freed");
  std::uint32_t start = offset;
  std::uint32_t end = offset + size;
  if (around.free_before != kNone) {
    start = around.free_before;
    RemoveFree(start);
  }
  if (around.end_of_free_after != 0) {
    RemoveFree(end);
    end = around.end_of_free_after;
  }
  // A later look at the old offset must find no allocated cell.
  if (start != offset) WW_RETURN_IF_ERROR(WriteSize(offset, size));
  WW_RETURN_IF_ERROR(WriteSize(start, end - start));
  AddFree(start, end - start);
  return {};
}

}  // namespace ww::hive
