// The import of a catalogue of the real one's size: seconds, and peak memory of a process that does
// nothing else. WW_SCAN_ENTRIES and WW_SCAN_DATABASE (a database URL) change what is measured.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "wimwright/catalog/catalog.h"
#include "wimwright/catalog/scan_catalog.h"
#include "wimwright/lab/scan_catalog.h"
#include "wimwright/provider/site_provider.h"

namespace ww::catalog {
namespace {

namespace stdfs = std::filesystem;

const stdfs::path& Folder() {
  static const stdfs::path folder = [] {
    auto pattern = (stdfs::path("/var/tmp") / "ww_scan_bench_XXXXXX").string();
    return stdfs::path(mkdtemp(pattern.data()));
  }();
  return folder;
}

template <typename T>
T Must(Result<T> result) {
  if (result) return *std::move(result);
  std::cerr << result.error().message << "\n";
  std::exit(1);
}

// In a process of its own, so that its memory is not counted.
stdfs::path Catalogue() {
  static const stdfs::path path = [] {
    auto file = Folder() / "wsusscn2.cab";
    const auto child = fork();
    if (child == 0) {
      lab::ScanCatalogOptions options;
      const char* entries = std::getenv("WW_SCAN_ENTRIES");
      options.entries =
          entries != nullptr ? static_cast<std::uint32_t>(std::atoi(entries)) : 136'000;
      const auto facts = Must(lab::WriteScanCatalog(RealFileSystem(), file, options));
      std::cerr << facts.entries << " entries, " << facts.updates << " updates, package.xml "
                << facts.package_xml_bytes / 1'000'000 << " MB, catalogue "
                << stdfs::file_size(file) / 1'000'000 << " MB\n";
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return file;
  }();
  return path;
}

double PeakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void BM_ReadScanCatalog(benchmark::State& state) {
  const auto path = Catalogue();
  for (auto _ : state) {
    ScanEvents events;
    std::uint64_t updates = 0, relations = 0;
    events.begin = [](const ScanSummary&) { return Status(); };
    events.categories = [](const std::vector<Category>&) { return Status(); };
    events.update = [&](ScanUpdate&&) -> Status {
      ++updates;
      return {};
    };
    events.relation = [&](const ScanRelation&) -> Status {
      ++relations;
      return {};
    };
    static_cast<void>(Must(ReadScanCatalog(RealFileSystem(), path, events, {})));
    state.counters["updates"] = static_cast<double>(updates);
  }
  state.counters["peak_MB"] = PeakMegabytes();
}
BENCHMARK(BM_ReadScanCatalog)->Unit(benchmark::kSecond)->Iterations(1)->UseRealTime();

void BM_ImportScanCatalog(benchmark::State& state) {
  const auto path = Catalogue();
  for (auto _ : state) {
    const auto schema = Must(cim::LoadBuiltInSchema());
    const char* url = std::getenv("WW_SCAN_DATABASE");
    const auto database = Must(database::Database::Open(
        url != nullptr ? url : "sqlite:" + (Folder() / "site.db").string()));
    content::FolderOptions folder;
    folder.dir = Folder() / "library";
    const auto library = Must(content::OpenFolderLibrary(folder));
    CatalogOptions catalog;
    catalog.library = library.get();
    provider::ProviderOptions options;
    options.schema = &schema;
    options.database = database.get();
    options.files = &RealFileSystem();
    options.components = {
        [&catalog](provider::Bindings& bindings) { BindCatalog(bindings, catalog); }};
    const auto site = Must(provider::SiteProvider::Open(options));
    cim::Context admin;
    admin.user = "LAB\\admin";
    if (!site->AddFullAdministrator(admin.user)) std::exit(1);
    auto in = Must(cim::NewInParameters(*schema.Find("WW_UpdateCatalog"), "ImportScanCatalog"));
    if (!in.Set("Path", cim::Value::String(path.string()))) std::exit(1);
    const auto out = Must(site->Invoke(Must(cim::ParseObjectPath("WW_UpdateCatalog")),
                                       "ImportScanCatalog", in, admin));
    state.counters["updates"] = static_cast<double>(out["Updates"].UintOr(0));
  }
  state.counters["peak_MB"] = PeakMegabytes();
  std::error_code error;
  stdfs::remove_all(Folder(), error);
}
BENCHMARK(BM_ImportScanCatalog)->Unit(benchmark::kSecond)->Iterations(1)->UseRealTime();

}  // namespace
}  // namespace ww::catalog
