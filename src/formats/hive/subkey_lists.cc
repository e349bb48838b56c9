#include "subkey_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "wimwright/base/text.h"

namespace ww::hive {
namespace {

constexpr std::size_t kMaxModels = 32;
// When so many names of one list had to be fetched from all over the hive, fetching the others in
// the order of their offsets, each page once, is cheaper than going on.
constexpr std::uint32_t kReadAllAfter = 64;
constexpr std::size_t kMaxNames = 24u << 20;  // bytes of names one model keeps

std::size_t WidthOf(std::uint16_t kind) { return kind == kLi ? 4 : 8; }

struct Header {
  Cell cell;
  std::uint16_t kind = 0;
  std::uint16_t count = 0;
};

Result<Header> ReadHeader(Cells& cells, std::uint32_t offset) {
  Header header;
  WW_TRY(header.cell, cells.Open(offset), "subkey list");
  std::array<std::byte, 4> raw;
  WW_TRY_STATUS(cells.Read(header.cell, 0, raw), "subkey list");
  header.kind = LoadLe<std::uint16_t>(raw.data());
  header.count = LoadLe<std::uint16_t>(raw.data() + list::kCount);
  if (header.kind != kLi && header.kind != kLf && header.kind != kLh && header.kind != kRi) {
    return Fail(Code::kCorrupt, fmt::format("cell {:#x} is not a list of subkeys", offset));
  }
  return header;
}

Result<Bytes> ReadEntries(Cells& cells, const Header& header) {
  const std::size_t width = header.kind == kRi ? 4 : WidthOf(header.kind);
  return cells.Take(header.cell, list::kEntries, width * header.count);
}

tl::unexpected<Error> CountIsWrong(std::uint32_t key) {
  return Fail(Code::kCorrupt,
              fmt::format("key {:#x} does not have as many subkeys as it says", key));
}

}  // namespace

// ---- searching on disk ----

// Of an ri list: the last leaf whose first name is not behind the one sought.
Result<std::uint32_t> SubkeyLists::PickLeaf(std::uint32_t parent, const Cell& root,
                                            std::u16string_view folded) {
  WW_TRY(const auto count, cells_->Load<std::uint16_t>(root, list::kCount), "subkey list");
  if (count == 0) return CountIsWrong(parent);
  std::size_t low = 0;
  std::size_t high = count;  // the answer lies in [low, high)
  const auto leaf_at = [&](std::size_t i) {
    return cells_->Load<std::uint32_t>(root, list::kEntries + 4 * i);
  };
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    WW_TRY(const auto offset, leaf_at(middle), "subkey list");
    WW_TRY(const auto leaf, ReadHeader(*cells_, offset), "subkey list");
    if (leaf.kind == kRi || leaf.count == 0) return CountIsWrong(parent);
    WW_TRY(const auto first, cells_->Load<std::uint32_t>(leaf.cell, list::kEntries), "subkey list");
    WW_TRY(const auto node, ReadSubkey(*cells_, parent, first), "subkey");
    WW_TRY(const auto name, ReadKeyName(*cells_, node), "subkey");
    (Compare(name.view(), folded) <= 0 ? low : high) = middle;
  }
  return leaf_at(low);
}

Result<std::optional<std::uint32_t>> SubkeyLists::FindInLeaf(std::uint32_t parent,
                                                             std::uint32_t leaf,
                                                             std::u16string_view folded) {
  WW_TRY(const auto header, ReadHeader(*cells_, leaf), "subkey list");
  if (header.kind == kRi) {
    return Fail(Code::kCorrupt, fmt::format("index root {:#x} inside an index root", leaf));
  }
  WW_TRY(const auto raw, ReadEntries(*cells_, header), "subkey list");
  const std::size_t width = WidthOf(header.kind);
  const auto key_at = [&](std::size_t i) { return LoadLe<std::uint32_t>(raw.data() + i * width); };
  if (header.kind == kLi) {  // nothing but the names themselves: binary search
    std::size_t low = 0;
    std::size_t high = header.count;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      WW_TRY(const auto node, ReadSubkey(*cells_, parent, key_at(middle)), "subkey");
      WW_TRY(const auto name, ReadKeyName(*cells_, node), "subkey");
      const int order = Compare(name.view(), folded);
      if (order == 0) return key_at(middle);
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return std::nullopt;
  }
  const std::uint32_t hash = HashOf(folded);
  for (std::size_t i = 0; i < header.count; ++i) {
    const auto hint = LoadLe<std::uint32_t>(raw.data() + i * width + 4);
    if (header.kind == kLh ? hint != hash : !HintMayMatch(hint, folded)) continue;
    WW_TRY(const auto node, ReadSubkey(*cells_, parent, key_at(i)), "subkey");
    WW_TRY(const auto name, ReadKeyName(*cells_, node), "subkey");
    if (Equal(name.view(), folded)) return key_at(i);
  }
  return std::nullopt;
}

