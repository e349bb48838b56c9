// Offsets and flags of the regf format, 1.3 to 1.6. Offsets of cells count from the first hive bin.
// Source: the public description of the format by M. Suhanov; windows-servicing.md 5.8.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ww::hive {

inline constexpr std::uint32_t kNone = 0xFFFFFFFF;  // "no cell"
inline constexpr std::uint32_t kBlock = 4096;       // base block; bins are multiples of it
inline constexpr std::uint32_t kSector = 512;       // pages of transaction logs
inline constexpr std::uint32_t kMaxBins = 0x7FFFF000;
inline constexpr std::uint32_t kMaxDepth = 512;  // levels below the root that Windows allows
inline constexpr std::size_t kMaxKeyName = 255;  // UTF-16 units
inline constexpr std::size_t kMaxValueName = 16383;

constexpr std::uint16_t Signature(char a, char b) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(a) | static_cast<unsigned char>(b)
                                                                        << 8);
}
constexpr std::uint32_t Signature(char a, char b, char c, char d) {
  return Signature(a, b) | static_cast<std::uint32_t>(Signature(c, d)) << 16;
}
inline constexpr std::uint32_t kRegf = Signature('r', 'e', 'g', 'f');
inline constexpr std::uint32_t kHbin = Signature('h', 'b', 'i', 'n');
inline constexpr std::uint16_t kNk = Signature('n', 'k');
inline constexpr std::uint16_t kVk = Signature('v', 'k');
inline constexpr std::uint16_t kSk = Signature('s', 'k');
inline constexpr std::uint16_t kDb = Signature('d', 'b');
inline constexpr std::uint16_t kLi = Signature('l', 'i');
inline constexpr std::uint16_t kLf = Signature('l', 'f');
inline constexpr std::uint16_t kLh = Signature('l', 'h');
inline constexpr std::uint16_t kRi = Signature('r', 'i');

namespace base {  // the base block
inline constexpr std::size_t kSequence1 = 4;
inline constexpr std::size_t kSequence2 = 8;
inline constexpr std::size_t kTimestamp = 12;
inline constexpr std::size_t kMajor = 20;
inline constexpr std::size_t kMinor = 24;
inline constexpr std::size_t kType = 28;  // 0 hive, 1 or 2 DIRT log, 6 HvLE log
inline constexpr std::size_t kFormat = 32;
inline constexpr std::size_t kRootCell = 36;
inline constexpr std::size_t kBinsSize = 40;
inline constexpr std::size_t kCluster = 44;  // sector size of the medium / 512
inline constexpr std::size_t kFileName = 48;
inline constexpr std::size_t kFlags = 144;
inline constexpr std::size_t kChecksum = 508;
inline constexpr std::size_t kChecked = 512;  // the part with meaning on disk
}  // namespace base

namespace bin {
inline constexpr std::size_t kOffset = 4;
inline constexpr std::size_t kSize = 8;
inline constexpr std::size_t kTimestamp = 20;  // in the first bin: copy of the base block's
inline constexpr std::size_t kHeader = 32;
}  // namespace bin

namespace nk {  // offsets inside the cell's payload (behind its size field), here and below
inline constexpr std::size_t kFlags = 2;
inline constexpr std::size_t kTimestamp = 4;
inline constexpr std::size_t kParent = 16;
inline constexpr std::size_t kSubkeys = 20;
inline constexpr std::size_t kVolatileSubkeys = 24;  // of a run long over: to be ignored
inline constexpr std::size_t kSubkeyList = 28;
inline constexpr std::size_t kVolatileList = 32;
inline constexpr std::size_t kValues = 36;
inline constexpr std::size_t kValueList = 40;
inline constexpr std::size_t kSecurity = 44;
inline constexpr std::size_t kClass = 48;
inline constexpr std::size_t kMaxSubkeyName = 52;  // u16 since Vista; the upper half holds flags
inline constexpr std::size_t kMaxClass = 56;
inline constexpr std::size_t kMaxValueNameLength = 60;
inline constexpr std::size_t kMaxValueData = 64;
inline constexpr std::size_t kNameLength = 72;
inline constexpr std::size_t kClassLength = 74;
inline constexpr std::size_t kName = 76;

inline constexpr std::uint16_t kRootFlag = 0x04;
inline constexpr std::uint16_t kNoDelete = 0x08;  // set on root keys by Windows
inline constexpr std::uint16_t kCompressedName = 0x20;
// The value count of such a key is a handle (Perflib\009 of SOFTWARE): it has no values.
inline constexpr std::uint16_t kPredefinedHandle = 0x40;
}  // namespace nk

namespace vk {
inline constexpr std::size_t kNameLength = 2;
inline constexpr std::size_t kSize = 4;
inline constexpr std::size_t kData = 8;
inline constexpr std::size_t kType = 12;
inline constexpr std::size_t kFlags = 16;
inline constexpr std::size_t kName = 20;
inline constexpr std::uint16_t kCompressedName = 1;
inline constexpr std::uint32_t kResident =
    0x80000000;  // in the size: the data stands in kData itself
}  // namespace vk

namespace sk {
inline constexpr std::size_t kNext = 4;
inline constexpr std::size_t kPrevious = 8;
inline constexpr std::size_t kReferences = 12;
inline constexpr std::size_t kSize = 16;
inline constexpr std::size_t kDescriptor = 20;
}  // namespace sk

namespace db {  // data above kSegment bytes, since version 1.4
inline constexpr std::size_t kSegments = 2;
inline constexpr std::size_t kList = 4;
inline constexpr std::size_t kHeader = 8;
inline constexpr std::uint32_t kSegment = 16344;
inline constexpr std::uint32_t kMaxSegments = 0xFFFF;
}  // namespace db

namespace list {  // li, lf, lh, ri
inline constexpr std::size_t kCount = 2;
inline constexpr std::size_t kEntries = 4;
// What fills a bin of one block: 32 + 4 + 4 + 507 * 8 = 4096.
inline constexpr std::size_t kMaxLeaf = 507;
}  // namespace list

}  // namespace ww::hive
