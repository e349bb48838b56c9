#include "lab_test_support.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "wimwright/base/text.h"
#include "wimwright/manifest/component.h"
#include "wimwright/manifest/package.h"

namespace ww::lab {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "ww_lab_XXXXXX").string();
  if (::mkdtemp(name.data()) != nullptr) path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

bool HasProgram(const std::string& name) { return RunProgram("command -v " + name).first == 0; }

std::pair<int, std::string> RunProgram(const std::string& command) {
  FILE* const pipe =
      ::popen(("LC_ALL=C.UTF-8; export LC_ALL; ( " + command + " ) 2>&1").c_str(), "r");
  if (pipe == nullptr) return {-1, ""};
  std::string output;
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof(buffer), pipe)) {
    output.append(buffer, count);
  }
  return {::pclose(pipe), output};
}

void WriteWhole(const std::filesystem::path& path, ByteView bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(AsText(bytes).data(), static_cast<std::streamsize>(bytes.size()));
}

Bytes ReadWhole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return ToBytes(text);
}

Result<Bytes> ReadImageFile(const wim::WimFile& wim, int index, std::string_view path) {
  WW_TRY(const auto image, wim.ReadImage(index), "image");
  const auto node = image.Find(path);
  if (!node) return Fail(Code::kNotFound, std::string(path));
  return wim.ReadBlob(image.hash(*node), 1 << 28);
}

std::set<std::string> CheckPackage(cab::UpdatePackage& package, const manifest::TrustStore& trust,
                                   std::size_t& catalogs) {
  std::vector<manifest::Catalog> lists;
  std::map<std::string, Bytes> manifests;
  cab::Members& members = package.members();
  std::vector<std::pair<std::string, Bytes>> mums;
  for (std::size_t i = 0; i < members.list().size(); ++i) {
    const std::string name = members.list()[i].name;
    const bool inner = name.find('\\') != std::string::npos;
    const auto bytes = members.Read(i, 1 << 26);
    if (!bytes) {
      ADD_FAILURE() << name << ": " << bytes.error().message;
      continue;
    }
    if (inner) continue;
    if (name.ends_with(".cat")) {
      const auto signature = manifest::VerifySignature(*bytes, trust);
      EXPECT_TRUE(signature) << name << ": " << signature.error().message;
      auto list = manifest::ParseCatalog(*bytes);
      EXPECT_TRUE(list) << name << ": " << list.error().message;
      if (list) lists.push_back(*std::move(list));
      ++catalogs;
    } else if (name.ends_with(".mum")) {
      mums.emplace_back(name, *bytes);
    } else if (name.ends_with(".manifest")) {
      manifests[name] = *bytes;
    }
  }
  const auto listed = [&lists](const Bytes& bytes) {
    for (const auto& list : lists) {
      if (list.ContainsFile(bytes)) return true;
    }
    return false;
  };
  for (const auto& [name, bytes] : mums) {
    EXPECT_TRUE(listed(bytes)) << name;
    const auto parsed = manifest::ParsePackage(bytes);
    if (AsText(bytes).find("quantumPackage") != std::string_view::npos) {
      EXPECT_FALSE(parsed);
      continue;
    }
    EXPECT_TRUE(parsed) << name << ": " << parsed.error().message;
    if (parsed && name != "update.mum") {
      EXPECT_EQ(name, manifest::PackageIdentityString(parsed->identity) + ".mum");
    }
  }
  std::set<std::string> unlisted;
  for (const auto& [name, bytes] : manifests) {
    const auto parsed = manifest::ParseComponent(bytes);
    EXPECT_TRUE(parsed) << name << ": " << parsed.error().message;
    if (parsed) {
      EXPECT_EQ(name, manifest::Keyform(parsed->identity) + ".manifest");
    }
    if (!listed(bytes)) unlisted.insert(name);
  }
  return unlisted;
}

}  // namespace ww::lab
