#include "wimwright/hive/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hive_impl.h"
#include "wimwright/base/text.h"

namespace ww::hive {
namespace {

constexpr std::size_t kBatch = 4096;  // names in memory at a time

// One bit per possible cell start.
class CellSet {
 public:
  explicit CellSet(std::uint32_t bins_size) : bits_(bins_size / 8) {}
  void Add(std::uint32_t offset) { bits_[offset / 8] = true; }
  void Remove(std::uint32_t offset) { bits_[offset / 8] = false; }
  bool Has(std::uint32_t offset) const {
    return offset % 8 == 0 && offset / 8 < bits_.size() && bits_[offset / 8];
  }
  template <typename F>
  void ForEach(F visit) const {
    for (std::size_t i = 0; i < bits_.size(); ++i) {
      if (bits_[i]) visit(static_cast<std::uint32_t>(i * 8));
    }
  }

 private:
  std::vector<bool> bits_;
};

class Checker {
 public:
  explicit Checker(Hive::Impl& hive) : hive_(hive), unclaimed_(hive.cells.bins_size()) {}

  Result<CheckReport> Run() {
    WW_TRY_STATUS(ScanBins(), "hive bins");
    WW_TRY_STATUS(WalkKeys(), "keys");
    WW_TRY_STATUS(CheckRing(), "security ring");
    unclaimed_.ForEach([this](std::uint32_t offset) {
      ++report_.leaked_cells;
      if (const auto cell = hive_.cells.Open(offset)) report_.leaked_bytes += cell->room + 4;
    });
    return report_;
  }

 private:
  struct Visit {
    std::uint32_t key, parent, depth;
  };

  Status ScanBins();
  Status WalkKeys();
  Status CheckKey(const Visit& visit, std::vector<Visit>& todo);
  Status CheckValues(const KeyNode& node);
  Status CheckSubkeys(const KeyNode& node, std::uint32_t depth, std::vector<Visit>& todo);
  Status CheckLeaf(const KeyNode& node, std::uint32_t offset, KeyName& last, bool& first,
                   std::vector<std::uint32_t>& children);
  Result<std::vector<KeyName>> ReadNames(const KeyNode& parent, ByteView entries, std::size_t width,
                                         std::size_t count);
  Status CheckRing();

  // Every reachable cell is claimed once: whatever is free, inside another cell, outside the bins
  // or taken already is refused.
  Status Claim(std::uint32_t offset, std::string_view what) {
    if (!unclaimed_.Has(offset)) {
      return Fail(
          Code::kCorrupt,
          fmt::format("{}: no allocated cell starts at {:#x}, or it is used twice", what, offset));
    }
    unclaimed_.Remove(offset);
    return {};
  }

