// Writes cabinets, intra-package delta packages and MSU files: test material, never a product's
// output.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "wimwright/base/bytes.h"
#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"

namespace ww::lab {

enum class CabCompression { kNone, kMszip, kLzx };

// One member. The name is stored as it is: nothing is checked but its length, so that hostile
// cabinets can be made too. Non-ASCII names get the UTF-8 flag.
struct CabInput {
  std::string name;
  Bytes data;
  // For content that is not in memory: `size` bytes through `read`, which fills `out` from `offset`
  // on. `data` is ignored then.
  std::function<Status(std::uint64_t offset, MutableByteView out)> read;
  std::uint64_t size = 0;
  FileTime time = 133'485'408'000'000'000;  // 2024-01-01
  std::uint16_t attributes = 0x20;
};

// The file at `path` as a member, read while the cabinet is written. `fs` must live that long.
Result<CabInput> CabInputFromFile(FileSystem& fs, const std::filesystem::path& path,
                                  std::string name);

inline constexpr std::uint64_t kMaxFolderSize = 65535ULL * 32768;

struct CabOptions {
  CabCompression compression = CabCompression::kLzx;
  int window_bits = 21;  // LZX, 15 to 21
  // A new folder begins when the next member would make the current one larger than this.
  std::uint64_t folder_limit = kMaxFolderSize;
  bool checksums = true;
  // Not empty: header reserve as signed cabinets have it, and these bytes after the cabinet.
  Bytes signature;
};

// Creates `path`, which must not exist. Members keep their order. Memory does not grow with the
// content. kLimit beyond 65535 members or folders, 2 GiB in a folder, 4 GiB in the cabinet.
Status WriteCab(FileSystem& fs, const std::filesystem::path& path,
                std::span<const CabInput> members, const CabOptions& options = {});
Result<Bytes> MakeCab(std::span<const CabInput> members, const CabOptions& options = {});

// A file of an intra-package delta package (Windows 7, windows-servicing.md 1.4).
struct CixInput {
  std::string name;
  Bytes data;
  // Name of another file of the package: stored as a delta against it, or as a copy when equal.
  std::optional<std::string> basis;
  bool delta_without_basis = false;  // PA30 against nothing instead of RAW
  FileTime time = 133'485'408'000'000'000;
};

// The members of such a package, `_manifest_.cix.xml` first: give them to WriteCab or MakeCab.
// kNotFound when a basis is not among `files`; cycles are not looked for (hostile material).
Result<std::vector<CabInput>> MakeCixPackage(std::span<const CixInput> files,
                                             std::string_view name);

struct MsuContent {
  std::string stem;                // "Windows10.0-KB9000001-x64": names the .xml and the properties
  std::vector<CabInput> packages;  // cabinets
  std::string unattend_xml;
  std::map<std::string, std::string> properties;
};

// The members of a classic MSU (1.2).
std::vector<CabInput> MsuMembers(MsuContent content);
Status WriteMsu(FileSystem& fs, const std::filesystem::path& path, MsuContent content,
                const CabOptions& options = {});

}  // namespace ww::lab
