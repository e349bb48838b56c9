// Decoding speed on self-made pairs: text-like targets with many small matches, and runs.
#include <benchmark/benchmark.h>

#include <random>
#include <string>

#include "wimwright/delta/apply.h"
#include "wimwright/delta/encode.h"

namespace ww::delta {
namespace {

// Lines that repeat words of a small vocabulary: about one match per ten bytes.
Bytes Text(std::uint32_t seed, std::size_t size) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < size) {
    text += "<file name=\"component" + std::to_string(random() % 5000) + ".dll\" size=\"" +
            std::to_string(random() % 100000) + "\"/>\n";
  }
  text.resize(size);
  return ToBytes(std::string_view(text));
}

void ApplyText(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const Bytes source = Text(1, size / 2);
  const Bytes target = Text(2, size);
  const EncodeOptions no_hash{.hash_algorithm = 0};
  const Bytes delta = *Encode(source, target, no_hash);
  for (auto _ : state) benchmark::DoNotOptimize(Apply(source, delta));
  state.SetBytesProcessed(state.iterations() * state.range(0));
  state.counters["delta"] = static_cast<double>(delta.size());
}
BENCHMARK(ApplyText)->Arg(1 << 10)->Arg(1 << 16)->Arg(10 << 20);

void ApplyRun(benchmark::State& state) {
  const Bytes target(static_cast<std::size_t>(state.range(0)), std::byte{7});
  const EncodeOptions no_hash{.hash_algorithm = 0};
  const Bytes delta = *Encode({}, target, no_hash);
  for (auto _ : state) benchmark::DoNotOptimize(Apply({}, delta));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(ApplyRun)->Arg(10 << 20);

void EncodeText(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const Bytes source = Text(1, size / 2);
  const Bytes target = Text(2, size);
  for (auto _ : state) benchmark::DoNotOptimize(Encode(source, target));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(EncodeText)->Arg(1 << 20);

}  // namespace
}  // namespace ww::delta
