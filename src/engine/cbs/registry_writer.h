// Collects registry changes in order of execution.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wimwright/cbs/plan.h"

namespace ww::cbs {

class RegistryWriter {
 public:
  void Set(HiveKind hive, std::string key, std::string name, ::ww::hive::Value value);
  // Keeps what a person or an earlier version may have chosen.
  void SetIfMissing(HiveKind hive, std::string key, std::string name, ::ww::hive::Value value);
  void CreateKey(HiveKind hive, std::string key, Bytes security_descriptor = {});
  void DeleteSubkeys(HiveKind hive, std::string key);

  // What Set() planned for a value so far; nothing when it was not touched.
  std::optional<::ww::hive::Value> Planned(HiveKind hive, const std::string& key,
                                           const std::string& name) const;

  const std::vector<RegistryChange>& changes() const { return changes_; }
  std::vector<RegistryChange> Take() { return std::move(changes_); }

 private:
  std::vector<RegistryChange> changes_;
  std::map<std::string, std::size_t> last_set_;  // folded hive|key|name -> position
};

}  // namespace ww::cbs
