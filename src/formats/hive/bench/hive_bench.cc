// Inserting 10,000 keys under one parent of a hive that has 28,000 there; and, where hivexsh is
// installed, how long it takes for the fiftieth part of that.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "wimwright/hive/hive.h"

namespace ww::hive {
namespace {

constexpr int kExisting = 28000;
constexpr int kAdded = 10000;
constexpr int kAddedByHivex = 200;  // each rewrites the whole list: all of them take minutes

std::string Name(int n) {
  return "amd64_component-" + std::to_string(n * 7919LL % 1000003) +
         "_31bf3856ad364e35_10.0.26100.1_none_0123456789abcdef";
}

const Bytes& Sample() {
  static const Bytes kSample = [] {
    Bytes descriptor(20);
    descriptor[0] = std::byte{1};
    auto hive = *Hive::CreateEmpty("ROOT", descriptor, 1);
    const auto parent = *hive.EnsurePath(hive.root(), "Components");
    for (int i = 0; i < kExisting; ++i) {
      const auto key = *hive.EnsurePath(parent, Name(i));
      static_cast<void>(hive.SetValue(key, "data", MakeBinary(Bytes(1800, std::byte{1}))));
    }
    return *hive.ToBytes();
  }();
  return kSample;
}

void BM_OpenAndSave(benchmark::State& state) {
  for (auto _ : state) {
    auto hive = *Hive::Open(MemoryStorage(Sample()));
    benchmark::DoNotOptimize(hive.ToBytes());
  }
}
BENCHMARK(BM_OpenAndSave)->Unit(benchmark::kMillisecond);

void BM_OpenInsertAndSave(benchmark::State& state) {
  std::size_t growth = 0;
  for (auto _ : state) {
    auto hive = *Hive::Open(MemoryStorage(Sample()));
    const auto parent = **hive.FindPath(hive.root(), "Components");
    for (int i = 0; i < kAdded; ++i) {
      static_cast<void>(hive.EnsurePath(parent, Name(kExisting + i)));
    }
    benchmark::DoNotOptimize(hive.ToBytes());
    growth = static_cast<std::size_t>(hive.size()) - Sample().size();
  }
  state.counters["growth"] = static_cast<double>(growth);
  state.counters["hive"] = static_cast<double>(Sample().size());
}
BENCHMARK(BM_OpenInsertAndSave)->Unit(benchmark::kMillisecond);

void BM_Hivex(benchmark::State& state) {
  if (std::system("command -v hivexsh >/dev/null") != 0) {
    state.SkipWithError("hivexsh is not installed");
    return;
  }
  char folder[] = "/tmp/hive_bench_XXXXXX";
  if (::mkdtemp(folder) == nullptr) {
    state.SkipWithError("no temporary folder");
    return;
  }
  const std::string base = folder;
  std::ofstream script(base + "/script");
  script << "cd \\Components\n";
  for (int i = 0; i < kAddedByHivex; ++i) script << "add " << Name(kExisting + i) << "\n";
  script << "commit\n";
  script.close();
  for (auto _ : state) {
    state.PauseTiming();
    std::ofstream(base + "/hive", std::ios::binary)
        .write(reinterpret_cast<const char*>(Sample().data()),
               static_cast<std::streamsize>(Sample().size()));
    state.ResumeTiming();
    if (std::system(("hivexsh -w -f " + base + "/script " + base + "/hive >/dev/null").c_str()) !=
        0) {
      state.SkipWithError("hivexsh failed");
      break;
    }
    std::ifstream in(base + "/hive", std::ios::binary | std::ios::ate);
    state.counters["growth"] =
        static_cast<double>(in.tellg()) - static_cast<double>(Sample().size());
  }
  static_cast<void>(std::system(("rm -r " + base).c_str()) != 0);
}
BENCHMARK(BM_Hivex)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace ww::hive
