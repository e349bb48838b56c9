#include "wimwright/base/progress.h"

namespace ww {
namespace {

class Null final : public Progress {
 public:
  void BeginPhase(std::string_view, int, int, std::uint64_t) override {}
  void Advance(std::uint64_t) override {}
};

}  // namespace

Status Cancellation::Check() const {
  if (requested()) return Fail(Code::kCancelled, "cancelled on request");
  return {};
}

Progress& NullProgress() {
  static Null progress;
  return progress;
}

const Cancellation& NeverCancelled() {
  static const Cancellation never;
  return never;
}

}  // namespace ww
