#include "image_file.h"

#include <fmt/format.h>

#include "wimwright/distmgr/versions.h"
#include "wimwright/provider/references.h"

namespace ww::insight {

Result<ImageFile> FileOfVersion(provider::LongMethodCall& m, const InsightOptions& options,
                                std::optional<std::uint32_t> version) {
  ImageFile out;
  out.package_id = m.Argument("PackageID").TextOr("");
  std::optional<distmgr::PackageVersion> found;
  WW_RETURN_IF_ERROR(m.provider.Read(m.context, [&](provider::Call& call) -> Status {
    const auto image = provider::ImageOf(call, out.package_id);
    const auto missing = [&] {
      return provider::Missing(fmt::format("there is no image {}", out.package_id));
    };
    if (!image) return missing();
    const auto type = provider::ObjectTypeOf(image->cls());
    WW_TRY(const auto readable, call.access.On(call.store, type, out.package_id, provider::kOpRead),
           "access");
    if (!readable) return missing();
    if (version) {
      WW_TRY(found, distmgr::FindVersion(call, out.package_id, *version), "version");
    } else {
      WW_TRY(found, distmgr::CurrentVersion(call, out.package_id), "version");
    }
    return {};
  }));
  if (!found) {
    return provider::Missing(
        version ? fmt::format("{} has no version {}", out.package_id, *version)
                : fmt::format("the source of {} has not been taken in yet", out.package_id));
  }
  out.version = found->source_version;
  // An upgrade package is a folder; its image is sources/install.wim.
  const distmgr::PackageFile* wim = nullptr;
  for (const auto& file : found->files) {
    if (found->files.size() == 1 || cim::SameName(file.path, "sources/install.wim")) wim = &file;
  }
  if (wim == nullptr) {
    return provider::BadValue(fmt::format("{} has no sources/install.wim", out.package_id));
  }
  const auto path = options.library->PathOf(wim->id);
  if (!path || !options.library->Has(wim->id)) {
    return Fail(Code::kUnsupported, "the content library of this server has not got the image");
  }
  out.path = *path;
  out.bytes = wim->bytes;
  return out;
}

}  // namespace ww::insight
