#include "key_node.h"

#include <fmt/format.h>

#include "wimwright/base/text.h"

namespace ww::hive {
namespace {

constexpr std::uint32_t kSmallestKeyCell = 80;

}  // namespace

Result<KeyNode> ReadKey(Cells& cells, std::uint32_t offset) {
  KeyNode node;
  WW_TRY(node.cell, cells.Open(offset), "key");
  std::array<std::byte, nk::kName> raw;
  WW_TRY_STATUS(cells.Read(node.cell, 0, raw), "key");
  if (LoadLe<std::uint16_t>(raw.data()) != kNk) {
    return Fail(Code::kCorrupt, fmt::format("cell {:#x} is not a key", offset));
  }
  const auto u16 = [&raw](std::size_t at) { return LoadLe<std::uint16_t>(raw.data() + at); };
  const auto u32 = [&raw](std::size_t at) { return LoadLe<std::uint32_t>(raw.data() + at); };
  node.flags = u16(nk::kFlags);
  node.last_written = LoadLe<FileTime>(raw.data() + nk::kTimestamp);
  node.parent = u32(nk::kParent);
  node.subkeys = u32(nk::kSubkeys);
  node.subkey_list = u32(nk::kSubkeyList);
  node.values = u32(nk::kValues);
  node.value_list = u32(nk::kValueList);
  node.security = u32(nk::kSecurity);
  node.class_cell = u32(nk::kClass);
  node.max_subkey_name = u16(nk::kMaxSubkeyName);
  node.max_value_name = u32(nk::kMaxValueNameLength);
  node.max_value_data = u32(nk::kMaxValueData);
  node.name_length = u16(nk::kNameLength);
  node.class_length = u16(nk::kClassLength);
  if ((node.flags & nk::kPredefinedHandle) != 0) {
    node.values = 0;
    node.value_list = kNone;
  }
  if (node.name_length > node.cell.room - nk::kName || node.name_length > sizeof(KeyName::raw)) {
    return Fail(Code::kCorrupt, fmt::format("the name of key {:#x} does not fit", offset));
  }
  if (node.subkeys > cells.bins_size() / kSmallestKeyCell || node.values > cells.bins_size() / 4) {
    return Fail(Code::kCorrupt,
                fmt::format("key {:#x} counts more than the hive can hold", offset));
  }
  return node;
}

Result<KeyName> ReadKeyName(Cells& cells, const KeyNode& node) {
  KeyName name;
  name.size = node.name_length;
  name.compressed = (node.flags & nk::kCompressedName) != 0;
  if (!name.compressed && name.size % 2 != 0) {
    return Fail(Code::kCorrupt,
                fmt::format("the name of key {:#x} has an odd length", node.cell.offset));
  }
  WW_TRY_STATUS(cells.Read(node.cell, nk::kName, MutableByteView(name.raw.data(), name.size)),
                "key name");
  return name;
}

Result<std::string> ReadClassName(Cells& cells, const KeyNode& node) {
  if (node.class_cell == kNone || node.class_length == 0) return std::string();
  WW_TRY(const auto cell, cells.Open(node.class_cell), "class name");
  WW_TRY(const auto raw, cells.Take(cell, 0, node.class_length), "class name");
  return Utf16LeToUtf8(raw);
}

Result<KeyNode> ReadSubkey(Cells& cells, std::uint32_t parent, std::uint32_t offset) {
  WW_TRY(auto node, ReadKey(cells, offset), "subkey");
  if (node.parent != parent || offset == cells.root()) {
    return Fail(Code::kCorrupt, fmt::format("key {:#x} is listed by {:#x}, but belongs to {:#x}",
                                            offset, parent, node.parent));
  }
  return node;
}

Result<std::uint32_t> CreateKey(Cells& cells, std::u16string_view name, const NewKey& about) {
  const bool compressed = Compressible(name);
  const Bytes stored = Encode(name, compressed);
  Bytes record(nk::kName);
  const auto put = [&record](std::size_t at, auto value) { StoreLe(record.data() + at, value); };
  put(0, kNk);
  put(nk::kFlags, static_cast<std::uint16_t>(about.flags | (compressed ? nk::kCompressedName : 0)));
  put(nk::kTimestamp, about.now);
  put(nk::kParent, about.parent);
  put(nk::kSubkeyList, kNone);
  put(nk::kVolatileList, kNone);
  put(nk::kValueList, kNone);
  put(nk::kSecurity, about.security);
  put(nk::kClass, kNone);
  put(nk::kNameLength, static_cast<std::uint16_t>(stored.size()));
  Append(record, stored);
  WW_TRY(const auto cell, cells.Allocate(record.size()), "new key");
  WW_TRY_STATUS(cells.Write(cell, 0, record), "new key");
  return cell.offset;
}

}  // namespace ww::hive