// Name by name: for characters whose case Windows may see otherwise than we do.
Result<std::optional<std::uint32_t>> SubkeyLists::FindAnywhere(const KeyNode& parent,
                                                               std::u16string_view folded) {
  WW_TRY(const auto keys, All(parent), "subkeys");
  for (const auto key : keys) {
    WW_TRY(const auto node, ReadSubkey(*cells_, parent.cell.offset, key), "subkey");
    WW_TRY(const auto name, ReadKeyName(*cells_, node), "subkey");
    if (Equal(name.view(), folded)) return key;
  }
  return std::nullopt;
}

Result<std::optional<std::uint32_t>> SubkeyLists::Find(const KeyNode& parent,
                                                       std::u16string_view folded) {
  if (parent.subkeys == 0) return std::nullopt;
  const auto offset = parent.cell.offset;
  std::optional<std::uint32_t> found;
  if (const auto it = models_.find(offset); it != models_.end()) {
    Model& model = *it->second;
    model.last_use = ++uses_;
    WW_TRY(const auto place, Locate(offset, model, folded), "subkeys");
    if (place.found) found = model.leaves[place.leaf].entries[place.entry].key;
  } else {
    WW_TRY(const auto header, ReadHeader(*cells_, parent.subkey_list), "subkeys");
    auto leaf = parent.subkey_list;
    if (header.kind == kRi) {
      WW_TRY(leaf, PickLeaf(offset, header.cell, folded), "subkeys");
    }
    WW_TRY(found, FindInLeaf(offset, leaf, folded), "subkeys");
  }
  if (!found && !CaseIsCertain(folded)) return FindAnywhere(parent, folded);
  return found;
}

// ---- loading ----

Status SubkeyLists::LoadLeaf(std::uint32_t cell_offset, std::uint32_t limit, Model& model) {
  WW_TRY(const auto header, ReadHeader(*cells_, cell_offset), "subkey list");
  if (header.kind == kRi) {
    return Fail(Code::kCorrupt, fmt::format("index root {:#x} inside an index root", cell_offset));
  }
  if (header.count > limit) {
    return Fail(Code::kCorrupt, "a list holds more subkeys than its key says");
  }
  if (model.kind == 0) model.kind = header.kind;
  WW_TRY(const auto raw, ReadEntries(*cells_, header), "subkey list");
  const std::size_t width = WidthOf(header.kind);
  Leaf leaf;
  leaf.cell = cell_offset;
  leaf.entries.resize(header.count);
  for (std::size_t i = 0; i < header.count; ++i) {
    leaf.entries[i].key = LoadLe<std::uint32_t>(raw.data() + i * width);
    if (header.kind == model.kind && width == 8) {
      leaf.entries[i].hint = LoadLe<std::uint32_t>(raw.data() + i * width + 4);
    }
  }
  if (header.kind != model.kind) {  // a list of several kinds becomes one of the first leaf's
    for (auto& entry : leaf.entries) {
      WW_TRY(const auto node, ReadKey(*cells_, entry.key), "subkey");
      WW_TRY(const auto name, ReadKeyName(*cells_, node), "subkey");
      if (model.kind == kLh) entry.hint = HashOf(FoldCase(Decode(name.view())));
      if (model.kind == kLf) entry.hint = HintOf(name.view());
    }
    leaf.changed = true;
  }
  model.leaves.push_back(std::move(leaf));
  return {};
}