  Hive::Impl& hive_;
  CellSet unclaimed_;
  std::unordered_map<std::uint32_t, std::uint32_t> security_users_;
  CheckReport report_;
};

Status Checker::ScanBins() {
  const std::uint32_t bins = hive_.cells.bins_size();
  const auto corrupt = [](std::uint32_t at, std::string_view what) {
    return Fail(Code::kCorrupt, fmt::format("{} at {:#x}", what, at));
  };
  for (std::uint32_t start = 0; start < bins;) {
    std::array<std::byte, bin::kHeader> header;
    WW_RETURN_IF_ERROR(hive_.file->Read(std::uint64_t{kBlock} + start, header));
    const auto size = LoadLe<std::uint32_t>(header.data() + bin::kSize);
    if (LoadLe<std::uint32_t>(header.data()) != kHbin ||
        LoadLe<std::uint32_t>(header.data() + bin::kOffset) != start || size == 0 ||
        size % kBlock != 0 || size > bins - start) {
      return corrupt(start, "no sound hive bin");
    }
    const std::uint32_t end = start + size;
    for (std::uint32_t at = start + static_cast<std::uint32_t>(bin::kHeader); at < end;) {
      std::array<std::byte, 4> raw;
      WW_RETURN_IF_ERROR(hive_.file->Read(std::uint64_t{kBlock} + at, raw));
      const std::int64_t length = LoadLe<std::int32_t>(raw.data());
      const std::int64_t magnitude = length < 0 ? -length : length;
      if (magnitude < 8 || magnitude % 8 != 0 || magnitude > end - at) {
        return corrupt(at, "a cell that does not fit its bin");
      }
      if (length < 0) {
        unclaimed_.Add(at);
      } else {
        report_.free_bytes += static_cast<std::uint64_t>(length);
      }
      at += static_cast<std::uint32_t>(magnitude);
    }
    start = end;
  }
  return {};
}

Status Checker::WalkKeys() {
  std::vector<Visit> todo{{hive_.root, kNone, 0}};
  while (!todo.empty()) {
    const Visit visit = todo.back();
    todo.pop_back();
    if (auto done = CheckKey(visit, todo); !done) {
      return Fail(done.error().Within(fmt::format("key {:#x}", visit.key)));
    }
  }
  return {};
}

Status Checker::CheckKey(const Visit& visit, std::vector<Visit>& todo) {
  WW_RETURN_IF_ERROR(Claim(visit.key, "key"));
  if (visit.depth > kMaxDepth) return Fail(Code::kCorrupt, "deeper than a hive may be");
  WW_TRY(const auto node,
         visit.key == hive_.root ? ReadKey(hive_.cells, visit.key)
                                 : ReadSubkey(hive_.cells, visit.parent, visit.key),
         "node");
  ++report_.keys;
  WW_TRY(const auto name, ReadKeyName(hive_.cells, node), "name");
  if (name.view().units() == 0 && visit.key != hive_.root) {
    return Fail(Code::kCorrupt, "a key without a name");
  }
  if (node.class_cell != kNone && node.class_length != 0) {
    WW_RETURN_IF_ERROR(Claim(node.class_cell, "class name"));
    WW_TRY_STATUS(ReadClassName(hive_.cells, node).map([](const auto&) {}), "class name");
  }
  if (const auto it = security_users_.find(node.security); it != security_users_.end()) {
    ++it->second;
  } else {
    WW_RETURN_IF_ERROR(Claim(node.security, "security cell"));
    security_users_.emplace(node.security, 1);
  }
  WW_RETURN_IF_ERROR(CheckValues(node));
  return CheckSubkeys(node, visit.depth, todo);
}

Status Checker::CheckValues(const KeyNode& node) {
  if (node.values == 0) return {};
  WW_RETURN_IF_ERROR(Claim(node.value_list, "value list"));
  WW_TRY(const auto list, hive_.values.List(node), "values");
  Bytes buffer;
  for (const auto offset : list) {
    WW_RETURN_IF_ERROR(Claim(offset, "value"));
    WW_TRY(const auto value, hive_.values.Read(offset), "values");
    WW_TRY_STATUS(hive_.values.ReadName(value, buffer).map([](const auto&) {}), "values");
    ++report_.values;
    if (value.resident || value.size == 0) continue;
    WW_RETURN_IF_ERROR(Claim(value.data, "value data"));
    WW_TRY(const auto big, hive_.values.ReadBigData(value), "values");
    if (!big) {
      WW_TRY(const auto cell, hive_.cells.Open(value.data), "value data");
      if (cell.room < value.size) return Fail(Code::kCorrupt, "value data in too small a cell");
      if (value.size > db::kSegment && hive_.block.minor() >= 4) {
        return Fail(Code::kCorrupt, "large value data without a db record");
      }
      continue;
    }
    WW_RETURN_IF_ERROR(Claim(big->list, "db segments"));
    std::uint32_t left = value.size;
    for (const auto segment : big->segments) {
      const auto part = std::min(left, db::kSegment);
      WW_RETURN_IF_ERROR(Claim(segment, "db segment"));
      WW_TRY(const auto cell, hive_.cells.Open(segment), "db segment");
      if (cell.room < part) return Fail(Code::kCorrupt, "a db segment that is too small");
      left -= part;
    }
  }
  return {};
}

Status Checker::CheckLeaf(const KeyNode& node, std::uint32_t offset, KeyName& last, bool& first,
                          std::vector<std::uint32_t>& children) {
  WW_RETURN_IF_ERROR(Claim(offset, "subkey list"));
  WW_TRY(const auto cell, hive_.cells.Open(offset), "subkey list");
  WW_TRY(const auto kind, hive_.cells.Load<std::uint16_t>(cell, 0), "subkey list");
  WW_TRY(const auto count, hive_.cells.Load<std::uint16_t>(cell, list::kCount), "subkey list");
  if (kind != kLi && kind != kLf && kind != kLh) {
    return Fail(Code::kCorrupt, fmt::format("{:#x} is not a leaf of subkeys", offset));
  }
  const std::size_t width = kind == kLi ? 4 : 8;
  WW_TRY(const auto raw, hive_.cells.Take(cell, list::kEntries, width * count), "subkey list");
  for (std::size_t begin = 0; begin < count; begin += kBatch) {
    const auto entries = ByteView(raw).subspan(begin * width);
    const auto length = std::min<std::size_t>(kBatch, count - begin);
    WW_TRY(const auto names, ReadNames(node, entries, width, length), "subkey");
    for (std::size_t i = 0; i < length; ++i) {
      const auto& name = names[i];
      const bool certain = CaseIsCertain(name.view());
      if (!first && Compare(last.view(), name.view()) >= 0 &&
          ((certain && CaseIsCertain(last.view())) || Compare(last.view(), name.view()) == 0)) {
        return Fail(Code::kCorrupt,
                    fmt::format("subkey '{}' is out of order", DecodeUtf8(name.view())));
      }
      if (certain && kind == kLh &&
          LoadLe<std::uint32_t>(entries.data() + i * width + 4) !=
              HashOf(FoldCase(Decode(name.view())))) {
        return Fail(Code::kCorrupt,
                    fmt::format("subkey '{}' has a wrong hash", DecodeUtf8(name.view())));
      }
      if (certain && kind == kLf &&
          !HintMayMatch(LoadLe<std::uint32_t>(entries.data() + i * width + 4),
                        FoldCase(Decode(name.view())))) {
        return Fail(Code::kCorrupt,
                    fmt::format("subkey '{}' has a wrong hint", DecodeUtf8(name.view())));
      }
      last = name;
      first = false;
      children.push_back(LoadLe<std::uint32_t>(entries.data() + i * width));
    }
  }
  return {};
}

// The names of some entries of a leaf, in its order, but read in the order in which they lie in the
// hive: the keys of a long list lie all over it, and each page is to be fetched once.
Result<std::vector<KeyName>> Checker::ReadNames(const KeyNode& parent, ByteView entries,
                                                std::size_t width, std::size_t count) {
  const auto key_at = [&](std::size_t i) {
    return LoadLe<std::uint32_t>(entries.data() + i * width);
  };
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return key_at(a) < key_at(b); });
  std::vector<KeyName> names(count);
  for (const auto i : order) {
    WW_TRY(const auto below, ReadSubkey(hive_.cells, parent.cell.offset, key_at(i)), "node");
    WW_TRY(names[i], ReadKeyName(hive_.cells, below), "name");
  }
  return names;
}

