#include "paged_file.h"

#include <algorithm>
#include <cstring>

namespace ww::hive {

PagedFile::PagedFile(std::unique_ptr<Storage> storage, std::size_t cache_bytes)
    : storage_(std::move(storage)),
      stored_(storage_->size()),
      size_(stored_),
      pages_((stored_ + kPageSize - 1) / kPageSize),
      clean_limit_(std::max<std::size_t>(cache_bytes / kPageSize, 4)) {}

void PagedFile::Unlink(std::uint32_t number) {
  Page& page = pages_[number];
  Older(page.newer) = page.older;
  Newer(page.older) = page.newer;
}

void PagedFile::LinkNewest(std::uint32_t number) {
  Page& page = pages_[number];
  page.newer = 0;
  page.older = newest_;
  Newer(newest_) = number + 1;
  newest_ = number + 1;
}

// The page's bytes; valid until the next Load().
Result<std::byte*> PagedFile::Load(std::uint32_t number) {
  Page& page = pages_[number];
  if (page.data) {
    if (!page.dirty && newest_ != number + 1) {
      Unlink(number);
      LinkNewest(number);
    }
    return page.data.get();
  }
  std::unique_ptr<std::byte[]> data;
  if (clean_ >= clean_limit_) {  // the page unused for longest gives its memory
    const auto victim = oldest_ - 1;
    Unlink(victim);
    data = std::move(pages_[victim].data);
    --clean_;
  } else {
    data = std::make_unique_for_overwrite<std::byte[]>(kPageSize);
  }
  const std::uint64_t start = std::uint64_t{number} * kPageSize;
  const std::size_t wanted =
      start < stored_
          ? static_cast<std::size_t>(std::min<std::uint64_t>(kPageSize, stored_ - start))
          : 0;
  if (wanted != 0) {
    WW_RETURN_IF_ERROR(storage_->ReadAt(start, MutableByteView(data.get(), wanted)));
  }
  std::fill(data.get() + wanted, data.get() + kPageSize, std::byte{0});
  page.data = std::move(data);
  LinkNewest(number);
  ++clean_;
  return page.data.get();
}

Status PagedFile::Read(std::uint64_t offset, MutableByteView out) {
  if (offset > size_ || out.size() > size_ - offset) {
    return Fail(Code::kCorrupt, "read behind the end of the hive");
  }
  while (!out.empty()) {
    const auto at = static_cast<std::size_t>(offset % kPageSize);
    const auto part = std::min(out.size(), kPageSize - at);
    WW_TRY(const std::byte* page, Load(static_cast<std::uint32_t>(offset / kPageSize)),
           "hive page");
    std::memcpy(out.data(), page + at, part);
    out = out.subspan(part);
    offset += part;
  }
  return {};
}

Status PagedFile::Write(std::uint64_t offset, ByteView bytes) {
  if (offset > size_ || bytes.size() > size_ - offset) {
    return Fail(Code::kCorrupt, "write behind the end of the hive");
  }
  while (!bytes.empty()) {
    const auto at = static_cast<std::size_t>(offset % kPageSize);
    const auto part = std::min(bytes.size(), kPageSize - at);
    const auto number = static_cast<std::uint32_t>(offset / kPageSize);
    WW_TRY(std::byte * data, Load(number), "hive page");
    if (Page& page = pages_[number]; !page.dirty) {
      Unlink(number);
      --clean_;
      page.dirty = true;
    }
    std::memcpy(data + at, bytes.data(), part);
    bytes = bytes.subspan(part);
    offset += part;
    ++changes_;
  }
  return {};
}

void PagedFile::Grow(std::uint64_t size) {
  if (size <= size_) return;
  size_ = size;
  pages_.resize(static_cast<std::size_t>((size + kPageSize - 1) / kPageSize));
  ++changes_;
}

bool PagedFile::IsDirty(std::uint64_t offset) const {
  const auto number = static_cast<std::size_t>(offset / kPageSize);
  return number < pages_.size() && (pages_[number].dirty || offset >= stored_);
}

std::vector<std::uint32_t> PagedFile::DirtyPages() const {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t n = 0; n < pages_.size(); ++n) {
    const auto end = std::min<std::uint64_t>(std::uint64_t{n} * kPageSize + kPageSize, size_);
    if (pages_[n].dirty || end > stored_) numbers.push_back(n);
  }
  return numbers;
}

}  // namespace ww::hive
