// One update file into the site's database: everything it changes, in one transaction.
#pragma once

#include <map>

#include "records.h"

namespace ww::catalog {

enum class ImportDecision { kImported, kCompleted, kAlreadyPresent };
std::string_view ImportDecisionName(ImportDecision decision);

struct ImportOutcome {
  ImportDecision decision = ImportDecision::kAlreadyPresent;
  std::uint32_t ci_id = 0;
  std::string article, title;
};

// A file of a known content that the description's payload is: bytes that a catalogue named before
// and that travel inside the MSU.
struct WantedFile {
  std::uint32_t content_id = 0;
  std::string name;
  std::size_t payload = 0;  // index into UpdateDescription::payload
};
// Those the site has no bytes of yet.
Result<std::vector<WantedFile>> FindWanted(provider::Call& call, const UpdateDescription& update);

// The file itself is in the library, and so are the payload files of `extracted`. `into`: the
// update that gets the content, 0 for the one that the file says it is.
Result<ImportOutcome> RecordImport(provider::Call& call, const UpdateDescription& update,
                                   const std::vector<WantedFile>& extracted, std::uint32_t into);

// ContentDownloaded, IsContentProvisioned and Size as the files have it now.
Status RefreshContentState(provider::Call& call, std::uint32_t ci_id);

// Marks a file of a content as stored.
Status MarkStored(provider::Call& call, std::uint32_t content_id, std::string_view file_name,
                  const FileRecord& file);

}  // namespace ww::catalog
