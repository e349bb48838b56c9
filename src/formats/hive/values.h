// The values of a key: their list, vk cells, and data in its three shapes (resident, one cell, db).
#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "key_node.h"
#include "wimwright/hive/value.h"

namespace ww::hive {

struct ValueNode {
  Cell cell;
  std::uint32_t type = 0;
  std::uint32_t size = 0;  // without the resident bit
  bool resident = false;
  std::uint32_t data = kNone;  // the cell, or the resident bytes themselves
  std::uint16_t name_length = 0;
  bool compressed = false;
};

// Data above one segment: the cells of a db record.
struct BigData {
  std::uint32_t list = kNone;
  std::vector<std::uint32_t> segments;
};

class Values {
 public:
  Values(Cells& cells, std::uint32_t minor) : cells_(&cells), minor_(minor) {}

  Result<std::vector<std::uint32_t>> List(const KeyNode& key);  // offsets of vk cells
  Result<ValueNode> Read(std::uint32_t offset);
  // The name's bytes go to `buffer`, which the result borrows.
  Result<StoredName> ReadName(const ValueNode& node, Bytes& buffer);
  Result<Bytes> ReadData(const ValueNode& node);
  // Nothing: the data stands in the vk cell or in one cell.
  Result<std::optional<BigData>> ReadBigData(const ValueNode& node);

  Result<std::optional<std::uint32_t>> Find(const KeyNode& key, std::u16string_view folded);
  // False: this very value is there already and nothing was touched.
  Result<bool> Set(const KeyNode& key, std::u16string_view name, const Value& value);
  Result<bool> Delete(const KeyNode& key, std::u16string_view folded);
  // Frees every value of a key that is going away.
  Status DropAll(const KeyNode& key);
  // Whether a value of that size may be written at all.
  Status CheckSize(std::size_t size) const;

 private:
  // Values by hash of the name, for keys with many of them: adding thousands one by one must not
  // read all names each time. A hash may belong to several names.
  struct Index {
    std::uint32_t key = kNone;
    std::unordered_multimap<std::uint32_t, std::uint32_t> by_hash;
  };
  Result<Index*> IndexOf(const KeyNode& key);
  Index* OpenIndex(std::uint32_t key);
  Result<bool> HasName(std::uint32_t vk, std::u16string_view folded);

  struct StoredData {
    std::uint32_t size = 0;  // with the resident bit
    std::uint32_t data = 0;
  };
  Result<StoredData> WriteData(ByteView data);
  Status FreeData(const ValueNode& node);
  Status Replace(const ValueNode& node, const Value& value);
  Status Append(const KeyNode& key, std::uint32_t vk);

  Cells* cells_;
  std::uint32_t minor_;
  std::list<Index> indexes_;  // most recently used first
};

}  // namespace ww::hive
