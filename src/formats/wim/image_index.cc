#include <bit>

#include "image_state.h"
#include "wimwright/base/text.h"

namespace ww::wim {
namespace {

std::uint32_t Mix(std::uint32_t hash, std::uint32_t value) {
  hash = (hash ^ value) * 0x9E3779B1u;
  return hash ^ (hash >> 15);
}

bool Matches(Dentry entry, std::u16string_view name, bool& exact) {
  if (entry.name_units() != name.size()) return false;
  exact = true;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto unit = entry.name_unit(i);
    if (unit == name[i]) continue;
    exact = false;
    if (FoldUnit(unit) != FoldUnit(name[i])) return false;
  }
  return true;
}

bool SameName(Dentry a, Dentry b) {
  return a.name_units() == b.name_units() &&
         std::memcmp(a.name().data(), b.name().data(), a.name().size()) == 0;
}

}  // namespace

char16_t FoldUnit(char16_t c) {
  if (c < 0x80) return c >= u'a' && c <= u'z' ? static_cast<char16_t>(c - 32) : c;
  return FoldCase(c);
}

std::uint32_t Image::State::HashName(std::uint32_t parent, std::u16string_view name) const {
  std::uint32_t hash = Mix(seed, parent);
  for (const auto unit : name) hash = Mix(hash, FoldUnit(unit));
  return hash;
}

std::uint32_t Image::State::HashName(std::uint32_t parent, Dentry entry) const {
  std::uint32_t hash = Mix(seed, parent);
  const auto units = entry.name_units();
  for (std::size_t i = 0; i < units; ++i) hash = Mix(hash, FoldUnit(entry.name_unit(i)));
  return hash;
}

std::uint32_t Image::State::FindChild(std::uint32_t parent, std::u16string_view name) const {
  const auto hash = HashName(parent, name);
  const auto mask = static_cast<std::uint32_t>(slots.size() - 1);
  std::uint32_t found = kNoNode;
  for (auto slot = hash & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
    const auto node = slots[slot] - 1;
    if (nodes[node].name_hash != hash || nodes[node].parent != parent) continue;
    bool exact = false;
    if (!Matches(At(node), name, exact)) continue;
    if (exact) return node;
    // Of several other spellings the first entry wins, so that answers do not depend on the index.
    if (found == kNoNode || node < found) found = node;
  }
  return found;
}

bool Image::State::Index(std::uint32_t node) {
  if (used_slots + used_slots / 2 >= slots.size()) Reindex(nodes.size());
  const auto hash = nodes[node].name_hash;
  const auto mask = static_cast<std::uint32_t>(slots.size() - 1);
  auto slot = hash & mask;
  for (; slots[slot] != 0; slot = (slot + 1) & mask) {
    const auto other = slots[slot] - 1;
    if (other == node) return true;  // Reindex() put it there
    if (nodes[other].name_hash == hash && nodes[other].parent == nodes[node].parent &&
        SameName(At(other), At(node))) {
      return false;
    }
  }
  slots[slot] = node + 1;
  ++used_slots;
  return true;
}

void Image::State::Reindex(std::size_t entries) {
  slots.assign(std::bit_ceil(entries * 2 + 16), 0);
  used_slots = 0;
  const auto mask = static_cast<std::uint32_t>(slots.size() - 1);
  for (std::uint32_t node = 1; node < nodes.size(); ++node) {
    if (!Alive(node)) continue;
    auto slot = nodes[node].name_hash & mask;
    while (slots[slot] != 0) slot = (slot + 1) & mask;
    slots[slot] = node + 1;
    ++used_slots;
  }
}

std::byte* Image::State::Allocate(std::size_t size) {
  constexpr std::size_t kBlock = 64 * 1024;
  if (size > block_left) {
    const auto fresh = std::max(size, kBlock);
    blocks.push_back(std::make_unique<std::byte[]>(fresh));
    block_next = blocks.back().get();
    block_left = fresh;
  }
  std::byte* const out = block_next;
  block_next += size;
  block_left -= size;
  return out;
}

void Image::State::LinkChild(std::uint32_t parent, std::uint32_t child) {
  auto& directory = nodes[parent];
  if (directory.last_child == kNoNode) {
    directory.first_child = child;
  } else {
    nodes[directory.last_child].next_sibling = child;
  }
  directory.last_child = child;
}

}  // namespace ww::wim
