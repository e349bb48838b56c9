// The tables of a cabinet: header, CFFOLDER, CFFILE (windows-servicing.md 1.1). Reads no payload.
#pragma once

#include <cstdint>
#include <vector>

#include "wimwright/cab/members.h"

namespace ww::cab {

enum class Compression : std::uint8_t { kNone = 0, kMszip = 1, kQuantum = 2, kLzx = 3 };

inline constexpr std::uint32_t kBlockSize = 32768;  // most that one CFDATA expands to

struct CabFolder {
  std::uint32_t data_offset = 0;  // of the first CFDATA, inside the cabinet
  std::uint16_t block_count = 0;
  std::uint16_t type = 0;  // as stored: method and its parameters
  Compression method() const { return static_cast<Compression>(type & 0x0F); }
  // What the declared blocks could expand to at most.
  std::uint64_t capacity() const { return std::uint64_t{block_count} * kBlockSize; }
};

struct CabFile {
  std::uint32_t offset = 0;  // inside the expanded folder
  std::uint16_t folder = 0;
};

struct CabTables {
  std::uint64_t size = 0;  // declared; lies inside the file
  std::uint8_t data_reserve = 0;
  std::vector<CabFolder> folders;
  // Parallel. Members of one folder do not overlap and fit into what its blocks could expand to.
  std::vector<CabFile> files;
  std::vector<Member> members;
};

// kCorrupt, kUnsupported (spanned sets, unknown versions and methods, overlaps), kLimit.
Result<CabTables> ReadCabTables(const File& file);

// 0 when the fields are no date.
FileTime FromDosTime(std::uint16_t date, std::uint16_t time);

}  // namespace ww::cab
