#include "wimwright/hive/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "cell_scan.h"
#include "hive_impl.h"
#include "wimwright/base/text.h"

namespace ww::hive {
namespace {

class Checker {
 public:
  Checker(Hive::Impl& hive, CellScan& scan) : hive_(hive), scan_(scan) {}

  Result<CheckReport> Run() {
    WW_TRY_STATUS(WalkKeys(), "keys");
    WW_TRY_STATUS(CheckValueLists(), "keys");
    WW_TRY_STATUS(CheckRing(), "security ring");
    report_.free_bytes = scan_.free_bytes();
    scan_.cells().ForEachUnclaimed([this](std::uint32_t offset) {
      ++report_.leaked_cells;
      report_.leaked_bytes += scan_.cells().Room(offset) + 4;
    });
    return report_;
  }

 private:
  struct Visit {
    const KeyRecord* key;
    std::uint32_t depth;
  };
  // The values of a key that was reached.
  struct ValueList {
    std::uint32_t offset, count, key;
  };
  // Of the keys in one list, so far.
  struct Order {
    const KeyRecord* last = nullptr;
    std::vector<const KeyRecord*> keys;
  };

  Status WalkKeys();
  Status CheckKey(const Visit& visit, std::vector<Visit>& todo);
  Status CheckSubkeys(const Visit& visit, std::vector<Visit>& todo);
  Status CheckLeaf(const KeyRecord& parent, std::uint32_t offset, Order& order);
  Status CheckEntry(const ListRecord& leaf, const std::byte* entry, const KeyRecord& key,
                    const KeyRecord* before) const;
  Status CheckValueLists();
  Status CheckValueList(const ValueList& list);
  Status CheckValues(ByteView entries);
  Status CheckValue(std::uint32_t offset);
  Status CheckLargeData(std::uint32_t offset);
  Status CheckRing();

  // The scan kept no record of what should begin there: asks the cell itself for the reason.
  tl::unexpected<Error> NoKey(std::uint32_t offset);
  tl::unexpected<Error> NoValue(std::uint32_t offset);
  tl::unexpected<Error> NoList(std::uint32_t offset, std::string_view what);

  // Every reachable cell is claimed once: whatever is free, inside another cell, outside the bins
  // or taken already is refused.
  Status Claim(std::uint32_t offset, std::string_view what) {
    if (scan_.cells().Claim(offset)) return {};
    return Fail(
        Code::kCorrupt,
        fmt::format("{}: no allocated cell starts at {:#x}, or it is used twice", what, offset));
  }

