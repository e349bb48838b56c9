#include "registry_writer.h"

#include <fmt/format.h>

#include "wimwright/base/text.h"

namespace ww::cbs {
namespace {

std::string Slot(HiveKind hive, const std::string& key, const std::string& name) {
  return fmt::format("{}|{}|{}", static_cast<int>(hive), FoldCase(key), FoldCase(name));
}

RegistryChange Change(RegistryChange::Kind kind, HiveKind hive, std::string key, std::string name,
                      ::ww::hive::Value value) {
  RegistryChange change;
  change.kind = kind;
  change.hive = hive;
  change.key = std::move(key);
  change.name = std::move(name);
  change.value = std::move(value);
  return change;
}

}  // namespace

void RegistryWriter::Set(HiveKind hive, std::string key, std::string name,
                         ::ww::hive::Value value) {
  // A value set twice is written once, in its last form: the batch leaves no trace of its middle.
  const auto [at, is_new] = last_set_.try_emplace(Slot(hive, key, name), changes_.size());
  if (!is_new) {
    changes_[at->second].value = std::move(value);
    return;
  }
  changes_.push_back(Change(RegistryChange::Kind::kSetValue, hive, std::move(key), std::move(name),
                            std::move(value)));
}

void RegistryWriter::SetIfMissing(HiveKind hive, std::string key, std::string name,
                                  ::ww::hive::Value value) {
  changes_.push_back(Change(RegistryChange::Kind::kSetIfMissing, hive, std::move(key),
                            std::move(name), std::move(value)));
}

void RegistryWriter::CreateKey(HiveKind hive, std::string key, Bytes security_descriptor) {
  auto change = Change(RegistryChange::Kind::kCreateKey, hive, std::move(key), {}, {});
  change.security_descriptor = std::move(security_descriptor);
  changes_.push_back(std::move(change));
}

void RegistryWriter::DeleteSubkeys(HiveKind hive, std::string key) {
  changes_.push_back(Change(RegistryChange::Kind::kDeleteSubkeys, hive, std::move(key), {}, {}));
}

std::optional<::ww::hive::Value> RegistryWriter::Planned(HiveKind hive, const std::string& key,
                                                         const std::string& name) const {
  const auto found = last_set_.find(Slot(hive, key, name));
  if (found == last_set_.end()) return std::nullopt;
  return changes_[found->second].value;
}

}  // namespace ww::cbs
