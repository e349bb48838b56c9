#include "output_lock.h"
#include "publish.h"
#include "recovery.h"
#include "wimwright/servicing/rollback.h"

namespace ww::servicing {

Result<wim::RollbackResult> RollBack(const std::filesystem::path& image, const Context& context) {
  auto target = ResolveTarget(image);
  if (!target) return Fail(target.error());
  const auto lock = OutputLock::Take(context.fs, *target, context.clock);
  if (lock) {
    RemoveLeftovers(context.fs, *target, context.log);
  } else if (lock.error().code != Code::kIo) {
    return Fail(lock.error());
  }  // else: no right to write beside the image; the lock on the image itself has to do
  WW_RETURN_IF_ERROR(context.cancel.Check());
  auto result = wim::RollBack(context.fs, *target);
  if (result) {
    context.log.Info("OfflineServicing", "rolled back {} from {} to {} bytes", target->string(),
                     result->bytes_before, result->bytes_after);
  }
  return result;
}

}  // namespace ww::servicing
