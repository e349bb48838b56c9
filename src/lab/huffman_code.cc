#include "huffman_code.h"

#include <algorithm>
#include <array>
#include <queue>

namespace ww::lab {
namespace {

struct Node {
  std::uint64_t count = 0;
  std::size_t index = 0;
};
struct LaterFirst {
  bool operator()(const Node& a, const Node& b) const {
    return a.count != b.count ? a.count > b.count : a.index > b.index;
  }
};

// Depth of every symbol in an unlimited Huffman tree over at least two used symbols.
std::vector<std::uint32_t> Depths(std::span<const std::uint32_t> counts) {
  std::vector<std::size_t> parent(counts.size() * 2, 0);
  std::priority_queue<Node, std::vector<Node>, LaterFirst> queue;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) queue.push({counts[i], i});
  }
  std::size_t next = counts.size();
  while (queue.size() > 1) {
    const Node a = queue.top();
    queue.pop();
    const Node b = queue.top();
    queue.pop();
    parent[a.index] = parent[b.index] = next;
    queue.push({a.count + b.count, next++});
  }
  const std::size_t root = next - 1;
  std::vector<std::uint32_t> depth(next, 0);
  for (std::size_t i = root; i-- > counts.size();) depth[i] = depth[parent[i]] + 1;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) depth[i] = depth[parent[i]] + 1;
  }
  depth.resize(counts.size());
  return depth;
}

}  // namespace

std::vector<std::uint8_t> HuffmanLengths(std::span<const std::uint32_t> counts, int max_length) {
  std::vector<std::uint32_t> work(counts.begin(), counts.end());
  std::vector<std::uint8_t> lengths(counts.size(), 0);
  auto used = static_cast<std::size_t>(
      std::count_if(work.begin(), work.end(), [](std::uint32_t c) { return c != 0; }));
  if (used == 0) return lengths;
  for (std::size_t i = 0; used < 2; ++i) {
    if (work[i] != 0) continue;
    work[i] = 1;
    ++used;
  }
  for (;;) {
    const auto depth = Depths(work);
    if (*std::max_element(depth.begin(), depth.end()) <= static_cast<std::uint32_t>(max_length)) {
      std::transform(depth.begin(), depth.end(), lengths.begin(),
                     [](std::uint32_t d) { return static_cast<std::uint8_t>(d); });
      return lengths;
    }
    // Flatter counts make a flatter tree; ends at the latest when all are 1.
    for (auto& count : work) {
      if (count != 0) count = count / 2 + 1;
      if (count == 2) count = 1;
    }
  }
}

std::vector<std::uint16_t> CanonicalCodes(std::span<const std::uint8_t> lengths) {
  std::array<std::uint32_t, 17> used{};
  for (const auto length : lengths) ++used[length];
  used[0] = 0;
  std::array<std::uint32_t, 17> next{};
  for (std::size_t i = 1; i < next.size(); ++i) next[i] = (next[i - 1] + used[i - 1]) << 1;
  std::vector<std::uint16_t> codes(lengths.size(), 0);
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] != 0) codes[i] = static_cast<std::uint16_t>(next[lengths[i]]++);
  }
  return codes;
}

}  // namespace ww::lab
