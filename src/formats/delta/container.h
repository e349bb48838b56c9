// The outer form of a PA30 delta: header fields and the two buffers (delta-formats.md 4).
#pragma once

#include "bit_reader.h"
#include "wimwright/delta/apply.h"

namespace ww::delta {

// delta-formats.md 4.6. Bits that the decoder need not know have no name here.
enum Flag : std::uint64_t {
  kFlagE8 = 1u << 0,
  kFlagMark = 1u << 1,
  kFlagImports = 1u << 2,
  kFlagExports = 1u << 3,
  kFlagResources = 1u << 4,
  kFlagRelocs = 1u << 5,
  kFlagI386Jumps = 1u << 7,
  kFlagI386Calls = 1u << 8,
  kFlagAmd64Disasm = 1u << 9,
  kFlagAmd64Pdata = 1u << 10,
  kFlagUnbind = 1u << 13,
};
// Every bit whose meaning, or lack of one for the decoder, is documented.
constexpr std::uint64_t kKnownFlags = 0x1BFFFFFF;

// delta-formats.md 4.5.
enum FileType : std::uint32_t {
  kFileTypeRaw = 0x01,
  kFileTypeI386 = 0x02,
  kFileTypeAmd64 = 0x08,
  kFileTypeReverse = 0x100,  // in the set only
};

enum HashAlgorithm : std::uint32_t {
  kHashNone = 0,
  kHashMd2 = 0x8001,
  kHashMd4 = 0x8002,
  kHashMd5 = 0x8003,
  kHashSha1 = 0x8004,
  kHashSha256 = 0x800C,
};

struct Container {
  Header header;
  ByteView preprocess;  // borrowed from the delta
  ByteView patch;
};

// Checks the header's own consistency, and the CRC in front when there is one.
Result<Container> ParseContainer(ByteView delta, const Limits& limits);

// Whether `algorithm` can be computed; kUnsupported names the ones that cannot.
Status CheckHashAlgorithm(std::uint32_t algorithm);
// Empty for kHashNone. The algorithm has passed CheckHashAlgorithm.
Bytes ComputeHash(std::uint32_t algorithm, ByteView bytes);

// IEEE CRC-32.
std::uint32_t Crc32(ByteView bytes);

}  // namespace ww::delta
