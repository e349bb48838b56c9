// Opening the metadata of a large image against libwim, and the throughput of the append pipeline.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wimlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "wimwright/wim/editor.h"
#include "wimwright/wim/verify.h"

namespace {

namespace stdfs = std::filesystem;
using namespace ww;
using namespace ww::wim;

constexpr FileTime kNow = 0x01DD0000'00000000;
constexpr int kComponents = 16'000;
constexpr int kEntries = 82'600;

// Text-like: compresses to about a third, as program files do.
Bytes Content(std::size_t size, std::uint32_t seed) {
  Bytes out;
  out.reserve(size + 32);
  std::uint32_t state = seed * 2654435761u + 1;
  while (out.size() < size) {
    state = state * 1664525u + 1013904223u;
    AppendLe(out, static_cast<std::uint16_t>((state >> 20) & 0x3FF));
    if ((state & 0x7000) == 0) Append(out, AsBytes("a part that comes again and again"));
  }
  out.resize(size);
  return out;
}

void FillImage(Editor& editor, Image& image) {
  const Image::Metadata plain{kAttributeArchive, kNow, kNow, kNow, -1};
  const auto windows = *image.AddDirectory(image.root(), "Windows", plain);
  const auto system = *image.AddDirectory(windows, "System32", plain);
  const auto store = *image.AddDirectory(windows, "WinSxS", plain);
  const auto manifests = *image.AddDirectory(store, "Manifests", plain);
  int entries = 5;
  for (int i = 0; entries + 5 <= kEntries; ++i) {
    const auto number = std::to_string(i * 7919 % 1'000'003);
    const auto key = "amd64_microsoft-windows-component" + number +
                     "_31bf3856ad364e35_10.0.19041." + std::to_string(i % 4000) + "_none_" +
                     std::to_string(i * 2654435761u);
    const auto manifest = *editor.AddBlob(Content(64, static_cast<std::uint32_t>(i)));
    static_cast<void>(image.AddFile(manifests, key + ".manifest", plain, manifest, 64));
    ++entries;
    if (i >= kComponents) continue;
    const auto folder = *image.AddDirectory(store, key, plain);
    const auto payload = *editor.AddBlob(Content(80, static_cast<std::uint32_t>(i + 1'000'000)));
    const auto file = *image.AddFile(folder, "file" + number + ".dll", plain, payload, 80);
    static_cast<void>(image.AddLink(system, "file" + number + ".dll", file));
    const auto mui = *image.AddFile(folder, "file" + number + ".dll.mui", plain, payload, 80);
    static_cast<void>(mui);
    entries += 4;
  }
}

void MakeLargeWim(const stdfs::path& path) {
  auto editor = *Editor::CreateEmpty(RealFileSystem(), path, {}, {});
  for (const auto* name : {"one", "two"}) {
    const auto index = *editor->AddImage(name, {kAttributeDirectory, kNow, kNow, kNow, -1});
    FillImage(*editor, **editor->image(index));
    if (!editor->Release(index)) std::abort();
  }
  if (!editor->Commit(kNow)) std::abort();
}

// Two indexes with the usual number of entries, made once, by a child: the peak of memory is then
// that of what is measured.
const stdfs::path& LargeWim() {
  static const stdfs::path path = [] {
    const auto made =
        stdfs::temp_directory_path() / ("ww_wim_bench_" + std::to_string(::getpid()) + ".wim");
    const auto child = ::fork();
    if (child == 0) {
      MakeLargeWim(made);
      ::_exit(0);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) std::abort();
    static stdfs::path to_remove = made;
    std::atexit([] {
      std::error_code ignored;
      stdfs::remove(to_remove, ignored);
    });
    return made;
  }();
  return path;
}

long PeakKilobytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

void OpenMetadata(benchmark::State& state) {
  const auto& path = LargeWim();
  std::size_t nodes = 0;
  for (auto _ : state) {
    const auto wim = *WimFile::Open(RealFileSystem(), path);
    const auto image = *wim->ReadImage(1);
    nodes = image.node_count();
    benchmark::DoNotOptimize(nodes);
  }
  state.counters["entries"] = static_cast<double>(nodes);
}
BENCHMARK(OpenMetadata)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

int Ignore(const wimlib_dir_entry*, void*) { return 0; }

void OpenMetadataWithLibwim(benchmark::State& state) {
  const auto& path = LargeWim();
  for (auto _ : state) {
    WIMStruct* wim = nullptr;
    if (wimlib_open_wim(path.c_str(), 0, &wim) != 0) std::abort();
    if (wimlib_iterate_dir_tree(wim, 1, WIMLIB_WIM_ROOT_PATH, 0, Ignore, nullptr) != 0)
      std::abort();
    wimlib_free(wim);
  }
}
BENCHMARK(OpenMetadataWithLibwim)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

void FindPaths(benchmark::State& state) {
  const auto wim = *WimFile::Open(RealFileSystem(), LargeWim());
  const auto image = *wim->ReadImage(1);
  std::vector<std::string> paths;
  image.ForEachNode([&](NodeId node) { paths.push_back(image.path(node)); });
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(image.Find(paths[at]));
    at = (at + 7919) % paths.size();
  }
}
BENCHMARK(FindPaths);

