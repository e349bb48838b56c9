// Import descriptors and their thunk tables (delta-formats.md 11.3, 11.5).
#include <algorithm>
#include <string_view>

#include "pe_pipeline.h"

namespace ww::delta {
namespace {

constexpr std::uint64_t kDescriptorSize = 20;
constexpr unsigned kMaxDescriptors = 4096;
constexpr std::uint32_t kWritableAndReadable = 0xC0000000;

// Offsets inside a descriptor.
constexpr std::uint64_t kLookupTable = 0;  // OriginalFirstThunk
constexpr std::uint64_t kTimeStamp = 4;
constexpr std::uint64_t kForwarderChain = 8;
constexpr std::uint64_t kName = 12;
constexpr std::uint64_t kAddressTable = 16;  // FirstThunk

// Calls `visit(offset)` for each descriptor until the terminating one or the end of the file.
template <typename F>
void ForEachDescriptor(PeWork& work, F visit) {
  const PeDirectory& dir = work.view.directories[kDirImport];
  if (dir.rva == 0) return;
  const auto first = work.view.FileOffset(dir.rva);
  if (!first) return;
  for (unsigned i = 0; i < kMaxDescriptors; ++i) {
    const std::uint64_t at = *first + i * kDescriptorSize;
    if (!work.Fits(at, kDescriptorSize) || !work.Spend(1)) return;
    if (work.Load<std::uint32_t>(at + kLookupTable) == 0 &&
        work.Load<std::uint32_t>(at + kName) == 0 &&
        work.Load<std::uint32_t>(at + kAddressTable) == 0) {
      return;
    }
    visit(at);
  }
}

std::uint64_t LoadThunk(const PeWork& work, std::uint64_t at) {
  return work.view.plus ? work.Load<std::uint64_t>(at) : work.Load<std::uint32_t>(at);
}

// The offset of the table that a descriptor field points at.
std::optional<std::uint64_t> TableAt(const PeWork& work, std::uint64_t field) {
  const auto rva = work.Load<std::uint32_t>(field);
  return rva == 0 ? std::nullopt : work.view.FileOffset(rva);
}

void RestoreAddressTable(PeWork& work, std::uint64_t lookup, std::uint64_t address) {
  const std::uint64_t size = work.view.plus ? 8 : 4;
  for (; work.Fits(lookup, size) && work.Fits(address, size); lookup += size, address += size) {
    if (!work.Spend(1) || LoadThunk(work, lookup) == 0) return;
    std::copy_n(work.image.begin() + static_cast<std::ptrdiff_t>(lookup), size,
                work.image.begin() + static_cast<std::ptrdiff_t>(address));
  }
}

// Protects the hint, the name and its terminator: code scans would take them for instructions.
void MarkHintName(PeWork& work, std::uint32_t rva) {
  const auto at = work.view.FileOffset(rva);
  if (!at || !work.Fits(*at, 3)) return;
  const auto name = work.image.begin() + static_cast<std::ptrdiff_t>(*at + 2);
  const auto end = std::find(name, work.image.end(), std::byte{0});
  const std::uint64_t size = 2 + static_cast<std::uint64_t>(end - name) + 1;
  if (work.Spend(size)) work.marks.Set(*at, size, kMarkHandled | kMarkProtected);
}

void TransformThunks(PeWork& work, std::uint64_t at, bool bound) {
  const bool plus = work.view.plus;
  const std::uint64_t size = plus ? 8 : 4;
  const std::uint64_t ordinal_bit = 1ull << (plus ? 63 : 31);
  bool names = true;  // a table that begins with an ordinal is left alone
  for (bool first = true; work.Fits(at, size); at += size, first = false) {
    const std::uint64_t word = LoadThunk(work, at);
    if (word == 0 || !work.Spend(1)) return;
    work.marks.Set(at, size, kMarkHandled);
    if (bound) {
      if (plus) {
        work.Store(at, work.MapVa64(word));
      } else {
        work.Store(at, work.MapVa32(static_cast<std::uint32_t>(word)));
      }
      continue;
    }
    const bool is_name = (word & ordinal_bit) == 0 && word >> 32 == 0;
    if (first && !is_name) names = false;
    if (!names || !is_name) continue;
    const auto rva = static_cast<std::uint32_t>(word);
    MarkHintName(work, rva);
    work.Store(at, work.MapRva(rva));
  }
}

}  // namespace

void Unbind(PeWork& work) {
  ForEachDescriptor(work, [&work](std::uint64_t at) {
    if (work.Load<std::uint32_t>(at + kTimeStamp) == 0) return;
    work.Store<std::uint32_t>(at + kTimeStamp, 0);
    work.Store<std::uint32_t>(at + kForwarderChain, 0);
    const auto lookup = TableAt(work, at + kLookupTable);
    const auto address = TableAt(work, at + kAddressTable);
    if (lookup && address) RestoreAddressTable(work, *lookup, *address);
  });

  const PeDirectory& bound = work.view.directories[kDirBoundImport];
  if (bound.rva != 0 || bound.size != 0) {
    const auto at = work.view.FileOffset(bound.rva);
    if (at && bound.rva != 0 && *at < work.image.size()) {
      const std::uint64_t size = std::min<std::uint64_t>(bound.size, work.image.size() - *at);
      std::fill_n(work.image.begin() + static_cast<std::ptrdiff_t>(*at), size, std::byte{0});
    }
    const std::uint64_t entry = work.view.directories_at + 8 * kDirBoundImport;
    if (work.Fits(entry, 8)) work.Store<std::uint64_t>(entry, 0);
  }

  constexpr std::string_view kIdata{".idata\0\0", 8};
  for (const auto& s : work.view.sections) {
    if (std::string_view(s.name.data(), s.name.size()) == kIdata) {
      work.Store(s.header_at + kSectionCharacteristics, s.characteristics | kWritableAndReadable);
    }
  }
}

void TransformImports(PeWork& work) {
  ForEachDescriptor(work, [&work](std::uint64_t at) {
    const bool bound = work.Load<std::uint32_t>(at + kTimeStamp) != 0;
    const auto lookup = TableAt(work, at + kLookupTable);
    const auto address = TableAt(work, at + kAddressTable);
    if (lookup) TransformThunks(work, *lookup, false);
    if (address && address != lookup) TransformThunks(work, *address, bound);
    work.MapField(at + kLookupTable);
    work.MapField(at + kName);
    work.MapField(at + kAddressTable);
  });
}

}  // namespace ww::delta
