// What the hive tests share: unwrapping, descriptors, comparison of whole trees, the hivex
// referees.
#pragma once

#include <gtest/gtest.h>

#include <unistd.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "wimwright/hive/check.h"
#include "wimwright/hive/hive.h"

namespace ww::hive::testing {

template <typename T>
T Get(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().message;
    std::abort();  // the test cannot go on; its name is the last thing printed
  }
  return *std::move(result);
}
inline void Ok(const Status& status) { ASSERT_TRUE(status) << status.error().message; }

inline constexpr FileTime kThen = 132000000000000000;
inline constexpr FileTime kNow = 133500000000000000;

// Self-relative, with SYSTEM as owner and group, no lists; `tag` makes it different from others.
inline Bytes Descriptor(unsigned tag = 0) {
  Bytes sd(20);
  sd[0] = std::byte{1};
  StoreLe<std::uint16_t>(sd.data() + 2, 0x8000);
  StoreLe<std::uint32_t>(sd.data() + 4, 20);
  StoreLe<std::uint32_t>(sd.data() + 8, 32);
  for (int i = 0; i < 2; ++i) {
    sd.push_back(std::byte{1});
    sd.push_back(std::byte{1});
    for (const int b : {0, 0, 0, 0, 0, 5}) sd.push_back(static_cast<std::byte>(b));
    AppendLe<std::uint32_t>(sd, 18 + tag);
  }
  return sd;
}

inline Hive NewHive(std::uint32_t minor = 5) {
  return Get(Hive::CreateEmpty("ROOT", Descriptor(), kThen, minor));
}
inline Hive Reopen(Hive& hive) { return Get(Hive::Open(MemoryStorage(Get(hive.ToBytes())))); }

// Sound, and nothing lost or counted too often.
inline CheckReport ExpectSound(Hive& hive) {
  const auto report = ExamineHive(hive);
  EXPECT_TRUE(report) << report.error().message;
  if (!report) return {};
  EXPECT_EQ(report->leaked_cells, 0u);
  EXPECT_EQ(report->excess_references, 0u);
  return *report;
}

// "path|name|type|hex" lines of everything below `key`, and "path|" for keys.
inline void Dump(Hive& hive, KeyId key, const std::string& path, std::set<std::string>& lines) {
  lines.insert(path + "|");
  Ok(hive.ForEachValueData(key, [&](std::string_view name, Value value) -> Status {
    std::ostringstream line;
    line << path << '|' << name << '|' << value.type << '|' << std::hex;
    for (const auto b : value.data) line << std::to_integer<int>(b) << ',';
    lines.insert(line.str());
    return {};
  }));
  Ok(hive.ForEachSubkey(key, [&](KeyId child, std::string_view name) -> Status {
    Dump(hive, child, path + "\\" + std::string(name), lines);
    return {};
  }));
}
inline std::set<std::string> Dump(Hive& hive) {
  std::set<std::string> lines;
  Dump(hive, hive.root(), "", lines);
  return lines;
}

inline std::vector<std::string> SubkeyNames(Hive& hive, KeyId key) {
  std::vector<std::string> names;
  Ok(hive.ForEachSubkey(key, [&](KeyId, std::string_view name) -> Status {
    names.emplace_back(name);
    return {};
  }));
  return names;
}

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hive_test_XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  std::filesystem::path Write(const std::string& name, const Bytes& bytes) const {
    std::ofstream(path_ / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

struct Output {
  int status = -1;
  std::string text;
};
inline Output RunTool(const std::string& command) {
  Output output;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::array<char, 65536> buffer;
  for (std::size_t n; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.text.append(buffer.data(), n);
  }
  output.status = ::pclose(pipe);
  return output;
}
inline bool Have(const std::string& tool) { return RunTool("command -v " + tool).status == 0; }

// What hivexregedit sees: "[key]" lines and "[key]\nvalue" pairs.
inline std::set<std::string> ExportByHivex(const std::filesystem::path& hive) {
  const auto output = RunTool("hivexregedit --export " + hive.string() + " '\\'");
  EXPECT_EQ(output.status, 0) << output.text.substr(0, 1000);
  std::set<std::string> lines;
  std::istringstream in(output.text);
  std::string key, line;
  while (std::getline(in, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    if (line.front() == '[') key = line;
    lines.insert(line.front() == '[' ? key : key + "\n" + line);
  }
  return lines;
}

inline std::set<std::string> Minus(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::set<std::string> rest;
  for (const auto& line : a) {
    if (!b.contains(line)) rest.insert(line);
  }
  return rest;
}

}  // namespace ww::hive::testing
