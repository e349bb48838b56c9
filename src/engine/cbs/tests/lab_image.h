// One image of the lab, made and opened once for all tests of a suite.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "wimwright/base/file.h"
#include "wimwright/cbs/image_state.h"
#include "wimwright/lab/lab.h"

namespace ww::cbs {

struct LabImage {
  std::unique_ptr<wim::WimFile> wim;
  std::unique_ptr<wim::Image> tree;
  std::unique_ptr<ImageState> state;

  // Fails the running test, and leaves `state` null, when it cannot be made.
  static LabImage Make(std::string_view name) {
    LabImage out;
    out.Open(name);
    return out;
  }
  void Close() {
    state.reset();
    tree.reset();
    wim.reset();
  }

 private:
  void Open(std::string_view name) {
    const auto dir =
        std::filesystem::path(testing::TempDir()) / fmt::format("ww_image_{}_{}", ::getpid(), name);
    std::filesystem::remove_all(dir);
    lab::LabOptions options;
    options.preset = lab::Preset::kSmall;
    options.only = {std::string(name)};
    const auto made =
        lab::CreateLab(RealFileSystem(), dir, options, NullProgress(), NeverCancelled());
    ASSERT_TRUE(made) << made.error().message;
    auto opened = wim::WimFile::Open(RealFileSystem(), dir / "images" / name);
    ASSERT_TRUE(opened) << opened.error().message;
    wim = std::move(*opened);
    std::filesystem::remove_all(dir);  // the open file stays readable
    auto read = wim->ReadImage(1);
    ASSERT_TRUE(read) << read.error().message;
    tree = std::make_unique<wim::Image>(*std::move(read));
    auto loaded = ImageState::Load(*wim, *tree, 1);
    ASSERT_TRUE(loaded) << loaded.error().message;
    state = std::make_unique<ImageState>(*std::move(loaded));
  }
};

}  // namespace ww::cbs
