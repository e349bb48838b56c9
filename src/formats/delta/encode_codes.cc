#include <algorithm>
#include <array>
#include <functional>
#include <queue>

#include "encode_parts.h"
#include "huffman.h"

namespace ww::delta {
namespace {

// Depths of a plain Huffman tree over `weights`, all positive, at least two.
std::vector<unsigned> TreeDepths(const std::vector<std::uint64_t>& weights) {
  using Node = std::pair<std::uint64_t, std::size_t>;  // weight, index: ties in a fixed order
  std::priority_queue<Node, std::vector<Node>, std::greater<>> queue;
  for (std::size_t i = 0; i < weights.size(); ++i) queue.emplace(weights[i], i);
  std::vector<std::size_t> parent(2 * weights.size() - 1, 0);
  for (std::size_t next = weights.size(); next < parent.size(); ++next) {
    const Node a = queue.top();
    queue.pop();
    const Node b = queue.top();
    queue.pop();
    parent[a.second] = next;
    parent[b.second] = next;
    queue.emplace(a.first + b.first, next);
  }
  std::vector<unsigned> depth(parent.size(), 0);  // of the root: 0
  for (std::size_t i = parent.size() - 1; i-- > 0;) depth[i] = depth[parent[i]] + 1;
  depth.resize(weights.size());
  return depth;
}

}  // namespace

std::vector<std::uint8_t> CodeLengths(std::span<const std::uint64_t> frequencies,
                                      unsigned max_length) {
  std::vector<std::size_t> symbols;
  for (std::size_t s = 0; s < frequencies.size(); ++s) {
    if (frequencies[s] != 0) symbols.push_back(s);
  }
  std::vector<std::uint8_t> lengths(frequencies.size(), 0);
  if (symbols.empty()) return lengths;
  if (symbols.size() == 1) symbols.push_back(symbols[0] == 0 ? 1 : 0);
  std::vector<std::uint64_t> weights;
  for (const auto s : symbols) weights.push_back(std::max<std::uint64_t>(frequencies[s], 1));
  // Flatter weights make a flatter tree; at equal weights it is as flat as it can be.
  auto depths = TreeDepths(weights);
  while (*std::max_element(depths.begin(), depths.end()) > max_length) {
    for (auto& w : weights) w = (w + 1) / 2;
    depths = TreeDepths(weights);
  }
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    lengths[symbols[i]] = static_cast<std::uint8_t>(depths[i]);
  }
  return lengths;
}

std::vector<std::uint32_t> AssignCodes(std::span<const std::uint8_t> lengths) {
  std::array<std::uint32_t, kMaxCodeLength + 1> next{};
  for (const auto l : lengths) next[l] += l != 0 ? 1 : 0;
  std::uint32_t code = 0;
  for (unsigned l = kMaxCodeLength; l >= 1; --l) {
    const std::uint32_t count = next[l];
    next[l] = code;
    code = (code + count) >> 1;
  }
  std::vector<std::uint32_t> codes(lengths.size(), 0);
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    if (lengths[s] != 0) codes[s] = next[lengths[s]]++;
  }
  return codes;
}

}  // namespace ww::delta
