// Updates of a catalogue into the database, many in one transaction.
#pragma once

#include <unordered_map>
#include <vector>

#include "records.h"
#include "wimwright/catalog/scan_catalog.h"
#include "wimwright/provider/site_provider.h"

namespace ww::catalog {

struct ScanCounts {
  std::uint64_t updates = 0, created = 0, changed = 0, files = 0, categories = 0, relations = 0;
  std::uint64_t expired = 0;  // were in an earlier edition of the catalogue and are gone from it
};

// Each update comes in whole, with its contents, files and categories; a catalogue does not: when
// the import ends early, what came before stays, and importing it again completes it. Which updates
// a catalogue has is kept in SMS_CIUpdateSources, the catalogue and the date of its last complete
// import in SMS_SoftwareUpdateSource.
class ScanWriter {
 public:
  ScanWriter(provider::SiteProvider& provider, const cim::Context& context)
      : provider_(provider), context_(context) {}

  // kConflict for a catalogue that is older than the one the site has.
  Status Begin(const ScanSummary& catalogue);
  Status AddCategories(const std::vector<Category>& categories);
  Status Add(ScanUpdate&& update);
  Status Add(const ScanRelation& relation);
  // The rest of both; then, of a whole catalogue, updates that earlier editions had expire.
  Status Finish();
  const ScanCounts& counts() const { return counts_; }

 private:
  Status FlushUpdates();
  Status FlushRelations();
  Status ExpireVanished();
  Result<std::vector<std::int64_t>> Vanished(provider::Call& call);

  provider::SiteProvider& provider_;
  const cim::Context& context_;
  CategoryMap categories_;
  std::uint32_t source_ = 0;  // UpdateSourceID; 0: not a whole catalogue
  std::string created_;
  std::vector<ScanUpdate> batch_;
  std::size_t batch_files_ = 0;
  std::vector<ScanRelation> relations_;
  std::unordered_map<std::uint32_t, std::uint32_t> ids_;  // revision -> CI_ID
  ScanCounts counts_;
};

}  // namespace ww::catalog
