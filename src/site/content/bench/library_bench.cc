// Adding a file against nothing but reading it and making its SHA-256, in turns. WW_BENCH_MB
// (1700), WW_BENCH_DIR (default: the temporary folder): where blocks can be shared, Add() copies
// nothing.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "wimwright/content/library.h"

namespace {

using namespace ww;
using namespace ww::content;
namespace stdfs = std::filesystem;

constexpr int kRounds = 5;

template <typename T>
T Must(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}
void Must(const Status& status) {
  static_cast<void>(Must(status ? Result<int>(1) : Result<int>(Fail(status.error()))));
}

double Seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Setting {
  stdfs::path dir;
  std::uint64_t size = 0;
  Setting() {
    const char* const megabytes = std::getenv("WW_BENCH_MB");
    size = (megabytes != nullptr ? std::strtoull(megabytes, nullptr, 10) : 1700) * 1'000'000;
    const char* const base = std::getenv("WW_BENCH_DIR");
    auto pattern = ((base != nullptr ? stdfs::path(base) : stdfs::temp_directory_path()) /
                    "ww_library_bench_XXXXXX")
                       .string();
    dir = ::mkdtemp(pattern.data());
    std::mt19937_64 random(1);
    Bytes piece(8 << 20);
    const auto file = Must(RealFileSystem().CreateNew(source()));
    for (std::uint64_t at = 0; at < size; at += piece.size()) {
      for (std::size_t i = 0; i < piece.size(); i += 8) {
        StoreLe<std::uint64_t>(piece.data() + i, random());
      }
      const auto room = std::min<std::uint64_t>(piece.size(), size - at);
      Must(file->WriteAt(at, ByteView(piece).first(static_cast<std::size_t>(room))));
    }
    Must(file->Sync());
  }
  ~Setting() { stdfs::remove_all(dir); }
  stdfs::path source() const { return dir / "source"; }
};

Setting& TheSetting() {
  static Setting setting;
  return setting;
}

// Through the page cache, as any program reads.
void ReadAndHash(const stdfs::path& path) {
  const auto file = Must(RealFileSystem().Open(path, OpenMode::kRead));
  const auto size = Must(file->Size());
  Bytes piece(1 << 20);
  Sha256Hasher hasher;
  for (std::uint64_t at = 0; at < size;) {
    const auto room = MutableByteView(piece).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - at)));
    Must(file->ReadAt(at, room));
    hasher.Update(room);
    at += room.size();
  }
  benchmark::DoNotOptimize(hasher.Finish());
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void Compare(benchmark::State& state, const std::function<void()>& prepare,
             const std::function<ContentId(Library&)>& add) {
  auto& setting = TheSetting();
  const auto library = Must(OpenFolderLibrary({.dir = setting.dir / "library"}));
  std::vector<double> ours, pure, ratios;
  for (auto _ : state) {
    ReadAndHash(setting.source());
    for (int i = 0; i < kRounds; ++i) {
      prepare();
      pure.push_back(Seconds([&] { ReadAndHash(setting.source()); }));
      ContentId id;
      ours.push_back(Seconds([&] { id = add(*library); }));
      ratios.push_back(ours.back() / pure.back());
      Must(library->Remove(id));
    }
  }
  state.counters["ratio"] = Median(ratios);
  state.counters["ours_s"] = Median(ours);
  state.counters["sha256_s"] = Median(pure);
}

void Add(benchmark::State& state) {
  const auto source = TheSetting().source();
  Compare(
      state, [] {}, [&](Library& library) { return Must(library.Add(source)).id; });
}

void Adopt(benchmark::State& state) {
  auto& setting = TheSetting();
  const auto made = setting.dir / "made";
  Compare(
      state,
      [&] {
        stdfs::copy_file(setting.source(), made, stdfs::copy_options::overwrite_existing);
        Must(Must(RealFileSystem().Open(made, OpenMode::kRead))->Sync());
      },
      [&](Library& library) { return Must(library.Adopt(made)).id; });
}

BENCHMARK(Add)->Iterations(1)->Unit(benchmark::kSecond);
BENCHMARK(Adopt)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
