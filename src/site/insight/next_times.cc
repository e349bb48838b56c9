// WW_ServicingPlan.NextTimes: when a schedule's tokens would be due, by the rules and in the zone
// of the servicing manager.
#include <fmt/format.h>

#include <algorithm>

#include "methods.h"
#include "wimwright/schedule/next_run.h"
#include "wimwright/schedule/token.h"

namespace ww::insight {
namespace {

using cim::Value;
using provider::LongMethodCall;
using provider::Text;

constexpr std::uint64_t kMostTimes = 100;
constexpr std::uint64_t kTimes = 5;
constexpr std::size_t kMostText = 16 * 64;  // tokens are 16 digits each

Status NextTimes(LongMethodCall& m, const InsightOptions& options) {
  const auto text = m.Argument("Schedule").TextOr("");
  if (text.size() > kMostText) return provider::BadValue("Schedule has too many tokens");
  const auto tokens = schedule::ParseSchedule(text);
  if (!tokens) return provider::BadValue(fmt::format("Schedule: {}", tokens.error().message));
  const auto count = std::min(m.Argument("Count").UintOr(kTimes), kMostTimes);
  const auto now = options.clock->Now();
  Value::Array times;
  for (auto from = now; times.size() < count;) {
    WW_RETURN_IF_ERROR(m.context.cancelled->Check());
    const auto next = schedule::NextRun(*tokens, from, options.zone);
    if (!next) break;
    times.push_back(Value::Date(*next));
    from = *next + std::chrono::nanoseconds(1);
  }
  const auto wall = options.zone.ToWall(now);
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  m.Result("Times", Value::Of(std::move(times)));
  m.Result("TimeZone", Text(options.zone.name()));
  m.Result("UtcOffset", Value::Int((wall - seconds) / 60));
  return {};
}

}  // namespace

void BindNextTimes(provider::Bindings& bindings, const InsightOptions& options) {
  bindings.SetLongMethod("WW_ServicingPlan", "NextTimes",
                         [options](LongMethodCall& m) { return NextTimes(m, options); });
}

}  // namespace ww::insight
