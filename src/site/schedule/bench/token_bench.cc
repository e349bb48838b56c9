// Tokens are encoded and decoded for every schedule of every object: under a microsecond for both.
#include <benchmark/benchmark.h>

#include "wimwright/schedule/next_run.h"

namespace ww::schedule {
namespace {

void DecodeAndEncode(benchmark::State& state) {
  for (auto _ : state) {
    const auto token = DecodeToken("00211D80083213C0");
    benchmark::DoNotOptimize(EncodeToken(*token));
  }
}
BENCHMARK(DecodeAndEncode);

void NextRunMonthly(benchmark::State& state) {
  const auto token = *DecodeToken("00211D80083213C0");
  const auto zone = TimeZone::Find("Europe/Berlin").value_or(TimeZone::Utc());
  const TimePoint from(std::chrono::seconds(1'900'000'000));
  for (auto _ : state) benchmark::DoNotOptimize(NextRun(token, from, zone));
}
BENCHMARK(NextRunMonthly);

void NextRunInterval(benchmark::State& state) {
  const auto token = *DecodeToken("0001200000100700");
  const TimePoint from(std::chrono::seconds(1'900'000'000));
  for (auto _ : state) benchmark::DoNotOptimize(NextRun(token, from, TimeZone::Utc()));
}
BENCHMARK(NextRunInterval);

}  // namespace
}  // namespace ww::schedule
