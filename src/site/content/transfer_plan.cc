#include "wimwright/content/transfer_plan.h"

#include <optional>
#include <unordered_map>

namespace ww::content {
namespace {

struct Place {
  int source = TransferStep::kFetch;
  std::size_t block = 0;
};

struct HashOfBlock {
  std::size_t operator()(const BlockHash& hash) const { return LoadLe<std::size_t>(hash.data()); }
};

class Planner {
 public:
  Planner(const BlockMap& target, std::span<const BlockMap* const> sources, const BlockMap* present)
      : target_(target), sources_(sources), present_(present) {
    for (std::size_t s = 0; s < sources_.size(); ++s) {
      const auto& blocks = sources_[s]->blocks;
      for (std::size_t b = 0; b < blocks.size(); ++b) {
        anywhere_.try_emplace(blocks[b], Place{static_cast<int>(s), b});
      }
    }
  }

  TransferPlan Make() {
    TransferPlan plan;
    for (std::size_t i = 0; i < target_.blocks.size(); ++i) {
      const auto place = Find(i);
      const auto length = target_.SizeOfBlock(i);
      const auto from = place.block * kBlockSize;
      const bool copy = place.source >= 0;
      Count(plan, place.source) += length;
      auto& steps = plan.steps;
      if (!steps.empty() && steps.back().source == place.source &&
          (!copy || steps.back().source_offset + steps.back().length == from)) {
        steps.back().length += length;
      } else {
        steps.push_back({i * kBlockSize, length, place.source, copy ? from : 0});
      }
      last_ = place;
    }
    return plan;
  }

 private:
  static std::uint64_t& Count(TransferPlan& plan, int source) {
    if (source == TransferStep::kFetch) return plan.fetch_bytes;
    return source == TransferStep::kPresent ? plan.present_bytes : plan.copy_bytes;
  }

  bool Equal(std::size_t block, const Place& place) const {
    const auto& source = place.source == TransferStep::kPresent
                             ? *present_
                             : *sources_[static_cast<std::size_t>(place.source)];
    // The last block may be shorter: equal hashes of different lengths would be a collision, but
    // reading behind the end of a source would be a failure.
    return place.block < source.blocks.size() &&
           source.blocks[place.block] == target_.blocks[block] &&
           source.SizeOfBlock(place.block) == target_.SizeOfBlock(block);
  }

  Place Find(std::size_t block) const {
    if (const Place here{TransferStep::kPresent, block};
        present_ != nullptr && Equal(block, here)) {
      return here;
    }
    for (std::size_t s = 0; s < sources_.size(); ++s) {
      if (const Place same{static_cast<int>(s), block}; Equal(block, same)) return same;
    }
    if (last_.source >= 0) {
      if (const Place next{last_.source, last_.block + 1}; Equal(block, next)) return next;
    }
    const auto found = anywhere_.find(target_.blocks[block]);
    if (found != anywhere_.end() && Equal(block, found->second)) return found->second;
    return {};
  }

  const BlockMap& target_;
  const std::span<const BlockMap* const> sources_;
  const BlockMap* const present_;
  std::unordered_map<BlockHash, Place, HashOfBlock> anywhere_;
  Place last_;
};

}  // namespace

TransferPlan MakeTransferPlan(const BlockMap& target, std::span<const BlockMap* const> sources,
                              const BlockMap* present) {
  return Planner(target, sources, present).Make();
}

}  // namespace ww::content