Result<SubkeyLists::Model> SubkeyLists::Load(const KeyNode& parent) {
  Model model;
  if (parent.subkeys == 0) {
    model.kind = minor_ >= 5 ? kLh : kLf;
    return model;
  }
  WW_TRY(const auto header, ReadHeader(*cells_, parent.subkey_list), "subkeys");
  std::uint32_t left = parent.subkeys;
  if (header.kind == kRi) {
    model.root = parent.subkey_list;
    WW_TRY(const auto leaves, ReadEntries(*cells_, header), "subkeys");
    for (std::size_t i = 0; i < header.count; ++i) {
      const auto cell = LoadLe<std::uint32_t>(leaves.data() + 4 * i);
      WW_RETURN_IF_ERROR(LoadLeaf(cell, left, model));
      left -= static_cast<std::uint32_t>(model.leaves.back().entries.size());
      if (model.leaves.back().entries.empty()) return CountIsWrong(parent.cell.offset);
    }
  } else {
    WW_RETURN_IF_ERROR(LoadLeaf(parent.subkey_list, left, model));
    left -= static_cast<std::uint32_t>(model.leaves.back().entries.size());
  }
  if (left != 0) return CountIsWrong(parent.cell.offset);
  return model;
}

Result<std::vector<std::uint32_t>> SubkeyLists::All(const KeyNode& parent) {
  std::vector<std::uint32_t> keys;
  const auto collect = [&keys](const Model& model) {
    for (const auto& leaf : model.leaves) {
      for (const auto& entry : leaf.entries) keys.push_back(entry.key);
    }
  };
  if (const auto it = models_.find(parent.cell.offset); it != models_.end()) {
    collect(*it->second);
    return keys;  // was proved when it was loaded
  }
  WW_TRY(const auto model, Load(parent), "subkeys");
  collect(model);
  auto sorted = keys;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end()) {
    return Fail(Code::kCorrupt, fmt::format("key {:#x} lists a subkey twice", parent.cell.offset));
  }
  return keys;
}

Result<SubkeyLists::Model*> SubkeyLists::Open(const KeyNode& parent) {
  const auto offset = parent.cell.offset;
  if (const auto it = models_.find(offset); it != models_.end()) {
    it->second->last_use = ++uses_;
    return it->second.get();
  }
  if (models_.size() >= kMaxModels) {
    auto oldest = models_.begin();
    for (auto it = models_.begin(); it != models_.end(); ++it) {
      if (it->second->last_use < oldest->second->last_use) oldest = it;
    }
    WW_RETURN_IF_ERROR(WriteBack(oldest->first, *oldest->second));
    models_.erase(oldest);
  }
  WW_TRY_STATUS(All(parent).map([](const auto&) {}), "subkeys");  // proves: none twice
  WW_TRY(auto model, Load(parent), "subkeys");
  model.last_use = ++uses_;
  auto owned = std::make_unique<Model>(std::move(model));
  Model* opened = owned.get();
  models_.emplace(offset, std::move(owned));
  return opened;
}

// ---- the model ----

void SubkeyLists::Remember(Model& model, Entry& entry, StoredName name) {
  if (model.names.size() + name.raw.size() + 3 > kMaxNames) return;
  entry.name = static_cast<std::uint32_t>(model.names.size()) + 1;
  AppendLe(model.names, static_cast<std::uint16_t>(name.raw.size()));
  model.names.push_back(std::byte{name.compressed});
  Append(model.names, name.raw);
}

Result<StoredName> SubkeyLists::NameOf(std::uint32_t parent, Model& model, Entry& entry) {
  if (entry.name == 0) {
    WW_TRY(const auto node, ReadSubkey(*cells_, parent, entry.key), "subkey");
    WW_TRY(scratch_, ReadKeyName(*cells_, node), "subkey");
    ++model.names_read;
    Remember(model, entry, scratch_.view());
    if (entry.name == 0) return scratch_.view();
  }
  const std::byte* record = model.names.data() + entry.name - 1;
  return StoredName{ByteView(record + 3, LoadLe<std::uint16_t>(record)), record[2] != std::byte{0}};
}

Status SubkeyLists::ReadAllNames(std::uint32_t parent, Model& model) {
  std::vector<Entry*> missing;
  for (auto& leaf : model.leaves) {
    for (auto& entry : leaf.entries) {
      if (entry.name == 0) missing.push_back(&entry);
    }
  }
  std::ranges::sort(missing, {}, &Entry::key);
  for (Entry* entry : missing) {
    WW_TRY_STATUS(NameOf(parent, model, *entry).map([](const auto&) {}), "subkey");
  }
  return {};
}