// Edit both images of the large file: what a servicing job costs besides its content.
void EditBothImages(benchmark::State& state) {
  const auto& path = LargeWim();
  const auto output = stdfs::path(path.string() + ".out");
  const Image::Metadata plain{kAttributeArchive, kNow, kNow, kNow, -1};
  for (auto _ : state) {
    auto editor = *Editor::OpenCopy(RealFileSystem(), path, output, {});
    for (const int index : {1, 2}) {
      auto& image = **editor->image(index);
      for (int i = 0; i < 3000; ++i) {
        static_cast<void>(image.AddFile(*image.Find("Windows\\WinSxS\\Manifests"),
                                        "x86_new" + std::to_string(i), plain, {}, 0));
      }
    }
    if (!editor->Commit(kNow)) std::abort();
    editor.reset();
    stdfs::remove(output);
  }
  state.counters["peak_MB"] = static_cast<double>(PeakKilobytes()) / 1024;
}
BENCHMARK(EditBothImages)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

// range(0): bytes per blob, range(1): level, range(2): threads.
void AppendBlobs(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::size_t total = 64u << 20;
  const auto path = stdfs::temp_directory_path() / ("ww_wim_append_" + std::to_string(::getpid()));
  auto content = Content(size, 5);
  std::uint64_t appended = 0;
  for (auto _ : state) {
    CreateOptions create;
    EditorOptions options;
    options.compression_level = static_cast<int>(state.range(1));
    options.threads = static_cast<unsigned>(state.range(2));
    auto editor = *Editor::CreateEmpty(RealFileSystem(), path, create, options);
    auto& image = **editor->image(*editor->AddImage("x", {kAttributeDirectory, 0, 0, 0, -1}));
    for (std::size_t i = 0; i < total / size; ++i) {
      StoreLe(content.data(), static_cast<std::uint32_t>(i));
      const auto hash = *editor->AddBlob(content);
      static_cast<void>(image.AddFile(image.root(), std::to_string(i), {}, hash, size));
    }
    const auto stats = editor->Commit(kNow);
    if (!stats) std::abort();
    appended = stats->bytes_appended;
    editor.reset();
    stdfs::remove(path);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(total));
  state.counters["ratio"] = static_cast<double>(appended) / static_cast<double>(total);
}
BENCHMARK(AppendBlobs)
    ->Args({40'000, 20, 1})
    ->Args({40'000, 20, 2})
    ->Args({16 << 20, 20, 2})
    ->Args({40'000, 50, 2})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

}  // namespace
