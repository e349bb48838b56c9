// The lab's updates.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

#include "backends.h"
#include "wimwright/lab/lab.h"

namespace ww::catalog {

// Updates of the lab, made once for all tests of the process.
inline const std::filesystem::path& LabUpdates() {
  static const database::TemporaryFolder folder;
  static const std::filesystem::path updates = [] {
    lab::LabOptions options;
    options.preset = lab::Preset::kSmall;
    const auto made = lab::CreateLab(RealFileSystem(), folder.path() / "lab", options,
                                     NullProgress(), NeverCancelled());
    EXPECT_TRUE(made) << made.error().message;
    return folder.path() / "lab" / "updates";
  }();
  return updates;
}

inline std::filesystem::path LabImages() { return LabUpdates().parent_path() / "images"; }
inline std::filesystem::path OneLabUpdate() {
  return LabUpdates() / "windows10.0-kb9000101-x86.msu";
}

}  // namespace ww::catalog
