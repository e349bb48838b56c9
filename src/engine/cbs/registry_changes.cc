#include "wimwright/cbs/registry_changes.h"

#include <algorithm>

namespace ww::cbs {
namespace {

bool SameBytes(ByteView a, ByteView b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

std::uint32_t Size(std::size_t size) { return static_cast<std::uint32_t>(size); }

}  // namespace

bool RegistryChangeView::HasValue(const ::ww::hive::Value& other) const {
  return type == other.type && SameBytes(data, other.data);
}

bool operator==(const RegistryChangeView& a, const RegistryChangeView& b) {
  return a.kind == b.kind && a.hive == b.hive && a.key == b.key && a.name == b.name &&
         a.type == b.type && SameBytes(a.data, b.data) &&
         SameBytes(a.security_descriptor, b.security_descriptor);
}

bool operator==(const RegistryChanges& a, const RegistryChanges& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

RegistryChanges::RegistryChanges(std::initializer_list<RegistryChange> changes) {
  for (const auto& change : changes) {
    Add({change.kind, change.hive, change.key, change.name, change.value.type, change.value.data,
         change.security_descriptor});
  }
}

RegistryChangeView RegistryChanges::operator[](std::size_t at) const {
  const auto& record = records_[at];
  return {record.kind,
          record.hive,
          {record.key, record.key_size},
          {record.name, record.name_size},
          record.type,
          {record.data, record.data_size},
          record.descriptor == 0 ? ByteView() : descriptors_[record.descriptor - 1]};
}

void RegistryChanges::Add(const RegistryChangeView& change) {
  if (!text_) text_ = std::make_shared<TextStore>();
  Record record;
  record.kind = change.kind;
  record.hive = change.hive;
  // Changes come many to a key.
  const bool again = !records_.empty() && change.key == operator[](size() - 1).key;
  const auto key = again ? operator[](size() - 1).key : text_->Add(change.key);
  const auto name = text_->Add(change.name);
  const auto data = text_->Add(change.data);
  record.key = key.data();
  record.key_size = Size(key.size());
  record.name = name.data();
  record.name_size = Size(name.size());
  record.data = data.data();
  record.data_size = Size(data.size());
  record.type = change.type;
  if (!change.security_descriptor.empty()) {
    if (descriptors_.empty() || !SameBytes(descriptors_.back(), change.security_descriptor)) {
      descriptors_.push_back(text_->Add(change.security_descriptor));
    }
    record.descriptor = Size(descriptors_.size());
  }
  records_.push_back(record);
}

void RegistryChanges::SetValue(std::size_t at, std::uint32_t type, ByteView data) {
  const auto kept = text_->Add(data);
  records_[at].type = type;
  records_[at].data = kept.data();
  records_[at].data_size = Size(kept.size());
}

}  // namespace ww::cbs
