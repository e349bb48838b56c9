// Base relocations: the values they point at, and the list itself (delta-formats.md 11.8).
#include <algorithm>
#include <vector>

#include "pe_pipeline.h"

namespace ww::delta {
namespace {

constexpr std::uint64_t kBlockHeader = 8;
constexpr std::uint32_t kPageMask = 0xFFF;

enum RelocationType : std::uint8_t {
  kAbsolute = 0,
  kHigh = 1,
  kLow = 2,
  kHighLow = 3,
  kHighAdj = 4,
  kDir64 = 10,
};

struct Relocation {
  std::uint32_t rva = 0;
  std::uint8_t type = kAbsolute;
  std::uint16_t extra = 0;  // the word after a kHighAdj
};

std::vector<Relocation> ReadRelocations(PeWork& work, std::uint64_t at, std::uint64_t size) {
  std::vector<Relocation> list;
  const std::uint64_t end = at + std::min<std::uint64_t>(size, work.image.size() - at);
  while (end - at >= kBlockHeader) {
    const auto page = work.Load<std::uint32_t>(at);
    const std::uint64_t block = work.Load<std::uint32_t>(at + 4);
    if (block < kBlockHeader || block > end - at) break;
    for (std::uint64_t e = at + kBlockHeader; at + block - e >= 2; e += 2) {
      const auto entry = work.Load<std::uint16_t>(e);
      Relocation r;
      r.type = static_cast<std::uint8_t>(entry >> 12);
      if (r.type == kAbsolute) break;
      r.rva = page + (entry & kPageMask);
      if (r.type == kHighAdj && at + block - e >= 4) {
        e += 2;
        r.extra = work.Load<std::uint16_t>(e);
      }
      list.push_back(r);
    }
    at += block;
  }
  return list;
}

// Moves the value at `r`, and `r` itself.
void Relocate(PeWork& work, Relocation& r) {
  const auto at = work.view.FileOffset(r.rva);
  const auto fits = [&](std::uint64_t size) { return at && work.Fits(*at, size); };
  switch (r.type) {
    case kHighLow:
      if (!fits(4)) break;
      work.Store(*at, work.MapVa32(work.Load<std::uint32_t>(*at)));
      work.marks.Set(*at, 4, kMarkHandled);
      break;
    case kDir64:
      if (!fits(8)) break;
      work.Store(*at, work.MapVa64(work.Load<std::uint64_t>(*at)));
      work.marks.Set(*at, 8, kMarkHandled);
      break;
    case kHigh:
    case kLow:
    case kHighAdj:
      if (fits(2)) work.marks.Set(*at, 2, kMarkHandled);
      break;
    default:
      r.type = kAbsolute;
      break;
  }
  r.rva = work.MapRva(r.rva);
}

// Words are dropped from where the list would leave its section.
class ListWriter {
 public:
  ListWriter(PeWork& work, std::uint64_t at, std::uint64_t limit)
      : work_(work), at_(at), limit_(limit) {}
  template <typename T>
  void Put(T value) {
    if (at_ <= limit_ && sizeof(T) <= limit_ - at_) work_.Store(at_, value);
    at_ += sizeof(T);
  }

 private:
  PeWork& work_;
  std::uint64_t at_;
  std::uint64_t limit_;
};

void WriteRelocations(PeWork& work, const std::vector<Relocation>& list, std::uint64_t at,
                      std::uint64_t limit) {
  ListWriter out(work, at, limit);
  for (std::size_t i = 0; i < list.size();) {
    const std::uint32_t page = list[i].rva & ~kPageMask;
    std::size_t end = i;
    std::uint32_t words = 0;
    for (; end < list.size() && (list[end].rva & ~kPageMask) == page; ++end) {
      words += list[end].type == kHighAdj ? 2 : 1;
    }
    const bool pad = words % 2 != 0;
    out.Put<std::uint32_t>(page);
    out.Put<std::uint32_t>(static_cast<std::uint32_t>(kBlockHeader) + 2 * (words + (pad ? 1 : 0)));
    for (; i < end; ++i) {
      out.Put(static_cast<std::uint16_t>(list[i].type << 12 | (list[i].rva & kPageMask)));
      if (list[i].type == kHighAdj) out.Put(list[i].extra);
    }
    if (pad) out.Put<std::uint16_t>(0);
  }
}

// The end of the raw data of the section that holds the directory, not the directory's own end: the
// new list may be longer.
std::uint64_t WriteLimit(const PeWork& work, const PeDirectory& dir, std::uint64_t at) {
  std::uint64_t limit = at + dir.size;
  for (const auto& s : work.view.sections) {
    if (dir.rva >= s.virtual_address &&
        dir.rva - s.virtual_address < std::max(s.virtual_size, s.raw_size)) {
      limit = std::uint64_t{s.raw_offset} + s.raw_size;
      break;
    }
  }
  return std::min<std::uint64_t>(limit, work.image.size());
}

// x86 images without relocations: every value that looks like an address is taken for one.
void ScanForAddresses(PeWork& work) {
  const std::uint64_t low = work.old_base;
  const std::uint64_t high = low + work.view.size_of_image;
  const std::uint64_t size = work.image.size();
  for (std::uint64_t at = work.view.size_of_headers; at + 4 < size;) {
    const auto value = work.Load<std::uint32_t>(at);
    if (value <= low || value >= high) {
      ++at;
      continue;
    }
    if (!work.marks.Any(at, 4, kMarkProtected)) {
      work.Store(at, work.MapVa32(value));
      work.marks.Set(at, 4, kMarkHandled);
    }
    at += 4;
  }
}

}  // namespace

void TransformRelocations(PeWork& work, const PipelineVariant& variant) {
  const PeDirectory& dir = work.view.directories[kDirRelocation];
  if (!dir.present()) {
    if (work.view.machine == kMachineI386 && variant.scan_without_relocations) {
      ScanForAddresses(work);
    }
    return;
  }
  const auto at = work.view.FileOffset(dir.rva);
  if (!at || *at > work.image.size()) return;
  auto list = ReadRelocations(work, *at, dir.size);
  for (auto& r : list) Relocate(work, r);
  const auto by_rva = [](const Relocation& a, const Relocation& b) { return a.rva < b.rva; };
  if (!std::is_sorted(list.begin(), list.end(), by_rva)) {
    std::stable_sort(list.begin(), list.end(), by_rva);
  }
  WriteRelocations(work, list, *at, WriteLimit(work, dir, *at));
}

}  // namespace ww::delta
