// Uncompressed cabinets for tests, built field by field so that every field can be wrong.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data_blocks.h"
#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"
#include "wimwright/cab/cabinet.h"

namespace ww::cab::test {

struct TestFile {
  std::string name;
  std::string content;
  std::uint16_t folder = 0;
  std::uint16_t attributes = 0x20;
  std::uint16_t date = (2024 - 1980) << 9 | 2 << 5 | 29;
  std::uint16_t time = 12 << 11 | 34 << 5 | 56 / 2;
};

// Field positions of a cabinet without reserve.
inline constexpr std::size_t kSizeAt = 8;
inline constexpr std::size_t kFilesOffsetAt = 16;
inline constexpr std::size_t kVersionAt = 24;
inline constexpr std::size_t kFolderCountAt = 26;
inline constexpr std::size_t kFileCountAt = 28;
inline constexpr std::size_t kFlagsAt = 30;
inline constexpr std::size_t kFirstFolderAt = 36;

// Members of one folder have to stand together.
inline Bytes StoredCabinet(const std::vector<TestFile>& files, std::uint16_t folders = 1) {
  std::vector<std::string> content(folders);
  Bytes file_table;
  for (const auto& f : files) {
    const auto offset = f.folder < folders ? content[f.folder].size() : 0;
    if (f.folder < folders) content[f.folder] += f.content;
    AppendLe<std::uint32_t>(file_table, static_cast<std::uint32_t>(f.content.size()));
    AppendLe<std::uint32_t>(file_table, static_cast<std::uint32_t>(offset));
    AppendLe<std::uint16_t>(file_table, f.folder);
    AppendLe<std::uint16_t>(file_table, f.date);
    AppendLe<std::uint16_t>(file_table, f.time);
    AppendLe<std::uint16_t>(file_table, f.attributes);
    Append(file_table, AsBytes(f.name));
    file_table.push_back(std::byte{0});
  }
  const std::size_t files_at = 36 + std::size_t{8} * folders;
  Bytes folder_table;
  Bytes data;
  for (const auto& text : content) {
    AppendLe<std::uint32_t>(folder_table,
                            static_cast<std::uint32_t>(files_at + file_table.size() + data.size()));
    AppendLe<std::uint16_t>(folder_table,
                            static_cast<std::uint16_t>((text.size() + 32767) / 32768));
    AppendLe<std::uint16_t>(folder_table, 0);
    for (std::size_t at = 0; at < text.size(); at += 32768) {
      const auto block = AsBytes(text).subspan(at, std::min<std::size_t>(32768, text.size() - at));
      Bytes sizes;
      AppendLe<std::uint16_t>(sizes, static_cast<std::uint16_t>(block.size()));
      AppendLe<std::uint16_t>(sizes, static_cast<std::uint16_t>(block.size()));
      AppendLe<std::uint32_t>(data, CabChecksum(sizes, CabChecksum(block, 0)));
      Append(data, sizes);
      Append(data, block);
    }
  }
  Bytes out;
  Append(out, AsBytes("MSCF"));
  AppendLe<std::uint32_t>(out, 0);
  AppendLe<std::uint32_t>(out,
                          static_cast<std::uint32_t>(files_at + file_table.size() + data.size()));
  AppendLe<std::uint32_t>(out, 0);
  AppendLe<std::uint32_t>(out, static_cast<std::uint32_t>(files_at));
  AppendLe<std::uint32_t>(out, 0);
  AppendLe<std::uint16_t>(out, 0x0103);
  AppendLe<std::uint16_t>(out, folders);
  AppendLe<std::uint16_t>(out, static_cast<std::uint16_t>(files.size()));
  AppendLe<std::uint16_t>(out, 0);
  AppendLe<std::uint32_t>(out, 0);
  Append(out, folder_table);
  Append(out, file_table);
  Append(out, data);
  return out;
}

inline Result<std::unique_ptr<Members>> OpenBytes(Bytes bytes) {
  return OpenCabinet(MakeMemoryFile(std::move(bytes)));
}

inline std::vector<std::size_t> AllOf(const Members& members) {
  std::vector<std::size_t> all(members.list().size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  return all;
}

// Name to content of every member; the test fails when they cannot be read.
inline std::map<std::string, std::string> Contents(Members& members) {
  std::map<std::string, std::string> out;
  auto read = members.ReadMany(AllOf(members), 1ULL << 30);
  EXPECT_TRUE(read) << read.error().message;
  if (!read) return out;
  for (const auto& [index, bytes] : *read) {
    out[members.list()[index].name] = std::string(AsText(bytes));
  }
  return out;
}

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ww_cab_XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

  std::filesystem::path Write(const std::filesystem::path& name, ByteView bytes) const {
    const auto at = path_ / name;
    std::filesystem::create_directories(at.parent_path());
    std::ofstream(at, std::ios::binary)
        .write(AsText(bytes).data(), static_cast<std::streamsize>(bytes.size()));
    return at;
  }
  std::filesystem::path Write(const std::filesystem::path& name, std::string_view text) const {
    return Write(name, AsBytes(text));
  }

 private:
  std::filesystem::path path_;
};

inline std::string Slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Exit status of a shell command, its output dropped.
inline int Shell(const std::string& command) {
  return std::system(("{ " + command + "; } >/dev/null 2>&1").c_str());  // NOLINT(cert-env33-c)
}
inline bool HaveTool(const std::string& tool) { return Shell("command -v " + tool) == 0; }

// Every regular file below `folder`, named as members are.
inline std::map<std::string, std::string> Tree(const std::filesystem::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    auto name = entry.path().lexically_relative(folder).generic_string();
    std::replace(name.begin(), name.end(), '/', '\\');
    out[name] = Slurp(entry.path());
  }
  return out;
}

// For comparing without printing megabytes.
inline std::map<std::string, std::string> Digests(const std::map<std::string, std::string>& tree) {
  std::map<std::string, std::string> out;
  for (const auto& [name, content] : tree) out[name] = ToHex(Sha256(AsBytes(content)));
  return out;
}

}  // namespace ww::cab::test
