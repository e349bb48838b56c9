// The changes to a hive: keys made and freed, descriptors exchanged, the base block completed.
#include <array>
#include <utility>

#include "hive_impl.h"
#include "wimwright/base/text.h"

namespace ww::hive {

Status Hive::Impl::Stamp(std::uint32_t key) {
  WW_TRY(const auto cell, cells.Open(key), "key");
  return cells.Store(cell, nk::kTimestamp, now);
}

Result<std::uint32_t> Hive::Impl::Depth(std::uint32_t key) {
  std::uint32_t depth = 0;
  for (; key != root; ++depth) {
    if (depth > kMaxDepth) return Fail(Code::kCorrupt, "the hive is too deep");
    WW_TRY(const auto node, ReadKey(cells, key), "key");
    key = node.parent;
  }
  return depth;
}

Result<std::uint32_t> Hive::Impl::Create(std::uint32_t parent, std::u16string_view name) {
  WW_TRY(const auto node, ReadKey(cells, parent), "parent key");
  WW_RETURN_IF_ERROR(security.AddReference(node.security));
  WW_TRY(const auto child, CreateKey(cells, name, NewKey{parent, node.security, now, 0}),
         "new key");
  WW_RETURN_IF_ERROR(subkeys.Insert(node, child, name));
  const auto name_bytes = static_cast<std::uint16_t>(name.size() * 2);
  if (name_bytes > node.max_subkey_name) {
    WW_RETURN_IF_ERROR(cells.Store(node.cell, nk::kMaxSubkeyName, name_bytes));
  }
  WW_RETURN_IF_ERROR(Stamp(parent));
  return child;
}

// Frees keys with all that is below them. A key's own cells go before its subkeys are looked at, so
// that a list that leads back up meets a freed cell.
Status Hive::Impl::FreeTrees(std::uint32_t parent, const std::vector<std::uint32_t>& children) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> todo;  // key, its parent
  for (const auto child : children) todo.emplace_back(child, parent);
  while (!todo.empty()) {
    const auto [key, above] = todo.back();
    todo.pop_back();
    WW_TRY(const auto node, ReadSubkey(cells, above, key), "key to be deleted");
    WW_TRY(const auto below, subkeys.Drop(node), "key to be deleted");
    for (const auto child : below) todo.emplace_back(child, key);
    WW_TRY_STATUS(values.DropAll(node), "key to be deleted");
    if (node.class_cell != kNone && node.class_length != 0) {
      WW_TRY_STATUS(cells.Free(node.class_cell), "class name");
    }
    WW_TRY_STATUS(security.Release(node.security), "key to be deleted");
    WW_TRY_STATUS(cells.Free(key), "key to be deleted");
  }
  return {};
}

Status Hive::Impl::Delete(std::uint32_t parent, std::uint32_t child, std::u16string_view folded) {
  WW_TRY(const auto node, ReadKey(cells, parent), "parent key");
  WW_RETURN_IF_ERROR(subkeys.Remove(node, child, folded));
  if (node.subkeys == 1) {
    WW_RETURN_IF_ERROR(cells.Store<std::uint16_t>(node.cell, nk::kMaxSubkeyName, 0));
    WW_RETURN_IF_ERROR(cells.Store<std::uint32_t>(node.cell, nk::kMaxClass, 0));
  }
  WW_RETURN_IF_ERROR(FreeTrees(parent, {child}));
  return Stamp(parent);
}

Status Hive::Impl::DeleteAll(std::uint32_t parent) {
  WW_TRY(const auto node, ReadKey(cells, parent), "key");
  if (node.subkeys == 0) return {};
  WW_TRY(const auto children, subkeys.Drop(node), "subkeys");
  WW_RETURN_IF_ERROR(cells.Store<std::uint16_t>(node.cell, nk::kMaxSubkeyName, 0));
  WW_RETURN_IF_ERROR(cells.Store<std::uint32_t>(node.cell, nk::kMaxClass, 0));
  WW_RETURN_IF_ERROR(FreeTrees(parent, children));
  return Stamp(parent);
}

Status Hive::Impl::SetDescriptor(std::uint32_t key, ByteView descriptor) {
  WW_TRY(const auto node, ReadKey(cells, key), "key");
  WW_TRY(const auto cell, security.FindOrCreate(descriptor, node.security), "security");
  if (cell == node.security) return {};
  WW_RETURN_IF_ERROR(security.AddReference(cell));
  WW_RETURN_IF_ERROR(cells.Store(node.cell, nk::kSecurity, cell));
  WW_RETURN_IF_ERROR(security.Release(node.security));
  return Stamp(key);
}

Status Hive::Impl::WriteBaseBlock() {
  const auto sequence = block.Get<std::uint32_t>(base::kSequence1) + 1;
  block.Set(base::kSequence1, sequence);
  block.Set(base::kSequence2, sequence);
  block.Set(base::kTimestamp, now);
  block.Set(base::kBinsSize, cells.bins_size());
  block.Set(base::kChecksum, block.ComputeChecksum());
  WW_RETURN_IF_ERROR(file->Write(0, block.raw));
  std::array<std::byte, 8> stamp;
  StoreLe(stamp.data(), now);
  return file->Write(kBlock + bin::kTimestamp, stamp);
}

}  // namespace ww::hive
