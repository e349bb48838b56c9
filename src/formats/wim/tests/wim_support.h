// What the tests of this module share: a scratch folder, the referees, and WIMs made by hand.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "wimwright/base/hash.h"
#include "wimwright/wim/header.h"

namespace ww::wim::test {

class ScratchDir {
 public:
  ScratchDir();
  ~ScratchDir();
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

struct CommandResult {
  int exit_code = -1;
  std::string output;  // both streams
};
CommandResult Shell(const std::string& command);
bool HasProgram(const std::string& name);

std::string Quote(const std::filesystem::path& path);
void WriteText(const std::filesystem::path& path, std::string_view text);
Bytes ReadAll(const std::filesystem::path& path);
// Bytes that compress, but not to nothing; the same for the same seed.
Bytes Compressible(std::size_t size, std::uint32_t seed);
Bytes Incompressible(std::size_t size, std::uint32_t seed);

// wimlib-imagex verify and 7z t both accept the file.
void ExpectRefereesAccept(const std::filesystem::path& wim);

// A directory entry to be laid out by hand.
struct Stream {
  std::u16string name;
  Sha1Digest hash{};
};
struct Entry {
  std::u16string name;
  std::u16string short_name;
  std::uint32_t attributes = 0x20;
  std::int32_t security_id = -1;
  std::uint64_t subdir_offset = 0;
  std::uint64_t time = 0x01D00000'00000000;
  Sha1Digest hash{};
  std::uint64_t link_group = 0;  // or reparse tag and flags
  std::uint64_t unused_1 = 0;
  std::uint64_t unused_2 = 0;
  std::uint32_t unknown_54 = 0;
  std::vector<Stream> streams;
  Bytes tagged;
};
// As it lies in a metadata resource, padded.
Bytes Lay(const Entry& entry);

// Builds a metadata resource piece by piece; offsets are where the pieces came to lie.
struct MetadataBuilder {
  Bytes bytes;
  explicit MetadataBuilder(const std::vector<Bytes>& descriptors = {});
  std::size_t Add(const Entry& entry);
  void End() { bytes.resize(bytes.size() + 8); }
  void SetSubdir(std::size_t entry_at, std::uint64_t offset);
};

// An uncompressed WIM around metadata resources and blobs.
Bytes BuildWim(const std::vector<Bytes>& metadata, const std::vector<Bytes>& blobs);

}  // namespace ww::wim::test
