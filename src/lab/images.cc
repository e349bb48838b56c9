// The images of a lab.
#include "fit.h"
#include "image_defects.h"
#include "images_modern.h"
#include "lab_context.h"

namespace ww::lab {
namespace {

std::string FileName(const Profile& profile, std::string_view suffix = "") {
  return profile.name + (profile.wide() ? "-x64" : "-x86") + std::string(suffix) + ".wim";
}

Status WritePlainImage(LabContext& lab) {
  constexpr std::string_view kName = "plain.wim";
  if (!lab.wanted(kName)) return {};
  WW_TRY(auto builder, WimBuilder::Create(lab.fs, lab.image_path(kName), lab.wim_settings()),
         kName);
  WW_TRY_STATUS(builder.AddPlain("Documents"), kName);
  WW_TRY_STATUS(builder.Commit(), kName);
  return lab.FinishedImage(kName);
}

// A model costs time too: not made when nobody wants the file.
Status WriteRelease(LabContext& lab, const Profile& profile, std::size_t editions,
                    std::string_view suffix,
                    const std::function<void(Workshop&, ImageModel&)>& adapt) {
  const std::string name = FileName(profile, suffix);
  if (!lab.wanted(name)) return {};
  std::vector<ImageModel> models;
  for (std::size_t i = 0; i < editions; ++i) {
    models.push_back(MakeBaseModel(lab.shop, profile, profile.editions[i], lab.model_size));
    if (adapt) adapt(lab.shop, models.back());
  }
  return WriteWindowsImage(lab, name, models);
}

}  // namespace

Status WriteWindowsImage(LabContext& lab, std::string_view file_name,
                         const std::vector<ImageModel>& models,
                         const Customization& customization) {
  if (!lab.wanted(file_name)) return {};
  WW_TRY(auto builder, WimBuilder::Create(lab.fs, lab.image_path(file_name), lab.wim_settings()),
         file_name);
  for (const ImageModel& model : models) {
    WW_TRY_STATUS(
        builder.AddWindows(model, *lab.signer, lab.image_size, customization, lab.cancellation),
        file_name);
  }
  WW_TRY_STATUS(builder.Commit(), file_name);
  return lab.FinishedImage(file_name);
}

Status WriteImages(LabContext& lab) {
  for (const std::filesystem::path& update : lab.options.fit) {
    WW_RETURN_IF_ERROR(WriteFittingImage(lab, update));
  }
  if (lab.options.preset == Preset::kLarge) {
    return WriteRelease(lab, Windows10("amd64"), 2, "-large", {});
  }
  if (lab.options.preset == Preset::kMany) {
    return WriteRelease(lab, Windows11Year2024(), 1, "-many", {});
  }
  WW_RETURN_IF_ERROR(WriteRelease(lab, Windows10("x86"), 2, "", {}));
  WW_RETURN_IF_ERROR(WriteRelease(lab, Windows10("amd64"), 1, "", {}));
  WW_RETURN_IF_ERROR(WriteRelease(lab, Windows7("x86"), 1, "", AddRemoteClient));
  WW_RETURN_IF_ERROR(WriteRelease(lab, Windows7("amd64"), 2, "", AddRemoteClient));
  WW_RETURN_IF_ERROR(WriteRelease(lab, Windows81("x86"), 1, "", AddBindingEngine));
  WW_RETURN_IF_ERROR(
      WriteRelease(lab, Windows81("x86"), 1, "-drivers", [](Workshop& shop, ImageModel& model) {
        AddBindingEngine(shop, model);
        AddNetDrivers(shop, model);
      }));
  WW_RETURN_IF_ERROR(WriteRelease(lab, Windows81("amd64"), 1, "", AddBindingEngine));
  WW_RETURN_IF_ERROR(WriteModernImages(lab));
  WW_RETURN_IF_ERROR(WritePlainImage(lab));
  WW_RETURN_IF_ERROR(WriteDefectiveImages(lab));
  return WriteForeignForms(lab, FileName(Windows10("x86")));
}

}  // namespace ww::lab
