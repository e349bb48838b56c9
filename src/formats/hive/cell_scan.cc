#include "cell_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

namespace ww::hive {
namespace {

template <typename Record>
const Record* Find(const std::deque<Record>& records, std::uint32_t offset) {
  const auto it = std::lower_bound(
      records.begin(), records.end(), offset,
      [](const Record& record, std::uint32_t wanted) { return record.offset < wanted; });
  return it != records.end() && it->offset == offset ? &*it : nullptr;
}

}  // namespace

Result<CellScan> CellScan::Run(Hive::Impl& hive) {
  CellScan scan(hive);
  WW_RETURN_IF_ERROR(scan.Scan());
  return scan;
}

Status CellScan::Scan() {
  const std::uint32_t bins = hive_->cells.bins_size();
  for (std::uint32_t start = 0; start < bins;) {
    std::array<std::byte, bin::kHeader> header;
    WW_RETURN_IF_ERROR(hive_->file->Read(std::uint64_t{kBlock} + start, header));
    const auto size = LoadLe<std::uint32_t>(header.data() + bin::kSize);
    if (LoadLe<std::uint32_t>(header.data()) != kHbin ||
        LoadLe<std::uint32_t>(header.data() + bin::kOffset) != start || size == 0 ||
        size % kBlock != 0 || size > bins - start) {
      return Fail(Code::kCorrupt, fmt::format("no sound hive bin at {:#x}", start));
    }
    cells_.AddBoundary(start);
    WW_RETURN_IF_ERROR(ScanBin(start, start + size));
    start += size;
  }
  return {};
}

Status CellScan::ScanBin(std::uint32_t start, std::uint32_t end) {
  for (std::uint32_t at = start + static_cast<std::uint32_t>(bin::kHeader); at < end;) {
    std::array<std::byte, 6> raw;  // a cell has at least eight bytes
    WW_RETURN_IF_ERROR(hive_->file->Read(std::uint64_t{kBlock} + at, raw));
    const std::int64_t length = LoadLe<std::int32_t>(raw.data());
    const std::int64_t magnitude = length < 0 ? -length : length;
    if (magnitude < 8 || magnitude % 8 != 0 || magnitude > end - at) {
      return Fail(Code::kCorrupt, fmt::format("a cell that does not fit its bin at {:#x}", at));
    }
    if (length < 0) {
      cells_.AddAllocated(at);
      WW_RETURN_IF_ERROR(RememberIfExpected(at, static_cast<std::uint32_t>(magnitude) - 4));
      Remember(at, LoadLe<std::uint16_t>(raw.data() + 4));
    } else {
      cells_.AddBoundary(at);
      free_bytes_ += static_cast<std::uint64_t>(length);
    }
    at += static_cast<std::uint32_t>(magnitude);
  }
  return {};
}

Status CellScan::RememberIfExpected(std::uint32_t offset, std::uint32_t room) {
  bool wanted = false;
  while (!expected_.empty() && expected_.front() <= offset) {
    wanted = wanted || expected_.front() == offset;
    std::pop_heap(expected_.begin(), expected_.end(), std::greater<>());
    expected_.pop_back();
  }
  if (!wanted) return {};
  ValueListRecord record{offset, 0, room};
  const auto entries = pool_.Add(room, record.entries_at);
  WW_RETURN_IF_ERROR(hive_->file->Read(std::uint64_t{kBlock} + offset + 4, entries));
  value_lists_.push_back(record);
  return {};
}

void CellScan::Remember(std::uint32_t offset, std::uint16_t signature) {
  switch (signature) {
    case kNk:
      return RememberKey(offset);
    case kVk:
      return RememberValue(offset);
    case kLi:
    case kLf:
    case kLh:
    case kRi:
      return RememberList(offset, signature);
    default:
      return;
  }
}

void CellScan::RememberKey(std::uint32_t offset) {
  const auto node = ReadKey(hive_->cells, offset);
  if (!node) return;
  const auto name = ReadKeyName(hive_->cells, *node);
  if (!name) return;
  KeyRecord record;
  record.offset = offset;
  record.parent = node->parent;
  record.subkeys = node->subkeys;
  record.subkey_list = node->subkey_list;
  record.values = node->values;
  record.value_list = node->value_list;
  record.security = node->security;
  record.class_cell = node->class_length == 0 ? kNone : node->class_cell;
  record.name_length = static_cast<std::uint16_t>(name->size);
  record.compressed = name->compressed;
  record.name_at = pool_.Add(name->view().raw);
  if (record.values != 0 && record.value_list > offset) {
    expected_.push_back(record.value_list);
    std::push_heap(expected_.begin(), expected_.end(), std::greater<>());
  }
  keys_.push_back(record);
}

void CellScan::RememberValue(std::uint32_t offset) {
  const auto node = hive_->values.Read(offset);
  if (!node || !hive_->values.ReadName(*node, buffer_)) return;
  ValueRecord record{offset};
  if (!node->resident && node->size != 0) {
    record.size = node->size;
    record.data = node->data;
  }
  values_.push_back(record);
}

void CellScan::RememberList(std::uint32_t offset, std::uint16_t kind) {
  ListRecord record{offset, 0, kind};
  const auto cell = hive_->cells.Open(offset);
  if (!cell) return;
  const auto count = hive_->cells.Load<std::uint16_t>(*cell, list::kCount);
  if (!count) return;
  record.count = *count;
  const auto raw = hive_->cells.Take(*cell, list::kEntries, record.width() * record.count);
  if (!raw) return;
  record.entries_at = pool_.Add(*raw);
  lists_.push_back(record);
}

const KeyRecord* CellScan::FindKey(std::uint32_t offset) const { return Find(keys_, offset); }
const ValueRecord* CellScan::FindValue(std::uint32_t offset) const { return Find(values_, offset); }
const ListRecord* CellScan::FindList(std::uint32_t offset) const { return Find(lists_, offset); }

const ValueListRecord* CellScan::FindValueList(std::uint32_t offset) const {
  return Find(value_lists_, offset);
}

StoredName CellScan::NameOf(const KeyRecord& key) const {
  return {pool_.At(key.name_at, key.name_length), key.compressed};
}

ByteView CellScan::EntriesOf(const ListRecord& list) const {
  return pool_.At(list.entries_at, list.width() * list.count);
}

ByteView CellScan::EntriesOf(const ValueListRecord& list) const {
  return pool_.At(list.entries_at, list.room);
}

}  // namespace ww::hive
