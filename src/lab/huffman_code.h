// Length-limited canonical Huffman codes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ww::lab {

// Code lengths of at most `max_length` bits for symbols by how often they occur; 0 for those that
// do not. Complete: a lone symbol gets a partner that is never used, because decoders want full
// codes.
std::vector<std::uint8_t> HuffmanLengths(std::span<const std::uint32_t> counts, int max_length);

// The canonical codes for such lengths: shorter first, then by symbol.
std::vector<std::uint16_t> CanonicalCodes(std::span<const std::uint8_t> lengths);

}  // namespace ww::lab
