#include "updates.h"

namespace ww::lab {

Status WriteUpdates(LabContext& lab) {
  if (lab.options.preset == Preset::kLarge) return WriteLargeUpdates(lab);
  if (lab.options.preset == Preset::kMany) return WriteManyFiles(lab);
  WW_RETURN_IF_ERROR(WriteWindows10Updates(lab));
  WW_RETURN_IF_ERROR(WriteRefusedUpdates(lab));
  WW_RETURN_IF_ERROR(WriteDamagedUpdates(lab));
  WW_RETURN_IF_ERROR(WriteWindows7Updates(lab));
  WW_RETURN_IF_ERROR(WriteWindows81Updates(lab));
  return WriteModernUpdates(lab);
}

}  // namespace ww::lab