Status Checker::CheckSubkeys(const KeyNode& node, std::uint32_t depth, std::vector<Visit>& todo) {
  if (node.subkeys == 0) return {};
  WW_TRY(const auto cell, hive_.cells.Open(node.subkey_list), "subkey list");
  WW_TRY(const auto kind, hive_.cells.Load<std::uint16_t>(cell, 0), "subkey list");
  std::vector<std::uint32_t> leaves{node.subkey_list};
  if (kind == kRi) {
    WW_RETURN_IF_ERROR(Claim(node.subkey_list, "index root"));
    WW_TRY(const auto count, hive_.cells.Load<std::uint16_t>(cell, list::kCount), "index root");
    WW_TRY(const auto raw, hive_.cells.Take(cell, list::kEntries, std::size_t{count} * 4),
           "index root");
    leaves.resize(count);
    std::memcpy(leaves.data(), raw.data(), raw.size());
  }
  std::vector<std::uint32_t> children;
  KeyName last;
  bool first = true;
  for (const auto leaf : leaves) {
    WW_RETURN_IF_ERROR(CheckLeaf(node, leaf, last, first, children));
  }
  if (children.size() != node.subkeys) {
    return Fail(Code::kCorrupt,
                fmt::format("has {} subkeys, counts {}", children.size(), node.subkeys));
  }
  // Also visited as they lie in the hive: the last one pushed is the first.
  std::sort(children.begin(), children.end(), std::greater<>());
  for (const auto child : children) todo.push_back(Visit{child, node.cell.offset, depth + 1});
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
  return Checker(hive.impl()).Run();
}

Status CheckHive(Hive& hive) {
  WW_TRY_STATUS(ExamineHive(hive).map([](const auto&) {}), "hive");
  return {};
}

}  // namespace ww::hive