  Hive::Impl& hive_;
  CellScan& scan_;
  std::vector<ValueList> value_lists_;
  std::unordered_map<std::uint32_t, std::uint32_t> security_users_;
  CheckReport report_;
};

tl::unexpected<Error> Checker::NoKey(std::uint32_t offset) {
  if (const auto node = ReadKey(hive_.cells, offset); !node) return Fail(node.error());
  return Fail(Code::kCorrupt, fmt::format("cell {:#x} is not a sound key", offset));
}

tl::unexpected<Error> Checker::NoValue(std::uint32_t offset) {
  if (const auto node = hive_.values.Read(offset); !node) return Fail(node.error());
  return Fail(Code::kCorrupt, fmt::format("cell {:#x} is not a sound value", offset));
}

tl::unexpected<Error> Checker::NoList(std::uint32_t offset, std::string_view what) {
  return Fail(Code::kCorrupt, fmt::format("{:#x} is not {}", offset, what));
}

Status Checker::WalkKeys() {
  const auto* root = scan_.FindKey(hive_.root);
  if (root == nullptr) return NoKey(hive_.root);
  std::vector<Visit> todo{{root, 0}};
  while (!todo.empty()) {
    const Visit visit = todo.back();
    todo.pop_back();
    if (auto done = CheckKey(visit, todo); !done) {
      return Fail(done.error().Within(fmt::format("key {:#x}", visit.key->offset)));
    }
  }
  return {};
}

Status Checker::CheckKey(const Visit& visit, std::vector<Visit>& todo) {
  const auto& key = *visit.key;
  WW_RETURN_IF_ERROR(Claim(key.offset, "key"));
  if (visit.depth > kMaxDepth) return Fail(Code::kCorrupt, "deeper than a hive may be");
  ++report_.keys;
  if (key.name_length == 0 && key.offset != hive_.root) {
    return Fail(Code::kCorrupt, "a key without a name");
  }
  if (key.class_cell != kNone) {
    WW_RETURN_IF_ERROR(Claim(key.class_cell, "class name"));
    WW_TRY(const auto node, ReadKey(hive_.cells, key.offset), "class name");
    WW_TRY_STATUS(ReadClassName(hive_.cells, node).map([](const auto&) {}), "class name");
  }
  if (const auto it = security_users_.find(key.security); it != security_users_.end()) {
    ++it->second;
  } else {
    WW_RETURN_IF_ERROR(Claim(key.security, "security cell"));
    security_users_.emplace(key.security, 1);
  }
  if (key.values != 0) {
    WW_RETURN_IF_ERROR(Claim(key.value_list, "value list"));
    value_lists_.push_back({key.value_list, key.values, key.offset});
  }
  return CheckSubkeys(visit, todo);
}

Status Checker::CheckSubkeys(const Visit& visit, std::vector<Visit>& todo) {
  const auto& key = *visit.key;
  if (key.subkeys == 0) return {};
  const auto* list = scan_.FindList(key.subkey_list);
  if (list == nullptr) return NoList(key.subkey_list, "a list of subkeys");
  Order order;
  if (list->kind == kRi) {
    WW_RETURN_IF_ERROR(Claim(key.subkey_list, "index root"));
    const auto leaves = scan_.EntriesOf(*list);
    for (std::size_t at = 0; at < leaves.size(); at += 4) {
      WW_RETURN_IF_ERROR(CheckLeaf(key, LoadLe<std::uint32_t>(leaves.data() + at), order));
    }
  } else {
    WW_RETURN_IF_ERROR(CheckLeaf(key, key.subkey_list, order));
  }
  if (order.keys.size() != key.subkeys) {
    return Fail(Code::kCorrupt,
                fmt::format("has {} subkeys, counts {}", order.keys.size(), key.subkeys));
  }
  for (const auto* child : order.keys) todo.push_back({child, visit.depth + 1});
  return {};
}

Status Checker::CheckLeaf(const KeyRecord& parent, std::uint32_t offset, Order& order) {
  WW_RETURN_IF_ERROR(Claim(offset, "subkey list"));
  const auto* leaf = scan_.FindList(offset);
  if (leaf == nullptr || leaf->kind == kRi) return NoList(offset, "a leaf of subkeys");
  const auto entries = scan_.EntriesOf(*leaf);
  for (std::size_t at = 0; at < entries.size(); at += leaf->width()) {
    const auto child = LoadLe<std::uint32_t>(entries.data() + at);
    const auto* key = scan_.FindKey(child);
    if (key == nullptr) return NoKey(child);
    // A key names its parent; holding every list to that rules out cycles and shared subtrees.
    if (key->parent != parent.offset || child == hive_.root) {
      return Fail(Code::kCorrupt, fmt::format("key {:#x} is listed by {:#x}, but belongs to {:#x}",
                                              child, parent.offset, key->parent));
    }
    WW_RETURN_IF_ERROR(CheckEntry(*leaf, entries.data() + at, *key, order.last));
    order.last = key;
    order.keys.push_back(key);
  }
  return {};
}

Status Checker::CheckEntry(const ListRecord& leaf, const std::byte* entry, const KeyRecord& key,
                           const KeyRecord* before) const {
  const auto name = scan_.NameOf(key);
  const bool certain = CaseIsCertain(name);
  const auto wrong = [&name](std::string_view what) {
    return Fail(Code::kCorrupt, fmt::format("subkey '{}' {}", DecodeUtf8(name), what));
  };
  if (before != nullptr) {
    const auto last = scan_.NameOf(*before);
    const int compared = Compare(last, name);
    if (compared == 0 || (compared > 0 && certain && CaseIsCertain(last))) {
      return wrong("is out of order");
    }
  }
  if (!certain || leaf.width() == 4) return {};
  const auto hint = LoadLe<std::uint32_t>(entry + 4);
  const auto folded = FoldCase(Decode(name));
  if (leaf.kind == kLh && hint != HashOf(folded)) return wrong("has a wrong hash");
  if (leaf.kind == kLf && !HintMayMatch(hint, folded)) return wrong("has a wrong hint");
  return {};
}

// In the order of the file: those that the scan does not know lie all over it.
Status Checker::CheckValueLists() {
  std::sort(value_lists_.begin(), value_lists_.end(),
            [](const ValueList& a, const ValueList& b) { return a.offset < b.offset; });
  for (const auto& list : value_lists_) {
    if (auto done = CheckValueList(list); !done) {
      return Fail(done.error().Within(fmt::format("key {:#x}: values", list.key)));
    }
  }
  return {};
}

Status Checker::CheckValueList(const ValueList& list) {
  const auto size = std::size_t{list.count} * 4;
  if (const auto* known = scan_.FindValueList(list.offset); known && known->room >= size) {
    return CheckValues(scan_.EntriesOf(*known).first(size));
  }
  WW_TRY(const auto cell, hive_.cells.Open(list.offset), "list");
  WW_TRY(const auto entries, hive_.cells.Take(cell, 0, size), "list");
  return CheckValues(entries);
}

Status Checker::CheckValues(ByteView entries) {
  for (std::size_t at = 0; at < entries.size(); at += 4) {
    WW_RETURN_IF_ERROR(CheckValue(LoadLe<std::uint32_t>(entries.data() + at)));
  }
  return {};
}

Status Checker::CheckValue(std::uint32_t offset) {
  WW_RETURN_IF_ERROR(Claim(offset, "value"));
  const auto* value = scan_.FindValue(offset);
  if (value == nullptr) return NoValue(offset);
  ++report_.values;
  if (value->size == 0) return {};
  WW_RETURN_IF_ERROR(Claim(value->data, "value data"));
  if (value->size > db::kSegment) return CheckLargeData(offset);
  if (scan_.cells().Room(value->data) < value->size) {
    return Fail(Code::kCorrupt, "value data in too small a cell");
  }
  return {};
}

Status Checker::CheckLargeData(std::uint32_t offset) {
  WW_TRY(const auto value, hive_.values.Read(offset), "value");
  WW_TRY(const auto big, hive_.values.ReadBigData(value), "value data");
  if (!big) {
    if (scan_.cells().Room(value.data) < value.size) {
      return Fail(Code::kCorrupt, "value data in too small a cell");
    }
    if (hive_.block.minor() >= 4) {
      return Fail(Code::kCorrupt, "large value data without a db record");
    }
    return {};
  }
  WW_RETURN_IF_ERROR(Claim(big->list, "db segments"));
  std::uint32_t left = value.size;
  for (const auto segment : big->segments) {
    const auto part = std::min(left, db::kSegment);
    WW_RETURN_IF_ERROR(Claim(segment, "db segment"));
    if (scan_.cells().Room(segment) < part) {
      return Fail(Code::kCorrupt, "a db segment that is too small");
    }
    left -= part;
  }
  return {};
}

Status Checker::CheckRing() {
  WW_TRY(const auto root, ReadKey(hive_.cells, hive_.root), "root key");
  std::size_t used = 0;
  for (std::uint32_t at = root.security;;) {
    WW_TRY(const auto node, hive_.security.Read(at), "ring");
    ++report_.security_cells;
    const auto it = security_users_.find(at);
    std::uint32_t users = 0;
    if (it != security_users_.end()) {
      users = it->second;
      ++used;
    } else {  // nobody uses it, yet it is in the ring
      WW_RETURN_IF_ERROR(Claim(at, "security cell"));
    }
    if (node.references < users) {
      return Fail(Code::kCorrupt, fmt::format("security cell {:#x} counts {} references, has {}",
                                              at, node.references, users));
    }
    report_.excess_references += node.references - users;
    WW_TRY(const auto next, hive_.security.Read(node.next), "ring");
    if (next.previous != at) {
      return Fail(Code::kCorrupt, fmt::format("the ring is broken behind {:#x}", at));
    }
    at = node.next;
    if (at == root.security) break;
    // A ring whose links agree in both directions returns to its start, or claims a cell twice, or
    // meets a used cell again.
    if (used > security_users_.size()) return Fail(Code::kCorrupt, "the ring does not close");
  }
  if (used != security_users_.size()) {
    return Fail(Code::kCorrupt, "a security cell in use is not part of the ring");
  }
  return {};
}

}  // namespace

Result<CheckReport> ExamineHive(Hive& hive) {
  WW_RETURN_IF_ERROR(hive.Finish());
  WW_TRY(auto scan, CellScan::Run(hive.impl()), "hive bins");
  return Checker(hive.impl(), scan).Run();
}

Status CheckHive(Hive& hive) {
  WW_TRY_STATUS(ExamineHive(hive).map([](const auto&) {}), "hive");
  return {};
}

}  // namespace ww::hive
