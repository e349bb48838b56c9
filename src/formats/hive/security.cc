#include "security.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <unordered_set>

namespace ww::hive {
namespace {

std::size_t HashBytes(ByteView bytes) { return std::hash<std::string_view>()(ww::AsText(bytes)); }

}  // namespace

Result<SecurityNode> Security::Read(std::uint32_t offset) {
  SecurityNode node;
  WW_TRY(node.cell, cells_->Open(offset), "security cell");
  std::array<std::byte, sk::kDescriptor> raw;
  WW_TRY_STATUS(cells_->Read(node.cell, 0, raw), "security cell");
  if (LoadLe<std::uint16_t>(raw.data()) != kSk) {
    return Fail(Code::kCorrupt, fmt::format("cell {:#x} is not a security cell", offset));
  }
  node.next = LoadLe<std::uint32_t>(raw.data() + sk::kNext);
  node.previous = LoadLe<std::uint32_t>(raw.data() + sk::kPrevious);
  node.references = LoadLe<std::uint32_t>(raw.data() + sk::kReferences);
  node.size = LoadLe<std::uint32_t>(raw.data() + sk::kSize);
  if (node.size > node.cell.room - sk::kDescriptor) {
    return Fail(Code::kCorrupt, fmt::format("the descriptor of {:#x} does not fit", offset));
  }
  return node;
}

Result<Bytes> Security::Descriptor(const SecurityNode& node) {
  return cells_->Take(node.cell, sk::kDescriptor, node.size);
}

Status Security::AddReference(std::uint32_t offset) {
  WW_TRY(const auto node, Read(offset), "security");
  if (node.references == 0xFFFFFFFF)
    return Fail(Code::kCorrupt, "security cell has too many references");
  return cells_->Store(node.cell, sk::kReferences, node.references + 1);
}

Status Security::Release(std::uint32_t offset) {
  WW_TRY(const auto node, Read(offset), "security");
  if (node.references == 0) {
    return Fail(Code::kCorrupt, fmt::format("security cell {:#x} has too few references", offset));
  }
  if (node.references > 1) return cells_->Store(node.cell, sk::kReferences, node.references - 1);
  if (index_) {
    WW_TRY(const auto descriptor, Descriptor(node), "security");
    const auto [first, last] = index_->equal_range(HashBytes(descriptor));
    for (auto it = first; it != last; ++it) {
      if (it->second != offset) continue;
      index_->erase(it);
      break;
    }
  }
  WW_TRY(const auto next, Read(node.next), "security ring");
  WW_TRY(const auto previous, Read(node.previous), "security ring");
  if (next.previous != offset || previous.next != offset) {
    return Fail(Code::kCorrupt, fmt::format("the security ring is broken at {:#x}", offset));
  }
  WW_RETURN_IF_ERROR(cells_->Store(next.cell, sk::kPrevious, node.previous));
  WW_RETURN_IF_ERROR(cells_->Store(previous.cell, sk::kNext, node.next));
  return cells_->Free(offset);
}

Status Security::BuildIndex(std::uint32_t member) {
  std::unordered_multimap<std::size_t, std::uint32_t> index;
  std::unordered_set<std::uint32_t> seen;
  std::uint32_t at = member;
  std::uint64_t total = 0;  // cells that overlap could make this endless
  do {
    WW_TRY(const auto node, Read(at), "security ring");
    total += node.cell.room;
    if (!seen.insert(at).second || total > cells_->bins_size()) {
      return Fail(Code::kCorrupt, fmt::format("the security ring does not close at {:#x}", at));
    }
    WW_TRY(const auto descriptor, Descriptor(node), "security ring");
    index.emplace(HashBytes(descriptor), at);
    at = node.next;
  } while (at != member);
  index_ = std::move(index);
  return {};
}

Result<std::uint32_t> Security::FindOrCreate(ByteView descriptor, std::uint32_t member) {
  if (!index_) WW_RETURN_IF_ERROR(BuildIndex(member));
  const auto hash = HashBytes(descriptor);
  const auto [first, last] = index_->equal_range(hash);
  for (auto it = first; it != last; ++it) {
    WW_TRY(const auto node, Read(it->second), "security");
    if (node.size != descriptor.size()) continue;
    WW_TRY(const auto bytes, Descriptor(node), "security");
    if (std::ranges::equal(bytes, descriptor)) return it->second;
  }
  WW_TRY(const auto before, Read(member), "security ring");
  WW_TRY(const auto after, Read(before.next), "security ring");
  Bytes record(sk::kDescriptor);
  StoreLe(record.data(), kSk);
  StoreLe(record.data() + sk::kNext, before.next);
  StoreLe(record.data() + sk::kPrevious, member);
  StoreLe(record.data() + sk::kSize, static_cast<std::uint32_t>(descriptor.size()));
  Append(record, descriptor);
  WW_TRY(const auto cell, cells_->Allocate(record.size()), "security cell");
  WW_RETURN_IF_ERROR(cells_->Write(cell, 0, record));
  WW_RETURN_IF_ERROR(cells_->Store(after.cell, sk::kPrevious, cell.offset));
  WW_RETURN_IF_ERROR(cells_->Store(before.cell, sk::kNext, cell.offset));
  index_->emplace(hash, cell.offset);
  return cell.offset;
}

}  // namespace ww::hive
