// Writing modelled images into one WIM file.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hives.h"
#include "image_model.h"
#include "tree_builder.h"
#include "wimwright/base/progress.h"

namespace ww::lab {

// How much there is besides the component store.
struct ImageSize {
  int loose_files = 40;                   // below Users, Program Files and the like
  std::uint64_t loose_file_bytes = 5000;  // typical size
  std::uint64_t software_bytes = 0;       // rough growth of the hives
  std::uint64_t system_bytes = 0;
  std::uint64_t components_bytes = 0;
};

// The last word on an image, before its hives are finished: where defects are made.
struct Customization {
  std::function<void(Hives&)> registry;
  std::function<void(TreeBuilder&)> tree;
  // Changes the bytes of finished hive files.
  std::function<void(HiveName, Bytes&)> hive_bytes;
};

struct WimSettings {
  TimePoint now;
  std::uint64_t seed = 0;
  unsigned threads = 0;
  int compression_level = 20;
};

// One WIM file in the making. Not thread-safe.
class WimBuilder {
 public:
  static Result<WimBuilder> Create(FileSystem& fs, const std::filesystem::path& path,
                                   const WimSettings& settings);
  WimBuilder(WimBuilder&&) noexcept = default;

  // The name of the image is the edition's display name.
  Status AddWindows(const ImageModel& model, const Signer& signer, const ImageSize& size,
                    const Customization& customization, const Cancellation& cancellation);
  // An image without Windows.
  Status AddPlain(std::string_view name);
  Result<wim::CommitStats> Commit();

 private:
  WimBuilder(std::unique_ptr<wim::Editor> editor, const WimSettings& settings);
  Result<wim::Image*> AddEmpty(std::string_view name, int& index);
  Status DescribeWindows(int index, const ImageModel& model);

  std::unique_ptr<wim::Editor> editor_;
  std::unique_ptr<ContentStore> contents_;
  WimSettings settings_;
  std::map<std::string, Content> packed_manifests_;  // by keyform
};

}  // namespace ww::lab
