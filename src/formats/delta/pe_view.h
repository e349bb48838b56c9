// The facts of a PE image that the transforms and the resource search need. Offsets are into the
// file.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "wimwright/base/bytes.h"
#include "wimwright/base/result.h"

namespace ww::delta {

constexpr std::uint16_t kMachineI386 = 0x14C;
constexpr std::uint16_t kMachineAmd64 = 0x8664;
constexpr std::uint16_t kMachineIa64 = 0x0200;
constexpr std::uint16_t kMachineArm = 0x01C4;  // Thumb-2, as Windows on ARM has it
constexpr std::uint16_t kMachineArm64 = 0xAA64;

constexpr std::uint32_t kSectionExecute = 0x20000000;

// Fields of a section header.
constexpr std::uint64_t kSectionRawSize = 16;
constexpr std::uint64_t kSectionRawOffset = 20;
constexpr std::uint64_t kSectionCharacteristics = 36;

enum PeDirectoryIndex : unsigned {
  kDirExport = 0,
  kDirImport = 1,
  kDirResource = 2,
  kDirException = 3,
  kDirRelocation = 5,
  kDirDebug = 6,
  kDirLoadConfig = 10,
  kDirBoundImport = 11,
  kDirCli = 14,
  kPeDirectories = 16,
};

struct PeDirectory {
  std::uint32_t rva = 0;
  std::uint32_t size = 0;
  bool present() const { return rva != 0 && size != 0; }
};

struct PeSection {
  std::array<char, 8> name{};
  std::uint32_t virtual_size = 0;
  std::uint32_t virtual_address = 0;
  std::uint32_t raw_size = 0;
  std::uint32_t raw_offset = 0;
  std::uint32_t characteristics = 0;
  std::uint64_t header_at = 0;
};

struct PeView {
  // kCorrupt: not a PE image. kLimit: more than 256 sections.
  static Result<PeView> Parse(ByteView file);

  std::uint64_t file_size = 0;
  std::uint16_t machine = 0;
  bool plus = false;  // PE32+: 64-bit addresses
  std::uint64_t image_base = 0;
  std::uint32_t file_alignment = 0;
  std::uint32_t size_of_image = 0;
  std::uint32_t size_of_headers = 0;
  std::array<PeDirectory, kPeDirectories> directories{};  // absent ones are zero
  std::vector<PeSection> sections;                        // those whose headers lie in the file

  std::uint64_t time_stamp_at = 0;
  std::uint64_t checksum_at = 0;
  std::uint64_t image_base_at = 0;
  std::uint64_t directories_at = 0;  // kPeDirectories or fewer entries of 8 bytes

  // Where the byte at `rva` would be in the file: headers map to themselves, the rest through the
  // first section that holds it. The result may lie beyond the end of the file: callers test.
  std::optional<std::uint64_t> FileOffset(std::uint32_t rva) const;
  // Below the image's size and either in the headers or in a section; 0 is not.
  bool Reachable(std::uint32_t rva) const;
};

}  // namespace ww::delta
