// Whole Windows 7 packages: every file of the index is rebuilt and has the SHA-1 that the index
// states (windows-servicing.md 1.4). cabextract opens the cabinets, so nothing of ours is between.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <pugixml.hpp>

#include "delta_test_support.h"
#include "wimwright/delta/apply.h"

namespace ww::delta {
namespace {

namespace fs = std::filesystem;

class TempDir {
 public:
  TempDir() {
    std::string pattern = (fs::temp_directory_path() / "ww_delta_XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

bool Extract(const fs::path& cabinet, const fs::path& to) {
  const std::string command =
      "cabextract -q -d '" + to.string() + "' '" + cabinet.string() + "' 2>/dev/null";
  return std::system(command.c_str()) == 0;
}

struct Entry {
  std::string name, sha1, source_type, source, basis;
  std::size_t length = 0;
};

std::map<std::string, Entry> ReadIndex(const fs::path& path) {
  std::map<std::string, Entry> entries;
  pugi::xml_document doc;
  EXPECT_TRUE(doc.load_file(path.c_str()));
  for (const auto& file : doc.child("Container").child("Files").children("File")) {
    Entry e;
    e.name = file.attribute("name").value();
    e.length = file.attribute("length").as_ullong();
    e.sha1 = file.child("Hash").attribute("value").value();
    const auto delta = file.child("Delta");
    e.source_type = delta.child("Source").attribute("type").value();
    e.source = delta.child("Source").attribute("name").value();
    std::replace(e.source.begin(), e.source.end(), '\\', '/');
    e.basis = delta.child("Basis").attribute("file").value();
    entries[file.attribute("id").value()] = e;
  }
  return entries;
}

// Rebuilds files in the order of their bases.
class Rebuilder {
 public:
  Rebuilder(std::map<std::string, Entry> entries, fs::path members)
      : entries_(std::move(entries)), members_(std::move(members)) {}

  void Run() {
    bool progress = true;
    while (progress) {
      progress = false;
      for (const auto& [id, entry] : entries_) {
        if (files_.count(id) != 0) continue;
        if (!entry.basis.empty() && files_.count(entry.basis) == 0) continue;
        files_[id] = Rebuild(entry);
        progress = true;
      }
    }
    EXPECT_EQ(files_.size(), entries_.size());
  }
  int raw = 0, copies = 0, deltas = 0;
  std::map<std::uint64_t, int> flags;

 private:
  Bytes Rebuild(const Entry& e) {
    const Bytes basis = e.basis.empty() ? Bytes() : files_[e.basis];
    Bytes result;
    if (e.source_type == "RAW") {
      result = Slurp(members_ / e.source);
      ++raw;
    } else if (e.source_type == "PA30") {
      const Bytes delta = Slurp(members_ / e.source);
      const auto header = ReadHeader(delta);
      EXPECT_TRUE(header);
      if (header) {
        ++flags[header->flags];
        EXPECT_EQ(header->hash_algorithm, 0x8003u);
        EXPECT_EQ(header->target_size, e.length);
      }
      auto target = Apply(basis, delta);
      EXPECT_TRUE(target) << e.name << ": " << target.error().message;
      if (target) result = std::move(*target);
      ++deltas;
    } else {
      result = basis;
      ++copies;
    }
    EXPECT_EQ(result.size(), e.length) << e.name;
    EXPECT_EQ(ToHex(Sha1(result)), ToLowerAscii(e.sha1)) << e.name;
    return result;
  }

  std::map<std::string, Entry> entries_;
  fs::path members_;
  std::map<std::string, Bytes> files_;
};

struct Package {
  const char* kb;
  int raw, copies;
  std::map<std::uint64_t, int> flags;  // of the deltas: delta-formats.md 19
};

class Windows7Packages : public testing::TestWithParam<Package> {};

TEST_P(Windows7Packages, EveryFileIsRebuilt) {
  WW_NEEDS_CORPUS("packages");
  if (std::system("command -v cabextract >/dev/null") != 0) GTEST_SKIP() << "no cabextract here";
  const Package& package = GetParam();
  const std::string name = std::string("Windows6.1-") + package.kb + "-x86";
  TempDir dir;
  ASSERT_FALSE(dir.path().empty());
  ASSERT_TRUE(Extract(Corpus("packages") / (name + ".msu"), dir.path()));
  ASSERT_TRUE(Extract(dir.path() / (name + ".cab"), dir.path() / "members"));

  Rebuilder rebuilder(ReadIndex(dir.path() / "members/_manifest_.cix.xml"), dir.path() / "members");
  rebuilder.Run();
  EXPECT_EQ(rebuilder.raw, package.raw);
  EXPECT_EQ(rebuilder.copies, package.copies);
  EXPECT_EQ(rebuilder.flags, package.flags);
}

INSTANTIATE_TEST_SUITE_P(
    All, Windows7Packages,
    testing::Values(
        Package{"KB2780124", 10, 0, {{0x20000, 3}, {0x20001, 1}, {0x2E1FE, 1}, {0x2E1FF, 1}}},
        Package{"KB2465285", 18, 4, {{0x20000, 5}, {0x20001, 1}, {0x2E1FE, 4}, {0x2E1FF, 2}}}),
    [](const auto& p) { return std::string(p.param.kb); });

}  // namespace
}  // namespace ww::delta
