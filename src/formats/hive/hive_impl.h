// What a Hive consists of; shared by hive.cc, create.cc and check.cc.
#pragma once

#include <optional>

#include "base_block.h"
#include "cells.h"
#include "key_node.h"
#include "paged_file.h"
#include "security.h"
#include "subkey_lists.h"
#include "values.h"
#include "wimwright/hive/hive.h"

namespace ww::hive {

class Hive::Impl {
 public:
  Impl(std::unique_ptr<PagedFile> pages, const BaseBlock& header)
      : file(std::move(pages)),
        block(header),
        cells(*file, header.bins_size()),
        subkeys(cells, header.minor()),
        values(cells, header.minor()),
        security(cells) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::unique_ptr<PagedFile> file;  // at a fixed address: the parts below point to it
  BaseBlock block;
  Cells cells;
  SubkeyLists subkeys;
  Values values;
  Security security;
  std::uint32_t root = kNone;
  FileTime now = 0;
  bool replayed = false;
  std::uint64_t finished = 0;    // changes that the base block accounts for
  std::optional<Error> failure;  // a change was left half done

  // Runs one change; remembers its failure.
  template <typename F>
  auto Change(F change) -> decltype(change()) {
    if (failure) return Fail(*failure);
    auto result = change();
    if (!result) failure = result.error();
    return result;
  }

  Result<std::uint32_t> Create(std::uint32_t parent, std::u16string_view name);
  Status Delete(std::uint32_t parent, std::uint32_t child, std::u16string_view folded);
  Status DeleteAll(std::uint32_t parent);
  Status FreeTrees(std::uint32_t parent, const std::vector<std::uint32_t>& children);
  // Below the root, which has 0; kCorrupt when the way up is longer than a hive may be deep.
  Result<std::uint32_t> Depth(std::uint32_t key);
  Status SetDescriptor(std::uint32_t key, ByteView descriptor);
  Status Stamp(std::uint32_t key);
  Status WriteBaseBlock();
};

}  // namespace ww::hive
