// Decoding speed: genuine patches by the symbol (literals and copies), 20,000 manifests on two
// threads, and self-made pairs: text-like targets with many small matches, and runs.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>

#include "container.h"
#include "pe_pipeline.h"
#include "pseudolzx.h"
#include "wimwright/base/hash.h"
#include "wimwright/delta/apply.h"
#include "wimwright/delta/encode.h"
#include "wimwright/delta/store_wrapper.h"

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

// ---- genuine patches (skipped without the corpus)

Bytes Slurp(const std::string& relative) {
  std::ifstream in(std::filesystem::path(WW_CORPUS) / relative, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  return ToBytes(std::string_view(text));
}

// The patch alone, after the container and the transforms: what a symbol costs.
void DecodeGenuine(benchmark::State& state, const std::string& source_name,
                   const std::string& delta_name) {
  Bytes source = Slurp(source_name);
  Bytes file = Slurp(delta_name);
  if (source.empty() || file.empty()) {
    state.SkipWithError("no genuine data");
    return;
  }
  if (DetectWrapper(file) == Wrapper::kDcm) file.erase(file.begin(), file.begin() + 4);
  const Limits limits;
  const auto c = ParseContainer(file, limits);
  NormalisedSource normalised;
  if (!c->preprocess.empty()) {
    const auto preprocess = ReadPreprocess(c->preprocess, limits);
    normalised = *NormaliseSource(source, *preprocess, c->header.flags, {}, limits);
    source = normalised.image;
  }
  std::uint64_t symbols = 0;
  for (auto _ : state) {
    const auto patch =
        DecodePatch(source, c->patch, c->header.target_size, normalised.copy_rift, limits);
    symbols = patch->symbols;
    benchmark::DoNotOptimize(patch);
  }
  state.counters["symbols"] = static_cast<double>(symbols);
  state.counters["target"] = static_cast<double>(c->header.target_size);
  state.counters["s_per_symbol"] =
      benchmark::Counter(static_cast<double>(symbols) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
const std::string kManifests = "manifests/amd64_";
const std::string kBase = "manifests/base_manifest.bin";
BENCHMARK_CAPTURE(DecodeGenuine, manifest_netvg63a, kBase,
                  kManifests +
                      "dual_netvg63a.inf_31bf3856ad364e35_10.0.26100.1_none_"
                      "9162a10543917fc7.manifest");
BENCHMARK_CAPTURE(DecodeGenuine, manifest_gadugi, kBase,
                  kManifests +
                      "microsoft-windows-font-truetype-gadugi_31bf3856ad364e35_10.0."
                      "26100.1_none_e1326a4c8dcc8ee1.manifest");
BENCHMARK_CAPTURE(DecodeGenuine, manifest_multipoint, kBase,
                  kManifests +
                      "multipoint-srcres.resources_31bf3856ad364e35_10.0.26100.1_en-us_"
                      "6ab3ac0cf789ac3d.manifest");
BENCHMARK_CAPTURE(DecodeGenuine, manifest_core, kBase,
                  kManifests +
                      "microsoft-windows-core_31bf3856ad364e35_10.0.26100.1_none_"
                      "a943f5e781a44c5c.manifest");
BENCHMARK_CAPTURE(DecodeGenuine, cmd_to_notepad, std::string("delta/raw/cmd.exe"),
                  std::string("delta/raw/cmd__to__notepad__raw.pa30"));
BENCHMARK_CAPTURE(DecodeGenuine, cmd_to_where, std::string("delta/raw/cmd.exe"),
                  std::string("delta/raw/cmd__to__where__raw.pa30"));
BENCHMARK_CAPTURE(DecodeGenuine, pe_provdiagnostics,
                  std::string("delta/pe/amd64_provdiagnostics/base.bin"),
                  std::string("delta/pe/amd64_provdiagnostics/delta.pa30"));

// ---- the manifests of a store

// As a component store has them: a few hundred bytes to some dozen KiB, with a dictionary of 9 KiB.
Bytes Manifest(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto number = [&random] { return std::to_string(random() % 100000); };
  std::string text =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<assembly "
      "xmlns=\"urn:schemas-microsoft-com:asm.v3\" "
      "manifestVersion=\"1.0\">\r\n  <assemblyIdentity name=\"Component-" +
      number() + "\" version=\"10.0.26100." + number() +
      "\" processorArchitecture=\"amd64\" language=\"neutral\"/>\r\n";
  const unsigned files = 1 + static_cast<unsigned>(random() % 8) * (random() % 16 == 0 ? 10 : 1);
  for (unsigned i = 0; i < files; ++i) {
    Bytes name(32);
    for (auto& b : name) b = static_cast<std::byte>('A' + random() % 26);
    text += "  <file name=\"file" + number() +
            ".dll\" destinationPath=\"$(runtime.system32)\\\" "
            "sourceName=\"\" importPath=\"$(build.nttree)\\\">\r\n    <securityDescriptor "
            "name=\"WRP_FILE_DEFAULT_SDDL\"/>\r\n"
            "    <hash xmlns=\"urn:schemas-microsoft-com:asm.v2\"><dsig:DigestValue>" +
            std::string(AsText(name)) + "=</dsig:DigestValue></hash>\r\n  </file>\r\n";
  }
  return ToBytes(std::string_view(text + "</assembly>"));
}

// 20,000 files unwrapped and hashed by two threads, as when an image is loaded.
void UnwrapManifests(benchmark::State& state) {
  constexpr std::size_t kFiles = 20000;
  constexpr std::size_t kThreads = 2;
  Bytes base;
  for (std::uint32_t i = 0; base.size() < 9066; ++i) Append(base, Manifest(i));
  base.resize(9066);
  std::vector<Bytes> files;
  std::uint64_t stored = 0, plain = 0;
  for (std::uint32_t i = 0; i < kFiles; ++i) {
    const Bytes text = Manifest(1000 + i % 2000);  // making them takes longer than reading them
    files.push_back(i < 2000 ? WrapDcm(*Encode(base, text, {.hash_algorithm = 0}))
                             : files[i % 2000]);
    stored += files.back().size();
    plain += text.size();
  }
  for (auto _ : state) {
    const auto work = [&](std::size_t first) {
      for (std::size_t i = first; i < kFiles; i += kThreads) {
        benchmark::DoNotOptimize(Sha256(*Unwrap(files[i], base)));
      }
    };
    std::thread other(work, 1);
    work(0);
    other.join();
  }
  state.counters["files"] = kFiles;
  state.counters["stored"] = static_cast<double>(stored);
  state.counters["plain"] = static_cast<double>(plain);
}
BENCHMARK(UnwrapManifests)->UseRealTime()->Unit(benchmark::kMillisecond);

// ---- pairs of our own

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
