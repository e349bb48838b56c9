// An offline scan catalogue (wsusscn2.cab) of invented updates, in the proportions of the real one.
#pragma once

#include <filesystem>

#include "wimwright/lab/cab_writer.h"

namespace ww::lab {

struct ScanCatalogOptions {
  // Entries of package.xml: about half are updates that people install, half are the parts of these
  // bundles that have the files; the rest are categories and detectors.
  std::uint32_t entries = 2000;
  std::uint64_t seed = 1607;
  // Editions of one catalogue have one seed: equal numbers are equal updates. A later one may lack
  // the first updates, and have others in a later revision with another title.
  std::string created = "2024-06-11T18:00:00Z";
  std::uint32_t withdrawn = 0;  // updates left out at the beginning
  std::uint32_t revised = 0;    // updates behind these in a later revision
  // Bytes that an entry has in package.xml on average; the real ones have about 800, most of them
  // prerequisites. 0: none of these.
  std::uint32_t prerequisite_bytes = 500;
  // Languages beside English, whose texts nobody reads.
  std::vector<std::string> languages = {"de"};
  std::uint32_t updates_per_cab = 15'000;  // bundles and parts; a cabinet has 65535 members at most
  CabCompression compression = CabCompression::kLzx;
  CabCompression outer_compression = CabCompression::kNone;
};

// What is in it, for whoever checks what was read.
struct ScanCatalogFacts {
  std::uint32_t entries = 0, updates = 0, parts = 0, files = 0, relations = 0, superseded = 0;
  std::uint64_t package_xml_bytes = 0;
};

// Creates `path`, which must not exist. Memory grows with `updates_per_cab`, not with `entries`:
// package.xml goes through an unnamed file beside it.
Result<ScanCatalogFacts> WriteScanCatalog(FileSystem& fs, const std::filesystem::path& path,
                                          const ScanCatalogOptions& options = {});

}  // namespace ww::lab
