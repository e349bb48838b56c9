#include "references.h"

namespace ww::wim {

Result<std::vector<bool>> NamedBlobs(const WimFile& wim) {
  std::vector<bool> named(wim.blobs().size());
  for (std::size_t i = 1; i <= wim.blobs().metadata().size(); ++i) {
    auto image = wim.ReadImage(static_cast<int>(i));
    if (!image) return Fail(image.error());
    image->ForEachReference([&](NodeId, const Sha1Digest& hash) {
      if (const auto index = wim.blobs().IndexOf(hash)) named[*index] = true;
    });
  }
  return named;
}

}  // namespace ww::wim
