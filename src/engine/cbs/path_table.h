// Paths without case, each kept as its last name and the number of the directory above: a large
// update names a hundred thousand of them below few directories.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "wimwright/base/position_index.h"
#include "wimwright/base/text_store.h"

namespace ww::cbs {

// Numbers count from 0 and never change. A copy shares the text of the original, so both belong to
// one thread; what either adds later is its own. Paths are as they are: "a" and "\a" are two.
class PathTable {
 public:
  // Also for directories of paths that were added.
  std::optional<std::size_t> Find(std::string_view path) const;
  std::size_t Add(std::string_view path);
  // Directories of paths included.
  std::size_t size() const { return nodes_.size(); }

 private:
  static constexpr std::uint32_t kTop = 0xFFFFFFFF;
  struct Node {
    const char* name = nullptr;  // folded
    std::uint32_t name_size = 0;
    std::uint32_t parent = kTop;
  };

  static std::size_t HashOf(std::uint32_t parent, std::string_view name);
  std::optional<std::size_t> Child(std::uint32_t parent, std::string_view name) const;

  std::vector<Node> nodes_;
  PositionIndex index_;  // of nodes_, by parent and name
  std::shared_ptr<TextStore> text_;
};

// Who has a path.
class PathOwners {
 public:
  // The owner of `path`, which is `owner` when it had none.
  std::string_view Claim(std::string_view path, std::string_view owner);
  std::optional<std::string_view> Find(std::string_view path) const;

 private:
  PathTable paths_;
  std::vector<std::string_view> owners_;  // by number of the path; empty: none
  std::string_view last_;                 // owner that was kept last
  std::shared_ptr<TextStore> text_;
};

}  // namespace ww::cbs
