#include "circles.h"

#include <algorithm>
#include <limits>

namespace ww::catalog {
namespace {

constexpr std::uint32_t kUnseen = std::numeric_limits<std::uint32_t>::max();

// Strongly connected components (Tarjan's algorithm) with a stack of our own: a chain may be as
// long as the catalogue. `first` has where the sorted pairs of a node begin.
class Components {
 public:
  Components(const std::vector<std::uint32_t>& first, const std::vector<std::uint32_t>& to)
      : first_(first),
        to_(to),
        order_(first.size() - 1, kUnseen),
        low_(order_.size(), 0),
        component_(order_.size(), kUnseen) {
    for (std::uint32_t node = 0; node < order_.size(); ++node) {
      if (order_[node] == kUnseen) Visit(node);
    }
  }
  std::uint32_t Of(std::uint32_t node) const { return component_[node]; }

 private:
  struct Frame {
    std::uint32_t node, next;
  };

  void Enter(std::uint32_t node) {
    order_[node] = low_[node] = count_++;
    open_.push_back(node);
    frames_.push_back({node, first_[node]});
  }

  void Visit(std::uint32_t root) {
    Enter(root);
    while (!frames_.empty()) {
      auto& frame = frames_.back();
      const auto node = frame.node;
      if (frame.next < first_[node + 1]) {
        const auto to = to_[frame.next++];
        if (order_[to] == kUnseen) {
          Enter(to);
        } else if (component_[to] == kUnseen) {
          low_[node] = std::min(low_[node], order_[to]);
        }
        continue;
      }
      frames_.pop_back();
      if (!frames_.empty()) {
        auto& parent = low_[frames_.back().node];
        parent = std::min(parent, low_[node]);
      }
      if (low_[node] != order_[node]) continue;
      for (bool more = true; more;) {
        more = open_.back() != node;
        component_[open_.back()] = node;
        open_.pop_back();
      }
    }
  }

  const std::vector<std::uint32_t>&first_, &to_;
  std::vector<std::uint32_t> order_, low_, component_, open_;
  std::vector<Frame> frames_;
  std::uint32_t count_ = 0;
};

}  // namespace

std::size_t DropCircles(Replacements& pairs) {
  if (pairs.empty()) return 0;
  std::sort(pairs.begin(), pairs.end());
  std::vector<std::uint32_t> names;
  names.reserve(pairs.size() * 2);
  for (const auto& [newer, older] : pairs) {
    names.push_back(newer);
    names.push_back(older);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const auto node_of = [&](std::uint32_t name) {
    return static_cast<std::uint32_t>(std::lower_bound(names.begin(), names.end(), name) -
                                      names.begin());
  };
  std::vector<std::uint32_t> first(names.size() + 1, 0), to;
  to.reserve(pairs.size());
  for (const auto& [newer, older] : pairs) {
    ++first[node_of(newer) + 1];
    to.push_back(node_of(older));
  }
  for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
  const Components components(first, to);
  return std::erase_if(pairs, [&](const auto& pair) {
    return components.Of(node_of(pair.first)) == components.Of(node_of(pair.second));
  });
}

}  // namespace ww::catalog
