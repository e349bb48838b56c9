#include "site_tables.h"

#include "class_table.h"
#include "locks.h"
#include "site_control.h"
#include "wimwright/provider/identifiers.h"
#include "wimwright/provider/status_messages.h"

namespace ww::provider {

database::Schema SiteSchema(const cim::Schema& schema) {
  database::Schema out;
  out.name = "site";
  for (const auto& cls : schema.classes()) {
    if (IsStored(*cls)) out.tables.push_back(TableOf(*cls));
  }
  out.tables.push_back(CounterTable());
  out.tables.push_back(LockTable());
  out.tables.push_back(StatusAttributeTable());
  out.tables.push_back(SiteControlSessionTable());
  return out;
}

}  // namespace ww::provider
