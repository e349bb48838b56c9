// Updates of a catalogue into the database, many in one transaction.
#pragma once

#include <unordered_map>
#include <vector>

#include "records.h"
#include "wimwright/catalog/scan_catalog.h"
#include "wimwright/provider/site_provider.h"

namespace ww::catalog {

struct ScanCounts {
  std::uint64_t updates = 0, created = 0, files = 0, categories = 0, relations = 0;
};

// Each update comes in whole, with its contents, files and categories; a catalogue does not: when
// the import ends early, what came before stays, and importing it again completes it.
class ScanWriter {
 public:
  ScanWriter(provider::SiteProvider& provider, const cim::Context& context)
      : provider_(provider), context_(context) {}

  Status AddCategories(const std::vector<Category>& categories);
  Status Add(ScanUpdate&& update);
  Status Add(const ScanRelation& relation);
  // The rest of both.
  Status Finish();
  const ScanCounts& counts() const { return counts_; }

 private:
  Status FlushUpdates();
  Status FlushRelations();

  provider::SiteProvider& provider_;
  const cim::Context& context_;
  CategoryMap categories_;
  std::vector<ScanUpdate> batch_;
  std::size_t batch_files_ = 0;
  std::vector<ScanRelation> relations_;
  std::unordered_map<std::uint32_t, std::uint32_t> ids_;  // revision -> CI_ID
  ScanCounts counts_;
};

}  // namespace ww::catalog
