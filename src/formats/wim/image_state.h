// The representation of Image: nodes over raw entries, an index by name, link rings.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dentry.h"
#include "security_table.h"
#include "wimwright/wim/image.h"

namespace ww::wim {

inline constexpr std::uint32_t kNoNode = 0xFFFFFFFF;
inline constexpr std::uint32_t kMostNodes = 0x7FFFFFFF;
inline constexpr int kMostDepth = 1024;
inline constexpr std::size_t kMostNameUnits = 255;
inline constexpr std::uint64_t kMostMetadata = 1ull << 30;

// 40 bytes. Siblings are a singly linked list that may hold removed nodes until Layout() drops
// them.
struct Node {
  std::byte* raw = nullptr;
  std::uint32_t parent = kNoNode;  // kNoNode: removed, or the root
  std::uint32_t first_child = kNoNode;
  std::uint32_t last_child = kNoNode;
  std::uint32_t next_sibling = kNoNode;
  std::uint32_t next_link = kNoNode;  // ring of a link group; removed nodes stay in it
  std::uint32_t name_hash = 0;
};

struct Image::State {
  Bytes base;  // the resource as read, padded to 8 bytes; entries in it are edited in place
  std::vector<std::unique_ptr<std::byte[]>> blocks;  // entries made later
  std::size_t block_left = 0;
  std::byte* block_next = nullptr;
  SecurityTable security;
  std::vector<Node> nodes;
  std::uint32_t read_count = 0;  // nodes from here on were added
  std::size_t removed_count = 0;
  std::vector<std::uint32_t> slots;  // open addressing over (parent, folded name): node + 1
  std::size_t used_slots = 0;
  std::uint32_t seed = 0;
  std::uint64_t highest_group = 0;
  std::vector<std::uint32_t> changed_directories;  // with repeats
  std::unordered_map<Sha1Digest, std::uint64_t, DigestHash> added_sizes;
  bool modified = false;

  Dentry At(std::uint32_t node) const { return Dentry(nodes[node].raw); }
  bool Alive(std::uint32_t node) const {
    return node < nodes.size() && (node == 0 || nodes[node].parent != kNoNode);
  }

  // image_index.cc
  std::uint32_t HashName(std::uint32_t parent, std::u16string_view name) const;
  std::uint32_t HashName(std::uint32_t parent, Dentry entry) const;
  // Any spelling matches, the exact one wins. kNoNode: none.
  std::uint32_t FindChild(std::uint32_t parent, std::u16string_view name) const;
  // nodes[node] has its parent and name_hash. False: a sibling has exactly this name.
  bool Index(std::uint32_t node);
  void Reindex(std::size_t entries);

  // Raw storage for an entry of `size` bytes (a multiple of 8), zeroed.
  std::byte* Allocate(std::size_t size);
  void LinkChild(std::uint32_t parent, std::uint32_t child);

  // image_layout.cc: drops removed siblings, sorts added ones in, notes the offset of every list.
  // Answers the size of the resource.
  std::uint64_t Layout();
  void SettleDirectory(std::uint32_t directory);
  // The next node, parents first; removed ones and what is below them are left out. kNoNode: the
  // end.
  std::uint32_t NextNode(std::uint32_t node) const;
  std::uint32_t SkipRemoved(std::uint32_t sibling) const;
};

// For WIM names: FoldCase() with the ASCII part inlined.
char16_t FoldUnit(char16_t c);

}  // namespace ww::wim
