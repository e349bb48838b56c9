// The stages of the encoder: matches, code lengths, patch, container (delta-formats.md 19, stage
// E).
#pragma once

#include <span>
#include <vector>

#include "wimwright/base/bytes.h"
#include "wimwright/base/clock.h"

namespace ww::delta {

// One symbol of the patch: a literal, or a copy.
struct Item {
  std::uint8_t literal = 0;
  std::uint8_t slot = 0;  // of a copy: kSlotMapped, one of the recent, or kSlotEscape for any other
  std::uint32_t length = 0;    // 0: literal
  std::uint32_t distance = 0;  // for slot kSlotEscape: in combined coordinates
};

// Greedy parse of the target into items. `allow_mapped`: whether the decoder will map places of the
// target to the same offset in the source, as it does when no pipeline computed a rift.
std::vector<Item> FindMatches(ByteView source, ByteView target, bool allow_mapped);

// Lengths of a complete prefix code for these frequencies, none over `max_length`. A single used
// symbol gets a second one for company; no used symbol gives no code (all lengths 0).
std::vector<std::uint8_t> CodeLengths(std::span<const std::uint64_t> frequencies,
                                      unsigned max_length);
// The codes that belong to such lengths.
std::vector<std::uint32_t> AssignCodes(std::span<const std::uint8_t> lengths);

// The patch buffer for a source that the decoder has normalised to `source`.
Bytes EncodePatch(ByteView source, ByteView target, bool allow_mapped);

struct DeltaFields {
  bool pa31 = false;
  FileTime target_time = 0;
  std::uint32_t file_type_set = 1;
  std::uint32_t file_type = 1;
  std::uint64_t flags = 0x20000;
  std::uint64_t target_size = 0;
  std::uint32_t hash_algorithm = 0;
  ByteView target_hash;
  ByteView source_hash;  // PA31 only
  ByteView preprocess;
  ByteView patch;  // or the reversal data, which stand alone
};
Bytes AssembleDelta(const DeltaFields& fields);

}  // namespace ww::delta
