// The tables that statements may name. Grows, never shrinks; definitions stay where they are.
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "wimwright/base/result.h"
#include "wimwright/database/table.h"

namespace ww::database {

class Tables {
 public:
  void Add(const TableDefinition& table);
  // kUsage: not defined. The definition lives as long as the caller holds it.
  Result<std::shared_ptr<const TableDefinition>> Find(std::string_view name) const;

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::shared_ptr<const TableDefinition>, std::less<>> tables_;
};

}  // namespace ww::database
