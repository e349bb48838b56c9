// WIMs made by wimlib-imagex from a folder that holds one file of every awkward kind.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "wim_support.h"

namespace ww::wim::test {

struct Variant {
  std::string name;
  std::string options;  // of wimlib-imagex capture
};

inline void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }

// None, XPRESS, LZX and LZMS, usual and unusual chunk sizes, with and without integrity table.
std::vector<Variant> AllVariants();

class RefereeTest : public testing::Test {
 protected:
  void SetUp() override;

  // Two images, the second one a changed copy of the first. Captured once per variant, then copied.
  std::filesystem::path MakeWim(const Variant& variant, const std::string& name = "in.wim");
  // The tree that image 1 of MakeWim() was captured from.
  static std::filesystem::path source();
  // Applies an image with wimlib-imagex.
  std::filesystem::path Apply(const std::filesystem::path& wim, int index);
  // What wimlib-imagex dir --detailed says of every entry, by path; without numbers that libwim
  // makes up when it loads an image, and reference counts.
  std::map<std::string, std::string> DetailedListing(const std::filesystem::path& wim, int index);

  ScratchDir scratch_;

 private:
  int applied_ = 0;
};

}  // namespace ww::wim::test
