// The cells of a hive: bounds-checked access, allocation and release, over a PagedFile.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "layout.h"
#include "paged_file.h"

namespace ww::hive {

// An allocated cell whose size field was found sound. Positions count from its payload.
struct Cell {
  std::uint32_t offset = kNone;  // of the size field, from the first bin
  std::uint32_t room = 0;        // payload bytes
};

// New cells go where cells were freed, into the free space of bins that change anyway, and else
// into new bins at the end. The rest of the free space of a hive is not looked for: that would mean
// reading all of it.
class Cells {
 public:
  Cells(PagedFile& file, std::uint32_t bins_size) : file_(&file), bins_size_(bins_size) {}

  std::uint32_t bins_size() const { return bins_size_; }
  // The root key: the one key that no list may hold.
  std::uint32_t root() const { return root_; }
  void set_root(std::uint32_t root) { root_ = root; }

  // kCorrupt unless an allocated cell starts there and ends inside the bins.
  Result<Cell> Open(std::uint32_t offset);
  Status Read(const Cell& cell, std::size_t at, MutableByteView out);
  Status Write(const Cell& cell, std::size_t at, ByteView bytes);
  template <typename T>
  Result<T> Load(const Cell& cell, std::size_t at) {
    std::byte raw[sizeof(T)];
    WW_RETURN_IF_ERROR(Read(cell, at, raw));
    return LoadLe<T>(raw);
  }
  template <typename T>
  Status Store(const Cell& cell, std::size_t at, T value) {
    std::byte raw[sizeof(T)];
    StoreLe(raw, value);
    return Write(cell, at, raw);
  }
  // `size` bytes from `at`, refused before anything is allocated when the cell is smaller.
  Result<Bytes> Take(const Cell& cell, std::size_t at, std::size_t size);

  // Zero-filled. kLimit when the hive would pass 2 GiB.
  Result<Cell> Allocate(std::size_t payload);
  Status Free(std::uint32_t offset);

 private:
  struct Bin {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };
  struct Neighbours {
    std::uint32_t free_before = kNone;    // start of a free cell that ends at the cell
    std::uint32_t end_of_free_after = 0;  // end of a free cell that starts behind it; 0: none
  };
  Result<std::int32_t> RawSize(std::uint32_t offset);
  Status WriteSize(std::uint32_t offset, std::int64_t size);
  Result<Bin> FindBin(std::uint32_t cell);
  Result<Neighbours> Walk(const Bin& bin, std::uint32_t cell, std::uint32_t size);
  Status AppendBin(std::uint32_t cell_size);
  void AddFree(std::uint32_t offset, std::uint32_t size);
  void RemoveFree(std::uint32_t offset);

  PagedFile* file_;
  std::uint32_t bins_size_;
  std::uint32_t root_ = kNone;
  std::uint32_t appended_bins_ = 0;
  Bin last_bin_;
  std::map<std::uint32_t, std::uint32_t> free_;                     // offset -> size
  std::set<std::pair<std::uint32_t, std::uint32_t>> free_by_size_;  // (size, offset)
};

}  // namespace ww::hive
