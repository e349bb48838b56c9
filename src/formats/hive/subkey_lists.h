// The sorted lists of subkeys: found on disk, edited in memory, written once.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "key_node.h"

namespace ww::hive {

// Searches go to the disk form while a key's list is unchanged. The first change loads the list as
// a model: its leaves with the names seen so far, so that thousands of inserts cost a search in
// memory each, and each changed leaf is written once, by Flush() or when too many lists are open.
class SubkeyLists {
 public:
  SubkeyLists(Cells& cells, std::uint32_t minor) : cells_(&cells), minor_(minor) {}

  Result<std::optional<std::uint32_t>> Find(const KeyNode& parent, std::u16string_view folded);
  // Every subkey's offset, in order, no offset twice.
  Result<std::vector<std::uint32_t>> All(const KeyNode& parent);
  // The caller knows that no such key is there. Keeps the parent's count right at once.
  Status Insert(const KeyNode& parent, std::uint32_t child, std::u16string_view name);
  Status Remove(const KeyNode& parent, std::uint32_t child, std::u16string_view folded);
  // Frees the list and says which subkeys it had; the parent then has none.
  Result<std::vector<std::uint32_t>> Drop(const KeyNode& parent);
  Status Flush();

 private:
  struct Entry {
    std::uint32_t key = 0;
    std::uint32_t hint = 0;  // as stored: hash, first characters, or nothing
    std::uint32_t name = 0;  // in Model::names, + 1; 0: not read yet
  };
  struct Leaf {
    std::uint32_t cell = kNone;
    bool changed = false;
    std::vector<Entry> entries;
  };
  struct Model {
    std::uint16_t kind = 0;      // kLi, kLf or kLh
    std::uint32_t root = kNone;  // the ri cell
    bool changed = false;        // leaves came, went or moved
    std::vector<Leaf> leaves;    // none is empty
    Bytes names;                 // records: u16 size, u8 compressed, bytes
    std::uint32_t names_read = 0;
    bool all_names_read = false;
    std::uint64_t last_use = 0;
  };
  struct Place {
    std::size_t leaf = 0, entry = 0;
    bool found = false;
  };

  Result<Model> Load(const KeyNode& parent);
  Status LoadLeaf(std::uint32_t cell_offset, std::uint32_t limit, Model& model);
  Result<Model*> Open(const KeyNode& parent);
  Result<Place> Locate(std::uint32_t parent, Model& model, std::u16string_view folded);
  Result<StoredName> NameOf(std::uint32_t parent, Model& model, Entry& entry);
  static void Remember(Model& model, Entry& entry, StoredName name);
  Status ReadAllNames(std::uint32_t parent, Model& model);
  Status WriteBack(std::uint32_t parent, Model& model);
  Result<std::uint32_t> Rewrite(std::uint32_t old_cell, ByteView record);
  Result<std::optional<std::uint32_t>> FindInLeaf(std::uint32_t parent, std::uint32_t leaf,
                                                  std::u16string_view folded);
  Result<std::uint32_t> PickLeaf(std::uint32_t parent, const Cell& root,
                                 std::u16string_view folded);
  Result<std::optional<std::uint32_t>> FindAnywhere(const KeyNode& parent,
                                                    std::u16string_view folded);

  Cells* cells_;
  std::uint32_t minor_;
  std::unordered_map<std::uint32_t, std::unique_ptr<Model>> models_;  // by parent
  std::uint64_t uses_ = 0;
  KeyName scratch_;
};

}  // namespace ww::hive
