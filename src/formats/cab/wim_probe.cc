#include "wim_probe.h"

#include "names.h"
#include "view_files.h"
#include "wimwright/base/text.h"
#include "wimwright/wim/wim_file.h"

namespace ww::cab {

Result<bool> WimHoldsPackages(std::shared_ptr<const File> file,
                              const std::filesystem::path& shown) {
  const auto wim = wim::WimFile::Open(std::make_unique<SharedFile>(std::move(file)), shown);
  if (!wim && wim.error().code == Code::kUnsupported) return false;  // split, solid, pipable
  if (!wim) return Fail(wim.error());
  if ((*wim)->header().image_count != 1) return false;
  const auto image = (*wim)->ReadImage(1);
  if (!image && image.error().code == Code::kUnsupported) return false;
  if (!image) return Fail(image.error());
  bool packages = false;
  bool system = false;
  image->ForEachChild(image->root(), [&](wim::NodeId node) {
    const std::string name = image->name(node);
    if (EqualNoCaseAscii(name, "Windows")) system = true;
    if (EndsWithNoCase(name, ".cab") || EndsWithNoCase(name, ".psf") ||
        EndsWithNoCase(name, ".msu") || EndsWithNoCase(name, ".psf.cix.xml") ||
        EqualNoCaseAscii(name, "update.mum")) {
      packages = true;
    }
  });
  return packages && !system;
}

}  // namespace ww::cab