Result<SubkeyLists::Place> SubkeyLists::Locate(std::uint32_t parent, Model& model,
                                               std::u16string_view folded) {
  if (model.names_read >= kReadAllAfter && !model.all_names_read) {
    WW_RETURN_IF_ERROR(ReadAllNames(parent, model));
    model.all_names_read = true;
  }
  Place place;
  if (model.leaves.empty()) return place;
  std::size_t low = 0;
  std::size_t high = model.leaves.size();
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    WW_TRY(const auto name, NameOf(parent, model, model.leaves[middle].entries.front()), "subkey");
    (Compare(name, folded) <= 0 ? low : high) = middle;
  }
  place.leaf = low;
  auto& entries = model.leaves[low].entries;
  low = 0;
  high = entries.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    WW_TRY(const auto name, NameOf(parent, model, entries[middle]), "subkey");
    const int order = Compare(name, folded);
    if (order == 0) return Place{place.leaf, middle, true};
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  place.entry = low;
  return place;
}

Status SubkeyLists::Insert(const KeyNode& parent, std::uint32_t child, std::u16string_view name) {
  const auto offset = parent.cell.offset;
  WW_TRY(Model* const model, Open(parent), "subkeys");
  const auto folded = FoldCase(name);
  WW_TRY(const auto place, Locate(offset, *model, folded), "subkeys");
  if (place.found) return Fail(Code::kCorrupt, "the subkey is there already");
  const bool compressed = Compressible(name);
  const Bytes stored = Encode(name, compressed);
  Entry entry{child, 0, 0};
  if (model->kind == kLh) entry.hint = HashOf(folded);
  if (model->kind == kLf) entry.hint = HintOf({stored, compressed});
  Remember(*model, entry, {stored, compressed});

  if (model->leaves.empty()) {
    model->leaves.emplace_back();
    model->changed = true;
  }
  auto at = place.leaf;
  auto position = place.entry;
  if (model->leaves[at].entries.size() >= list::kMaxLeaf) {
    auto& full = model->leaves[at].entries;
    // Keys that come in order fill their leaves; others halve them.
    const bool at_end = at + 1 == model->leaves.size() && position == full.size();
    const std::size_t keep = at_end ? full.size() : full.size() / 2;
    Leaf second;
    second.changed = true;
    second.entries.assign(full.begin() + static_cast<std::ptrdiff_t>(keep), full.end());
    full.resize(keep);
    model->leaves[at].changed = model->leaves[at].changed || !at_end;
    model->leaves.insert(model->leaves.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                         std::move(second));
    model->changed = true;
    if (position >= keep) {
      ++at;
      position -= keep;
    }
  }
  Leaf& leaf = model->leaves[at];
  leaf.entries.insert(leaf.entries.begin() + static_cast<std::ptrdiff_t>(position), entry);
  leaf.changed = true;
  return cells_->Store(parent.cell, nk::kSubkeys, parent.subkeys + 1);
}

Status SubkeyLists::Remove(const KeyNode& parent, std::uint32_t child, std::u16string_view folded) {
  WW_TRY(Model* const model, Open(parent), "subkeys");
  WW_TRY(auto place, Locate(parent.cell.offset, *model, folded), "subkeys");
  if (!place.found || model->leaves[place.leaf].entries[place.entry].key != child) {
    // Sorted by a table of cases that is not ours: look at each.
    place.found = false;
    for (place.leaf = 0; place.leaf < model->leaves.size(); ++place.leaf) {
      const auto& entries = model->leaves[place.leaf].entries;
      const auto it = std::ranges::find(entries, child, &Entry::key);
      if (it == entries.end()) continue;
      place.entry = static_cast<std::size_t>(it - entries.begin());
      place.found = true;
      break;
    }
    if (!place.found) return Fail(Code::kCorrupt, "the subkey is not in its list");
  }
  Leaf& leaf = model->leaves[place.leaf];
  leaf.entries.erase(leaf.entries.begin() + static_cast<std::ptrdiff_t>(place.entry));
  leaf.changed = true;
  if (leaf.entries.empty()) {
    if (leaf.cell != kNone) WW_RETURN_IF_ERROR(cells_->Free(leaf.cell));
    model->leaves.erase(model->leaves.begin() + static_cast<std::ptrdiff_t>(place.leaf));
    model->changed = true;
  }
  return cells_->Store(parent.cell, nk::kSubkeys, parent.subkeys - 1);
}

