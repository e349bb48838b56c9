// A seed of one of the module's fuzz targets, as a small good input for other tests.
#pragma once

#include <filesystem>

#include "wimwright/base/file.h"

namespace ww::test {

inline Result<Bytes> FuzzSeed(const std::filesystem::path& name) {
  const auto path = std::filesystem::path(WW_TEST_DATA) / "../../fuzz/corpus" / name;
  return ReadFile(RealFileSystem(), path.lexically_normal(), 64U << 20);
}

}  // namespace ww::test
