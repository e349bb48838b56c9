// What all parts of making a lab share.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base_model.h"
#include "image_writer.h"
#include "signer.h"
#include "wimwright/lab/lab.h"

namespace ww::lab {

struct LabContext {
  FileSystem& fs;
  std::filesystem::path dir;
  const LabOptions& options;
  Progress& progress;
  const Cancellation& cancellation;
  std::unique_ptr<Signer> signer;
  Workshop shop;
  ModelSize model_size;
  ImageSize image_size;
  LabReport report;

  std::filesystem::path image_path(std::string_view name) const { return dir / "images" / name; }
  std::filesystem::path update_path(std::string_view name) const { return dir / "updates" / name; }
  // Whether options.only leaves this name in.
  bool wanted(std::string_view name) const;
  WimSettings wim_settings() const;
  // Notes that images/<name> was finished.
  Status FinishedImage(std::string_view name);
  Status FinishedUpdate(std::string_view name);
};

// One Windows image file: an index per edition given.
Status WriteWindowsImage(LabContext& lab, std::string_view file_name,
                         const std::vector<ImageModel>& models,
                         const Customization& customization = {});

Status WriteImages(LabContext& lab);
Status WriteUpdates(LabContext& lab);
Status WriteDescription(LabContext& lab);  // README.md, lab.json, lab-ca.pem

}  // namespace ww::lab
