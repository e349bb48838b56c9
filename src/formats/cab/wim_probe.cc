#include "wim_probe.h"

#include <wimlib.h>

#include <string_view>

#include "names.h"
#include "wimwright/base/handle.h"
#include "wimwright/base/text.h"

namespace ww::cab {
namespace {

using WimHandle = Handle<WIMStruct, &wimlib_free>;

struct Findings {
  bool packages = false;
  bool image = false;
};

int Look(const struct wimlib_dir_entry* entry, void* context) {
  auto& found = *static_cast<Findings*>(context);
  if (entry->depth != 1 || entry->filename == nullptr) return 0;
  const std::string_view name = entry->filename;
  if (EqualNoCaseAscii(name, "Windows")) found.image = true;
  if (EndsWithNoCase(name, ".cab") || EndsWithNoCase(name, ".psf") ||
      EndsWithNoCase(name, ".msu") || EqualNoCaseAscii(name, "update.mum") ||
      EndsWithNoCase(name, ".psf.cix.xml")) {
    found.packages = true;
  }
  return 0;
}

}  // namespace

bool WimHoldsPackages(const std::filesystem::path& path) {
  WIMStruct* raw = nullptr;
  if (wimlib_open_wim(path.c_str(), 0, &raw) != 0) return false;
  const WimHandle wim(raw);
  struct wimlib_wim_info info {};
  if (wimlib_get_wim_info(wim.get(), &info) != 0 || info.image_count != 1) return false;
  Findings found;
  if (wimlib_iterate_dir_tree(wim.get(), 1, WIMLIB_WIM_ROOT_PATH,
                              WIMLIB_ITERATE_DIR_TREE_FLAG_CHILDREN, Look, &found) != 0) {
    return false;
  }
  return found.packages && !found.image;
}

}  // namespace ww::cab
