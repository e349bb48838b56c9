// Schedules: what is accepted is stable under encoding, and its next runs are in order.
#include <cstdlib>

#include "wimwright/base/bytes.h"
#include "wimwright/schedule/next_run.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::schedule;
  static const auto kZone = TimeZone::Find("Europe/Berlin").value_or(TimeZone::Utc());
  const auto tokens = ParseSchedule(ww::AsText(std::as_bytes(std::span(data, size))));
  if (!tokens) return 0;
  const auto text = FormatSchedule(*tokens);
  const auto again = ParseSchedule(text);
  if (!again || *again != *tokens || FormatSchedule(*again) != text) std::abort();
  for (const auto& token : *tokens) {
    const auto clamped = Clamped(token, {});
    const auto back = DecodeToken(EncodeToken(clamped));
    if (!back || *back != clamped) std::abort();
    if (Validate(token) && clamped != token) std::abort();
  }
  auto from = ww::TimePoint(std::chrono::seconds(1'700'000'000));
  for (int i = 0; i < 8; ++i) {
    const auto next = NextRun(*tokens, from, kZone);
    if (!next) break;
    if (*next < from || NextRun(*tokens, *next, kZone) != next) std::abort();
    from = *next + std::chrono::nanoseconds(1);
  }
  return 0;
}
