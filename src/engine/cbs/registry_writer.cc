#include "registry_writer.h"

#include <functional>
#include <string>

#include "wimwright/base/text.h"

namespace ww::cbs {
namespace {

using Kind = RegistryChange::Kind;

std::size_t SlotHash(HiveKind hive, std::string_view key, std::string_view name) {
  auto text = FoldCase(key);
  text += '|';
  text += FoldCase(name);
  text += static_cast<char>(hive);
  return std::hash<std::string_view>()(text);
}

// Of a key as a whole; no value's name has this form.
std::size_t KeyHash(HiveKind hive, std::string_view key) { return SlotHash(hive, key, "\\"); }

}  // namespace

std::optional<std::size_t> RegistryWriter::FindSet(std::size_t hash, HiveKind hive,
                                                   std::string_view key,
                                                   std::string_view name) const {
  return last_set_.Find(hash, [&](std::size_t at) {
    const auto change = changes_[at];
    return change.hive == hive && EqualNoCase(change.key, key) && EqualNoCase(change.name, name) &&
           !DeletedSince(at, hive, key, name);
  });
}

bool RegistryWriter::DeletedSince(std::size_t at, HiveKind hive, std::string_view key,
                                  std::string_view name) const {
  if (deleted_.empty()) return false;
  const auto later = [&](std::size_t hash) {
    const auto found = deleted_.find(hash);
    return found != deleted_.end() && found->second > at;
  };
  if (later(SlotHash(hive, key, name))) return true;
  for (;;) {
    if (later(KeyHash(hive, key))) return true;
    const auto slash = key.rfind('\\');
    if (slash == std::string_view::npos) return false;
    key = key.substr(0, slash);
  }
}

void RegistryWriter::Set(HiveKind hive, std::string_view key, std::string_view name,
                         const ::ww::hive::Value& value) {
  // A value set twice is written once, in its last form: the batch leaves no trace of its middle.
  const auto hash = SlotHash(hive, key, name);
  if (const auto at = FindSet(hash, hive, key, name)) {
    changes_.SetValue(*at, value.type, value.data);
    return;
  }
  last_set_.Add(hash, changes_.size());
  changes_.Add({Kind::kSetValue, hive, key, name, value.type, value.data, {}});
}

void RegistryWriter::SetIfMissing(HiveKind hive, std::string_view key, std::string_view name,
                                  const ::ww::hive::Value& value) {
  changes_.Add({Kind::kSetIfMissing, hive, key, name, value.type, value.data, {}});
}

void RegistryWriter::CreateKey(HiveKind hive, std::string_view key, ByteView security_descriptor) {
  changes_.Add({Kind::kCreateKey, hive, key, {}, 0, {}, security_descriptor});
}

void RegistryWriter::DeleteSubkeys(HiveKind hive, std::string_view key) {
  changes_.Add({Kind::kDeleteSubkeys, hive, key, {}, 0, {}, {}});
}

void RegistryWriter::DeleteKey(HiveKind hive, std::string_view key) {
  deleted_[KeyHash(hive, key)] = changes_.size();
  changes_.Add({Kind::kDeleteKey, hive, key, {}, 0, {}, {}});
}

void RegistryWriter::DeleteValue(HiveKind hive, std::string_view key, std::string_view name) {
  deleted_[SlotHash(hive, key, name)] = changes_.size();
  changes_.Add({Kind::kDeleteValue, hive, key, name, 0, {}, {}});
}

std::optional<::ww::hive::Value> RegistryWriter::Planned(HiveKind hive, std::string_view key,
                                                         std::string_view name) const {
  const auto found = FindSet(SlotHash(hive, key, name), hive, key, name);
  if (!found) return std::nullopt;
  return changes_[*found].value();
}

}  // namespace ww::cbs
