// One pass over all cells of a hive in the order of the file, and what it remembers of them.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "byte_pool.h"
#include "cell_map.h"
#include "hive_impl.h"

namespace ww::hive {

struct KeyRecord {
  std::uint32_t offset = kNone;
  std::uint32_t parent = kNone;
  std::uint32_t subkeys = 0;
  std::uint32_t subkey_list = kNone;
  std::uint32_t values = 0;
  std::uint32_t value_list = kNone;
  std::uint32_t security = kNone;
  std::uint32_t class_cell = kNone;  // kNone also for a class of no bytes
  BytePool::Place name_at = 0;       // in the scan's pool
  std::uint16_t name_length = 0;     // bytes
  bool compressed = true;
};

struct ValueRecord {
  std::uint32_t offset = kNone;
  std::uint32_t size = 0;  // of data outside the vk cell; 0: there is none
  std::uint32_t data = kNone;
};

// A leaf or an index root, with its entries as stored.
struct ListRecord {
  std::uint32_t offset = kNone;
  BytePool::Place entries_at = 0;  // in the scan's pool
  std::uint16_t kind = 0;
  std::uint16_t count = 0;
  std::size_t width() const { return kind == kLf || kind == kLh ? 8 : 4; }
};

// A cell that a key before it calls its list of values, as stored.
struct ValueListRecord {
  std::uint32_t offset = kNone;
  BytePool::Place entries_at = 0;  // in the scan's pool
  std::uint32_t room = 0;          // bytes
};

// Hives of Windows lie so that the way from key to key jumps all over them: following it means to
// fetch each page again and again, or to hold them all. This pass fetches each page once and keeps
// about half of the bytes; everything after it is a look-up.
//
// Cells carry no type but their first two bytes, and data may begin like a key. What looks like one
// of these records and is unsound is not kept, and is no error: perhaps nothing leads to it.
class CellScan {
 public:
  // kCorrupt when bins and cells do not follow each other without a gap.
  static Result<CellScan> Run(Hive::Impl& hive);

  CellMap& cells() { return cells_; }
  std::uint64_t free_bytes() const { return free_bytes_; }

  // Null: no sound record begins there.
  const KeyRecord* FindKey(std::uint32_t offset) const;
  const ValueRecord* FindValue(std::uint32_t offset) const;
  const ListRecord* FindList(std::uint32_t offset) const;
  // Lists of values have no mark of their own: those that stand before their key are not known.
  const ValueListRecord* FindValueList(std::uint32_t offset) const;
  StoredName NameOf(const KeyRecord& key) const;
  ByteView EntriesOf(const ListRecord& list) const;
  ByteView EntriesOf(const ValueListRecord& list) const;

 private:
  explicit CellScan(Hive::Impl& hive) : hive_(&hive), cells_(hive.cells.bins_size()) {}
  Status Scan();
  Status ScanBin(std::uint32_t start, std::uint32_t end);
  void Remember(std::uint32_t offset, std::uint16_t signature);
  Status RememberIfExpected(std::uint32_t offset, std::uint32_t room);
  void RememberKey(std::uint32_t offset);
  void RememberValue(std::uint32_t offset);
  void RememberList(std::uint32_t offset, std::uint16_t kind);

  Hive::Impl* hive_;
  CellMap cells_;
  std::uint64_t free_bytes_ = 0;
  std::deque<KeyRecord> keys_;  // all four by offset
  std::deque<ValueRecord> values_;
  std::deque<ListRecord> lists_;
  std::deque<ValueListRecord> value_lists_;
  std::vector<std::uint32_t> expected_;  // lists of values still to come; a heap, nearest first
  BytePool pool_;                        // names and entries
  Bytes buffer_;                         // of one value name
};

}  // namespace ww::hive
