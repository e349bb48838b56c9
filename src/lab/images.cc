// The images of a lab.
#include "lab_context.h"

namespace ww::lab {

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
  const auto base = [&lab](const Profile& profile, std::size_t edition) {
    return MakeBaseModel(lab.shop, profile, profile.editions[edition], lab.model_size);
  };
  {
    const Profile p = Windows10("x86");
    WW_RETURN_IF_ERROR(WriteWindowsImage(lab, "win10-1607-x86.wim", {base(p, 0), base(p, 1)}));
  }
  {
    const Profile p = Windows7("x86");
    ImageModel model = base(p, 0);
    AddRemoteClient(lab.shop, model);
    WW_RETURN_IF_ERROR(WriteWindowsImage(lab, "win7sp1-x86.wim", {model}));
  }
  return {};
}

}  // namespace ww::lab
