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
  kFlagI386Locks = 1u << 6,
  kFlagI386Jumps = 1u << 7,
  kFlagI386Calls = 1u << 8,
  kFlagAmd64Disasm = 1u << 9,
  kFlagAmd64Pdata = 1u << 10,
  kFlagIa64Disasm = 1u << 11,
  kFlagIa64Pdata = 1u << 12,
  kFlagUnbind = 1u << 13,
  kFlagCliDisasm = 1u << 14,
  kFlagCliMetadata = 1u << 15,
  kFlagArmDisasm = 1u << 19,
  kFlagArmPdata = 1u << 20,
  kFlagCli4Metadata = 1u << 21,
  kFlagCli4Disasm = 1u << 22,
  kFlagArm64Disasm = 1u << 23,
  kFlagArm64Pdata = 1u << 24,
};
// Every bit whose meaning, or lack of one for the decoder, is documented.
constexpr std::uint64_t kKnownFlags = 0x1BFFFFFF;

// delta-formats.md 4.5.
enum FileType : std::uint32_t {
  kFileTypeRaw = 0x01,
  kFileTypeI386 = 0x02,
  kFileTypeIa64 = 0x04,
  kFileTypeAmd64 = 0x08,
  kFileTypeCli4I386 = 0x10,
  kFileTypeCli4Amd64 = 0x20,
  kFileTypeCli4Arm = 0x40,
  kFileTypeCli4Arm64 = 0x80,
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
  ByteView patch;       // or reversal data
  bool reversal = false;
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
