#include "call_log.h"

#include <fmt/format.h>

#include "wimwright/cim/status.h"

namespace ww::provider {
namespace {

constexpr std::string_view kComponent = "SMSProv";
constexpr std::size_t kMostText = 1000;  // of an object: queries may be long

}  // namespace

CallLog::Entry::Entry(const CallLog& log, const Clock& clock, const cim::Context& context,
                      std::string_view operation, std::string object)
    : log_(log),
      clock_(clock),
      context_(context),
      operation_(operation),
      object_(std::move(object)),
      began_(clock.Now()) {
  if (object_.size() > kMostText) object_.resize(kMostText);
}

CallLog::Entry::~Entry() {
  if (log_.log_ == nullptr) return;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(clock_.Now() - began_);
  const auto line = fmt::format("{} {} by {} from {} ({}), {} us: {}", operation_, object_,
                                context_.user, context_.machine_name, context_.application_name,
                                took.count(), failure_.empty() ? "ok" : failure_);
  if (failure_.empty()) {
    log_.log_->Info(kComponent, "{}", line);
  } else {
    log_.log_->Warning(kComponent, "{}", line);
  }
}

const Error& CallLog::Entry::Failed(const Error& error) const {
  const auto status = cim::ToExtendedStatus(error, operation_, object_);
  failure_ = fmt::format("{} 0x{:08X}: {}", cim::WbemName(status.status), status.error_code,
                         status.description);
  return error;
}

}  // namespace ww::provider
