// The offline scan catalogue, wsusscn2.cab, as a stream of updates (windows-servicing.md 8.2).
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "wimwright/base/file.h"
#include "wimwright/base/progress.h"
#include "wimwright/catalog/description.h"

namespace ww::catalog {

// A part of an update that has files of its own: what becomes one content.
struct ScanContent {
  std::string id;  // GUID of the part
  std::vector<PayloadFile> files;
};

struct ScanUpdate {
  std::string id;              // GUID
  std::uint32_t revision = 0;  // RevisionId, which relations use
  std::uint32_t revision_number = 0;
  std::string created, article, bulletin, severity, title, description, info_url, support_url;
  bool bundle = false, superseded = false, exclusive = false;
  bool offline_serviceable = false;     // all of its parts are component based servicing
  std::vector<std::string> categories;  // CategoryInstance_UniqueID
  std::vector<std::string> languages;   // as the catalogue spells them: "en", "pt-br"
  std::vector<ScanContent> contents;
};

struct ScanRelation {
  std::uint32_t newer = 0, older = 0;  // RevisionIds
};

struct ScanSummary {
  std::string created;                // of the catalogue, as written
  std::string package_id, source_id;  // source_id is the same in every edition of a catalogue
  bool whole = false;  // all updates that there are, not only the kin of one (WSUSSCAN.cab)
  std::uint64_t entries = 0, updates = 0, untitled = 0;
  std::uint64_t circles = 0;   // relations that ran in a circle, which were left out
  std::uint64_t outdated = 0;  // entries of which the list has a later revision too
};

// Called in this order: the beginning, with what the list says (nothing is counted yet); all
// categories once; updates in any order; relations between updates that were given. An error ends
// the reading and is returned.
struct ScanEvents {
  std::function<Status(const ScanSummary&)> begin;
  std::function<Status(const std::vector<Category>&)> categories;
  std::function<Status(ScanUpdate&&)> update;
  std::function<Status(const ScanRelation&)> relation;
};

struct ScanOptions {
  std::filesystem::path scratch_dir;  // for unnamed files; "": /var/tmp
  const Cancellation* cancellation = &NeverCancelled();
};

// Reads titles in English only. Memory: about 150 bytes for each entry and the texts of one
// cabinet, whatever the sizes of the files. kUnsupported for what is no scan catalogue or has a
// form that is not known; kCorrupt, kLimit, kCancelled.
Result<ScanSummary> ReadScanCatalog(FileSystem& fs, const std::filesystem::path& path,
                                    const ScanEvents& events, const ScanOptions& options = {});

}  // namespace ww::catalog
