// The prefix codes of a patch: one set, or several that take turns along the target.
#pragma once

#include <array>
#include <vector>

#include "huffman.h"
#include "patch_alphabets.h"
#include "wimwright/delta/apply.h"

namespace ww::delta {

struct SymbolCodes {
  HuffmanDecoder main;
  HuffmanDecoder length;
  HuffmanDecoder aligned;
};

// Code lengths of all segments, every code proven well formed; the decoders are built when a
// segment is reached, so that segments nobody reaches cost little.
class Composite {
 public:
  static Result<Composite> Read(BitReader& in, const Limits& limits);

  std::size_t segments() const { return starts_.size(); }
  // In combined coordinates (source, then target); any value.
  std::int64_t start(std::size_t segment) const { return starts_[segment]; }
  // True for the flat codes that need no description.
  bool is_default() const { return lengths_.empty(); }
  // Not for the default. `symbols`: about how many will be read; few do not pay for large tables.
  SymbolCodes Build(std::size_t segment, std::uint64_t symbols) const;
  // The codes of the default.
  static const SymbolCodes& Default();

 private:
  using Lengths = std::array<std::uint8_t, kAllSymbols>;
  struct Counts {
    LengthCounts main, length, aligned;
  };
  std::vector<std::int64_t> starts_;
  std::vector<Lengths> lengths_;
  std::vector<Counts> counts_;
};

}  // namespace ww::delta
