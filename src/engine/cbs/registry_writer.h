// Collects registry changes in order of execution.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>

#include "wimwright/base/position_index.h"
#include "wimwright/cbs/registry_changes.h"

namespace ww::cbs {

// Copyable, as RegistryChanges are: a copy is filled by way of trial.
class RegistryWriter {
 public:
  void Set(HiveKind hive, std::string_view key, std::string_view name,
           const ::ww::hive::Value& value);
  // Keeps what a person or an earlier version may have chosen.
  void SetIfMissing(HiveKind hive, std::string_view key, std::string_view name,
                    const ::ww::hive::Value& value);
  void CreateKey(HiveKind hive, std::string_view key, ByteView security_descriptor = {});
  void DeleteSubkeys(HiveKind hive, std::string_view key);
  void DeleteKey(HiveKind hive, std::string_view key);  // with everything below it
  void DeleteValue(HiveKind hive, std::string_view key, std::string_view name);

  // What Set() planned for a value so far; nothing when it was not touched, or deleted since.
  std::optional<::ww::hive::Value> Planned(HiveKind hive, std::string_view key,
                                           std::string_view name) const;

  const RegistryChanges& changes() const { return changes_; }
  RegistryChanges Take() {
    last_set_ = {};
    deleted_ = {};
    return std::move(changes_);
  }

 private:
  std::optional<std::size_t> FindSet(std::size_t hash, HiveKind hive, std::string_view key,
                                     std::string_view name) const;
  bool DeletedSince(std::size_t at, HiveKind hive, std::string_view key,
                    std::string_view name) const;

  RegistryChanges changes_;
  PositionIndex last_set_;  // of changes_, by hive, folded key and folded name
  // Where a value or a whole key was last deleted, by hash: a collision writes a value twice.
  std::unordered_map<std::size_t, std::size_t> deleted_;
};

}  // namespace ww::cbs