Result<std::vector<std::uint32_t>> SubkeyLists::Drop(const KeyNode& parent) {
  const auto offset = parent.cell.offset;
  WW_TRY(auto keys, All(parent), "subkeys");
  Model model;
  if (const auto it = models_.find(offset); it != models_.end()) {
    model = std::move(*it->second);
    models_.erase(it);
  } else {
    WW_TRY(model, Load(parent), "subkeys");
  }
  for (const auto& leaf : model.leaves) {
    if (leaf.cell != kNone) WW_RETURN_IF_ERROR(cells_->Free(leaf.cell));
  }
  if (model.root != kNone) WW_RETURN_IF_ERROR(cells_->Free(model.root));
  WW_RETURN_IF_ERROR(cells_->Store<std::uint32_t>(parent.cell, nk::kSubkeys, 0));
  WW_RETURN_IF_ERROR(cells_->Store(parent.cell, nk::kSubkeyList, kNone));
  return keys;
}

// ---- writing ----

// The record goes into its old cell when it fits without much waste.
Result<std::uint32_t> SubkeyLists::Rewrite(std::uint32_t old_cell, ByteView record) {
  if (old_cell != kNone) {
    WW_TRY(const auto cell, cells_->Open(old_cell), "subkey list");
    if (cell.room >= record.size() && cell.room / 2 <= record.size() + 64) {
      WW_RETURN_IF_ERROR(cells_->Write(cell, 0, record));
      return old_cell;
    }
    WW_RETURN_IF_ERROR(cells_->Free(old_cell));
  }
  WW_TRY(const auto cell, cells_->Allocate(record.size()), "subkey list");
  WW_RETURN_IF_ERROR(cells_->Write(cell, 0, record));
  return cell.offset;
}

Status SubkeyLists::WriteBack(std::uint32_t parent, Model& model) {
  const std::size_t width = WidthOf(model.kind);
  bool moved = model.changed;
  for (auto& leaf : model.leaves) {
    if (!leaf.changed) continue;
    Bytes record(list::kEntries + leaf.entries.size() * width);
    StoreLe(record.data(), model.kind);
    StoreLe(record.data() + list::kCount, static_cast<std::uint16_t>(leaf.entries.size()));
    for (std::size_t i = 0; i < leaf.entries.size(); ++i) {
      std::byte* at = record.data() + list::kEntries + i * width;
      StoreLe(at, leaf.entries[i].key);
      if (width == 8) StoreLe(at + 4, leaf.entries[i].hint);
    }
    WW_TRY(const auto cell, Rewrite(leaf.cell, record), "subkey list");
    moved = moved || cell != leaf.cell;
    leaf.cell = cell;
    leaf.changed = false;
  }
  if (!moved) return {};
  model.changed = false;
  std::uint32_t top = kNone;
  if (model.leaves.size() > 1) {
    if (model.leaves.size() > 0xFFFF) return Fail(Code::kLimit, "too many subkeys of one key");
    Bytes record(list::kEntries + 4 * model.leaves.size());
    StoreLe(record.data(), kRi);
    StoreLe(record.data() + list::kCount, static_cast<std::uint16_t>(model.leaves.size()));
    for (std::size_t i = 0; i < model.leaves.size(); ++i) {
      StoreLe(record.data() + list::kEntries + 4 * i, model.leaves[i].cell);
    }
    WW_TRY(model.root, Rewrite(model.root, record), "subkey list");
    top = model.root;
  } else {
    if (model.root != kNone) WW_RETURN_IF_ERROR(cells_->Free(model.root));
    model.root = kNone;
    if (!model.leaves.empty()) top = model.leaves.front().cell;
  }
  WW_TRY(const auto node, ReadKey(*cells_, parent), "key with changed subkeys");
  return cells_->Store(node.cell, nk::kSubkeyList, top);
}

Status SubkeyLists::Flush() {
  // In the order of offsets: the result must not depend on the order of a hash table.
  std::vector<std::uint32_t> parents;
  for (const auto& item : models_) parents.push_back(item.first);
  std::ranges::sort(parents);
  for (const auto parent : parents) {
    WW_TRY_STATUS(WriteBack(parent, *models_.at(parent)), "writing a list of subkeys");
  }
  models_.clear();
  return {};
}

}  // namespace ww::hive
