// Key nodes (nk cells): the fixed part, the name, the class.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "cells.h"
#include "names.h"
#include "wimwright/base/clock.h"

namespace ww::hive {

struct KeyNode {
  Cell cell;
  std::uint16_t flags = 0;
  FileTime last_written = 0;
  std::uint32_t parent = kNone;
  std::uint32_t subkeys = 0;
  std::uint32_t subkey_list = kNone;
  std::uint32_t values = 0;  // 0 for predefined handles
  std::uint32_t value_list = kNone;
  std::uint32_t security = kNone;
  std::uint32_t class_cell = kNone;
  std::uint16_t max_subkey_name = 0;  // bytes of UTF-16, as the three that follow
  std::uint32_t max_value_name = 0;
  std::uint32_t max_value_data = 0;
  std::uint16_t name_length = 0;  // bytes as stored
  std::uint16_t class_length = 0;
};

// A key's name on the stack.
struct KeyName {
  std::array<std::byte, 2 * (kMaxKeyName + 1)> raw;
  std::size_t size = 0;
  bool compressed = true;
  StoredName view() const { return {ByteView(raw.data(), size), compressed}; }
};

// kCorrupt unless an allocated cell with the right signature, room for its name, and counts that
// the hive can hold stands at `offset`.
Result<KeyNode> ReadKey(Cells& cells, std::uint32_t offset);
Result<KeyName> ReadKeyName(Cells& cells, const KeyNode& node);
Result<std::string> ReadClassName(Cells& cells, const KeyNode& node);

// Reads a key found in `parent`'s list. A key names its parent; holding every list to that rules
// out cycles and shared subtrees.
Result<KeyNode> ReadSubkey(Cells& cells, std::uint32_t parent, std::uint32_t offset);

struct NewKey {
  std::uint32_t parent = kNone;
  std::uint32_t security = kNone;
  FileTime now = 0;
  std::uint16_t flags = 0;
};
// A key without subkeys and values. Does not touch the parent.
Result<std::uint32_t> CreateKey(Cells& cells, std::u16string_view name, const NewKey& about);

}  // namespace ww::hive
