#include "values.h"

#include <fmt/format.h>

#include <algorithm>

#include "wimwright/base/text.h"

namespace ww::hive {
namespace {

constexpr std::uint32_t kIndexFrom = 32;  // values of a key
constexpr std::size_t kIndexes = 4;
constexpr std::size_t kOldFormatLimit = 1u
                                        << 20;  // of one value before 1.4: "1 MB, standard format"

}  // namespace

// ---- reading ----

Result<std::vector<std::uint32_t>> Values::List(const KeyNode& key) {
  std::vector<std::uint32_t> list;
  if (key.values == 0) return list;
  WW_TRY(const auto cell, cells_->Open(key.value_list), "value list");
  WW_TRY(const auto raw, cells_->Take(cell, 0, std::size_t{key.values} * 4), "value list");
  list.resize(key.values);
  std::memcpy(list.data(), raw.data(), raw.size());
  return list;
}

Result<ValueNode> Values::Read(std::uint32_t offset) {
  ValueNode node;
  WW_TRY(node.cell, cells_->Open(offset), "value");
  std::array<std::byte, vk::kName> raw;
  WW_TRY_STATUS(cells_->Read(node.cell, 0, raw), "value");
  if (LoadLe<std::uint16_t>(raw.data()) != kVk) {
    return Fail(Code::kCorrupt, fmt::format("cell {:#x} is not a value", offset));
  }
  const auto size = LoadLe<std::uint32_t>(raw.data() + vk::kSize);
  node.type = LoadLe<std::uint32_t>(raw.data() + vk::kType);
  node.resident = (size & vk::kResident) != 0;
  node.size = size & ~vk::kResident;
  node.data = LoadLe<std::uint32_t>(raw.data() + vk::kData);
  node.name_length = LoadLe<std::uint16_t>(raw.data() + vk::kNameLength);
  node.compressed = (LoadLe<std::uint16_t>(raw.data() + vk::kFlags) & vk::kCompressedName) != 0;
  if (node.name_length > node.cell.room - vk::kName ||
      (!node.compressed && node.name_length % 2 != 0)) {
    return Fail(Code::kCorrupt, fmt::format("the name of value {:#x} does not fit", offset));
  }
  if (node.resident ? node.size > 4 : node.size > cells_->bins_size()) {
    return Fail(Code::kCorrupt, fmt::format("value {:#x} claims {} bytes", offset, node.size));
  }
  return node;
}

Result<StoredName> Values::ReadName(const ValueNode& node, Bytes& buffer) {
  buffer.resize(node.name_length);
  WW_TRY_STATUS(cells_->Read(node.cell, vk::kName, buffer), "value name");
  return StoredName{buffer, node.compressed};
}

Result<std::optional<BigData>> Values::ReadBigData(const ValueNode& node) {
  if (node.resident || node.size <= db::kSegment || minor_ < 4) return std::nullopt;
  WW_TRY(const auto cell, cells_->Open(node.data), "value data");
  std::array<std::byte, db::kHeader> raw;
  WW_TRY_STATUS(cells_->Read(cell, 0, raw), "value data");
  // Some editors put large data into one cell in spite of the version; such a cell is large enough,
  // a db record never is (its payload is 8 or 12 bytes).
  if (LoadLe<std::uint16_t>(raw.data()) != kDb || cell.room >= node.size) {
    if (cell.room >= node.size) return std::nullopt;
    return Fail(Code::kCorrupt, fmt::format("cell {:#x} is not a db record", node.data));
  }
  const std::uint32_t count = (node.size + db::kSegment - 1) / db::kSegment;
  if (LoadLe<std::uint16_t>(raw.data() + db::kSegments) != count) {
    return Fail(Code::kCorrupt,
                fmt::format("db record {:#x} has the wrong number of segments", node.data));
  }
  BigData big;
  big.list = LoadLe<std::uint32_t>(raw.data() + db::kList);
  WW_TRY(const auto list, cells_->Open(big.list), "db segments");
  WW_TRY(const auto offsets, cells_->Take(list, 0, std::size_t{count} * 4), "db segments");
  big.segments.resize(count);
  std::memcpy(big.segments.data(), offsets.data(), offsets.size());
  return big;
}

Result<Bytes> Values::ReadData(const ValueNode& node) {
  if (node.resident) {
    std::array<std::byte, 4> raw;
    StoreLe(raw.data(), node.data);
    return Bytes(raw.begin(), raw.begin() + node.size);
  }
  if (node.size == 0) return Bytes();
  WW_TRY(const auto big, ReadBigData(node), "value data");
  if (!big) {
    WW_TRY(const auto cell, cells_->Open(node.data), "value data");
    return cells_->Take(cell, 0, node.size);
  }
  Bytes data(node.size);
  MutableByteView rest(data);
  for (const auto segment : big->segments) {
    const auto part = std::min<std::size_t>(rest.size(), db::kSegment);
    WW_TRY(const auto cell, cells_->Open(segment), "db segment");
    WW_TRY_STATUS(cells_->Read(cell, 0, rest.first(part)), "db segment");
    rest = rest.subspan(part);
  }
  return data;
}

// ---- finding ----

Values::Index* Values::OpenIndex(std::uint32_t key) {
  for (auto it = indexes_.begin(); it != indexes_.end(); ++it) {
    if (it->key != key) continue;
    indexes_.splice(indexes_.begin(), indexes_, it);
    return &indexes_.front();
  }
  return nullptr;
}

// Null for keys with few values.
Result<Values::Index*> Values::IndexOf(const KeyNode& key) {
  if (Index* open = OpenIndex(key.cell.offset)) return open;
  if (key.values < kIndexFrom) return nullptr;
  Index index;
  index.key = key.cell.offset;
  WW_TRY(const auto list, List(key), "values");
  Bytes buffer;
  for (const auto offset : list) {
    WW_TRY(const auto node, Read(offset), "values");
    WW_TRY(const auto name, ReadName(node, buffer), "values");
    index.by_hash.emplace(HashOf(FoldCase(Decode(name))), offset);
  }
  indexes_.push_front(std::move(index));
  if (indexes_.size() > kIndexes) indexes_.pop_back();
  return &indexes_.front();
}

Result<bool> Values::HasName(std::uint32_t vk, std::u16string_view folded) {
  Bytes buffer;
  WW_TRY(const auto node, Read(vk), "value");
  if (node.name_length != folded.size() * (node.compressed ? 1 : 2)) return false;
  WW_TRY(const auto name, ReadName(node, buffer), "value");
  return Equal(name, folded);
}

Result<std::optional<std::uint32_t>> Values::Find(const KeyNode& key, std::u16string_view folded) {
  WW_TRY(const Index* const index, IndexOf(key), "values");
  if (index != nullptr) {
    const auto [first, last] = index->by_hash.equal_range(HashOf(folded));
    for (auto it = first; it != last; ++it) {
      WW_TRY(const bool same, HasName(it->second, folded), "values");
      if (same) return it->second;
    }
    return std::nullopt;
  }
  WW_TRY(const auto list, List(key), "values");
  for (const auto offset : list) {
    WW_TRY(const bool same, HasName(offset, folded), "values");
    if (same) return offset;
  }
  return std::nullopt;
}

// ---- writing ----

Status Values::CheckSize(std::size_t size) const {
  const std::size_t limit =
      minor_ < 4 ? kOldFormatLimit : std::size_t{db::kSegment} * db::kMaxSegments;
  if (size <= limit) return {};
  return Fail(Code::kLimit, fmt::format("a value of {} bytes; this hive allows {}", size, limit));
}

Result<Values::StoredData> Values::WriteData(ByteView data) {
  StoredData stored;
  stored.size = static_cast<std::uint32_t>(data.size());
  if (data.size() <= 4) {
    std::array<std::byte, 4> raw{};
    std::ranges::copy(data, raw.begin());
    stored.size |= vk::kResident;
    stored.data = LoadLe<std::uint32_t>(raw.data());
    return stored;
  }
  if (data.size() <= db::kSegment || minor_ < 4) {
    WW_TRY(const auto cell, cells_->Allocate(data.size()), "value data");
    WW_TRY_STATUS(cells_->Write(cell, 0, data), "value data");
    stored.data = cell.offset;
    return stored;
  }
  Bytes offsets;
  for (ByteView rest = data; !rest.empty();) {
    const auto part = rest.first(std::min<std::size_t>(rest.size(), db::kSegment));
    WW_TRY(const auto cell, cells_->Allocate(part.size()), "db segment");
    WW_TRY_STATUS(cells_->Write(cell, 0, part), "db segment");
    AppendLe(offsets, cell.offset);
    rest = rest.subspan(part.size());
  }
  WW_TRY(const auto list, cells_->Allocate(offsets.size()), "db segments");
  WW_TRY_STATUS(cells_->Write(list, 0, offsets), "db segments");
  Bytes record(db::kHeader);
  StoreLe(record.data(), kDb);
  StoreLe(record.data() + db::kSegments, static_cast<std::uint16_t>(offsets.size() / 4));
  StoreLe(record.data() + db::kList, list.offset);
  WW_TRY(const auto cell, cells_->Allocate(record.size()), "db record");
  WW_TRY_STATUS(cells_->Write(cell, 0, record), "db record");
  stored.data = cell.offset;
  return stored;
}

Status Values::FreeData(const ValueNode& node) {
  if (node.resident || node.size == 0) return {};
  WW_TRY(const auto big, ReadBigData(node), "value data");
  if (big) {
    for (const auto segment : big->segments) WW_RETURN_IF_ERROR(cells_->Free(segment));
    WW_RETURN_IF_ERROR(cells_->Free(big->list));
  }
  return cells_->Free(node.data);
}

Status Values::Replace(const ValueNode& node, const Value& value) {
  StoredData stored;
  bool done = false;
  // Into the old cell, when old and new data are one plain cell and little would be wasted.
  const std::size_t size = value.data.size();
  const auto plain = [](std::size_t n) { return n > 4 && n <= db::kSegment; };
  if (!node.resident && plain(node.size) && plain(size)) {
    WW_TRY(const auto cell, cells_->Open(node.data), "value data");
    if (size <= cell.room && cell.room - size < 32 + size / 4) {
      Bytes padded = value.data;
      padded.resize(std::min<std::size_t>(std::max<std::size_t>(size, node.size), cell.room));
      WW_TRY_STATUS(cells_->Write(cell, 0, padded), "value data");
      stored = {static_cast<std::uint32_t>(size), node.data};
      done = true;
    }
  }
  if (!done) {
    WW_TRY_STATUS(FreeData(node), "old value data");
    WW_TRY(stored, WriteData(value.data), "new value data");
  }
  WW_RETURN_IF_ERROR(cells_->Store(node.cell, vk::kSize, stored.size));
  WW_RETURN_IF_ERROR(cells_->Store(node.cell, vk::kData, stored.data));
  return cells_->Store(node.cell, vk::kType, value.type);
}

Status Values::Append(const KeyNode& key, std::uint32_t vk) {
  const std::size_t used = std::size_t{key.values} * 4;
  std::uint32_t list = key.value_list;
  bool fits = false;
  Bytes old;
  if (key.values != 0) {
    WW_TRY(const auto cell, cells_->Open(list), "value list");
    fits = cell.room >= used + 4;
    if (fits) {
      WW_RETURN_IF_ERROR(cells_->Store(cell, used, vk));
    } else {
      WW_TRY(old, cells_->Take(cell, 0, used), "value list");
      WW_RETURN_IF_ERROR(cells_->Free(list));
    }
  }
  if (!fits) {
    // Room to grow only for lists that have shown that they do.
    WW_TRY(const auto cell, cells_->Allocate(used + 4 + (key.values >= 16 ? used / 8 : 0)),
           "value list");
    AppendLe(old, vk);
    WW_RETURN_IF_ERROR(cells_->Write(cell, 0, old));
    list = cell.offset;
    WW_RETURN_IF_ERROR(cells_->Store(key.cell, nk::kValueList, list));
  }
  return cells_->Store(key.cell, nk::kValues, key.values + 1);
}

Result<bool> Values::Set(const KeyNode& key, std::u16string_view name, const Value& value) {
  const auto folded = FoldCase(name);
  WW_TRY(const auto existing, Find(key, folded), "value");
  if (existing) {
    WW_TRY(const auto node, Read(*existing), "value");
    if (node.type == value.type && node.size == value.data.size()) {
      WW_TRY(const auto data, ReadData(node), "value");
      if (data == value.data) return false;
    }
    WW_RETURN_IF_ERROR(Replace(node, value));
  } else {
    WW_TRY(const auto stored, WriteData(value.data), "value data");
    const bool compressed = Compressible(name);
    const Bytes raw = Encode(name, compressed);
    Bytes record(vk::kName);
    StoreLe(record.data(), kVk);
    StoreLe(record.data() + vk::kNameLength, static_cast<std::uint16_t>(raw.size()));
    StoreLe(record.data() + vk::kSize, stored.size);
    StoreLe(record.data() + vk::kData, stored.data);
    StoreLe(record.data() + vk::kType, value.type);
    StoreLe<std::uint16_t>(record.data() + vk::kFlags, compressed ? vk::kCompressedName : 0);
    ww::Append(record, raw);
    WW_TRY(const auto cell, cells_->Allocate(record.size()), "value");
    WW_TRY_STATUS(cells_->Write(cell, 0, record), "value");
    WW_RETURN_IF_ERROR(Append(key, cell.offset));
    if (Index* index = OpenIndex(key.cell.offset))
      index->by_hash.emplace(HashOf(folded), cell.offset);
  }
  const auto name_bytes = static_cast<std::uint32_t>(name.size() * 2);
  const auto size = static_cast<std::uint32_t>(value.data.size());
  if (name_bytes > key.max_value_name) {
    WW_RETURN_IF_ERROR(cells_->Store(key.cell, nk::kMaxValueNameLength, name_bytes));
  }
  if (size > key.max_value_data) {
    WW_RETURN_IF_ERROR(cells_->Store(key.cell, nk::kMaxValueData, size));
  }
  return true;
}

Result<bool> Values::Delete(const KeyNode& key, std::u16string_view folded) {
  WW_TRY(const auto found, Find(key, folded), "value");
  if (!found) return false;
  WW_TRY(auto list, List(key), "values");
  const auto at = std::ranges::find(list, *found);
  if (at == list.end()) return Fail(Code::kCorrupt, "the list of values changed");
  list.erase(at);
  if (Index* index = OpenIndex(key.cell.offset)) {
    const auto [first, last] = index->by_hash.equal_range(HashOf(folded));
    for (auto it = first; it != last; ++it) {
      if (it->second != *found) continue;
      index->by_hash.erase(it);
      break;
    }
  }
  WW_TRY(const auto node, Read(*found), "value");
  WW_RETURN_IF_ERROR(FreeData(node));
  WW_RETURN_IF_ERROR(cells_->Free(*found));
  WW_RETURN_IF_ERROR(cells_->Store(key.cell, nk::kValues, static_cast<std::uint32_t>(list.size())));
  if (!list.empty()) {
    WW_TRY(const auto cell, cells_->Open(key.value_list), "value list");
    list.push_back(0);  // clears the place that became free
    WW_RETURN_IF_ERROR(cells_->Write(cell, 0, std::as_bytes(std::span(list))));
    return true;
  }
  WW_RETURN_IF_ERROR(cells_->Free(key.value_list));
  WW_RETURN_IF_ERROR(cells_->Store(key.cell, nk::kValueList, kNone));
  WW_RETURN_IF_ERROR(cells_->Store<std::uint32_t>(key.cell, nk::kMaxValueNameLength, 0));
  WW_RETURN_IF_ERROR(cells_->Store<std::uint32_t>(key.cell, nk::kMaxValueData, 0));
  return true;
}

Status Values::DropAll(const KeyNode& key) {
  indexes_.remove_if([&](const Index& index) { return index.key == key.cell.offset; });
  if (key.values == 0) return {};
  WW_TRY(const auto list, List(key), "values");
  for (const auto offset : list) {
    WW_TRY(const auto node, Read(offset), "value");
    WW_RETURN_IF_ERROR(FreeData(node));
    WW_RETURN_IF_ERROR(cells_->Free(offset));
  }
  return cells_->Free(key.value_list);
}

}  // namespace ww::hive
