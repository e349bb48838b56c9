#include "tables.h"

#include <mutex>

#include "wimwright/base/text.h"

namespace ww::database {

void Tables::Add(const TableDefinition& table) {
  const std::unique_lock lock(mutex_);
  tables_[ToLowerAscii(table.name)] = std::make_shared<const TableDefinition>(table);
}

Result<std::shared_ptr<const TableDefinition>> Tables::Find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto it = tables_.find(ToLowerAscii(name));
  if (it == tables_.end()) {
    return Fail(Code::kUsage, "no table '" + std::string(name.substr(0, 100)) + "' is defined");
  }
  return it->second;
}

}  // namespace ww::database
