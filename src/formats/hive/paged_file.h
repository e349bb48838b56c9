// A file of 32 KiB pages over a Storage: unchanged pages in a bounded cache, changed ones kept.
#pragma once

#include <memory>
#include <vector>

#include "wimwright/hive/hive.h"
#include "wimwright/hive/storage.h"

namespace ww::hive {

class PagedFile {
 public:
  PagedFile(std::unique_ptr<Storage> storage, std::size_t cache_bytes);

  std::uint64_t size() const { return size_; }
  // Both: kCorrupt when the range is not inside the file.
  Status Read(std::uint64_t offset, MutableByteView out);
  Status Write(std::uint64_t offset, ByteView bytes);
  // The new bytes are zero. Never shrinks.
  void Grow(std::uint64_t size);

  bool IsDirty(std::uint64_t offset) const;
  // Changes so far; 0: everything is as stored.
  std::uint64_t changes() const { return changes_; }
  std::vector<std::uint32_t> DirtyPages() const;

 private:
  struct Page {
    std::unique_ptr<std::byte[]> data;
    bool dirty = false;
    std::uint32_t newer = 0, older = 0;  // ring of clean pages, by number + 1; 0 is the ring's head
  };
  Result<std::byte*> Load(std::uint32_t number);
  void Unlink(std::uint32_t number);
  void LinkNewest(std::uint32_t number);
  std::uint32_t& Newer(std::uint32_t link) { return link == 0 ? oldest_ : pages_[link - 1].newer; }
  std::uint32_t& Older(std::uint32_t link) { return link == 0 ? newest_ : pages_[link - 1].older; }

  std::unique_ptr<Storage> storage_;
  std::uint64_t stored_;  // size of the storage
  std::uint64_t size_;
  std::vector<Page> pages_;
  std::size_t clean_limit_;
  std::size_t clean_ = 0;
  std::uint32_t newest_ = 0;
  std::uint32_t oldest_ = 0;
  std::uint64_t changes_ = 0;
};

}  // namespace ww::hive
