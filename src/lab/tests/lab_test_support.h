// What the lab's tests share: other programs as referees, and a store checker that is not the
// engine's.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "wimwright/base/bytes.h"
#include "wimwright/cab/update_package.h"
#include "wimwright/manifest/catalog.h"
#include "wimwright/wim/wim_file.h"

namespace ww::lab {

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

bool HasProgram(const std::string& name);
// Exit status and both outputs of a shell command.
std::pair<int, std::string> RunProgram(const std::string& command);
#define WW_NEEDS_PROGRAM(name) \
  if (!HasProgram(name)) GTEST_SKIP() << name << " is not installed"

void WriteWhole(const std::filesystem::path& path, ByteView bytes);
Bytes ReadWhole(const std::filesystem::path& path);

Result<Bytes> ReadImageFile(const wim::WimFile& wim, int index, std::string_view path);

// What is inconsistent in the component store of an image, one line each.
std::vector<std::string> CheckStore(const wim::WimFile& wim, int index);

// Names of manifests that no catalog of the package lists. Checks names and signatures on the way
// (gtest failures), counting the catalogs.
std::set<std::string> CheckPackage(cab::UpdatePackage& package, const manifest::TrustStore& trust,
                                   std::size_t& catalogs);

}  // namespace ww::lab
