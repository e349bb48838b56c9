// Many short texts kept together: no allocation, no capacity and no terminator for each.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "wimwright/base/bytes.h"

namespace ww {

// Views that it gives out hold as long as the store, also when it is moved.
class TextStore {
 public:
  std::string_view Add(std::string_view text) {
    if (text.empty()) return {};
    auto* to = Room(text.size());
    std::copy(text.begin(), text.end(), to);
    return {to, text.size()};
  }
  ByteView Add(ByteView bytes) { return AsBytes(Add(AsText(bytes))); }

 private:
  static constexpr std::size_t kBlock = 64u << 10;

  char* Room(std::size_t size) {
    if (size > kBlock / 4) {  // a block of its own, and the present one goes on
      large_.push_back(std::make_unique_for_overwrite<char[]>(size));
      return large_.back().get();
    }
    if (blocks_.empty() || size > left_) {
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlock));
      next_ = blocks_.back().get();
      left_ = kBlock;
    }
    auto* out = next_;
    next_ += size;
    left_ -= size;
    return out;
  }

  std::vector<std::unique_ptr<char[]>> blocks_, large_;
  char* next_ = nullptr;  // in the last block
  std::size_t left_ = 0;
};

}  // namespace ww
