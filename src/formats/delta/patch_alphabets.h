// The three alphabets of a patch and the numbers that decoder and encoder share
// (delta-formats.md 5.4, 5.5).
#pragma once

#include <cstddef>
#include <cstdint>

namespace ww::delta {

constexpr unsigned kMainSymbols = 600;  // 256 literals, then slot * 8 + length class
constexpr unsigned kLengthSymbols = 256;
constexpr unsigned kAlignedSymbols = 16;
constexpr unsigned kAllSymbols = kMainSymbols + kLengthSymbols + kAlignedSymbols;

constexpr unsigned kLiterals = 256;
constexpr unsigned kLengthClasses = 8;

// Slots of a match.
constexpr unsigned kSlotMapped = 3;     // the rift-mapped place itself; 0..2 are near it
constexpr unsigned kSlotRecent = 4;     // 4..6: one of the last three distances
constexpr unsigned kSlotEscape = 7;     // exponents 36..63
constexpr unsigned kFirstExponent = 7;  // slot 8.. hold exponent slot - 7

// Lengths.
constexpr unsigned kLongestClassLength = 8;     // classes 1..7 are lengths 2..8
constexpr unsigned kLongestSymbolLength = 263;  // length symbols 1..255 are 9..263
constexpr unsigned kMaxBigLengthZeros = 23;

// The code that describes code lengths.
constexpr unsigned kPreTreeSymbols = 39;
constexpr unsigned kPreTreeLengthBits = 4;
constexpr unsigned kPreTreeUp = 17;    // previous segment's length + 1..3
constexpr unsigned kPreTreeDown = 20;  // previous segment's length - 1..3
constexpr unsigned kPreTreeFill = 23;  // repeat the last length: 8 run classes
constexpr unsigned kPreTreeCopy = 31;  // keep the previous segment's: 8 run classes

}  // namespace ww::delta
