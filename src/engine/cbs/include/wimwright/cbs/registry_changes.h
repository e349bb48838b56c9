// The registry changes of a plan: a hundred thousand of them for a large update, so kept compactly.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "wimwright/base/bytes.h"
#include "wimwright/base/text_store.h"
#include "wimwright/cbs/hive_kind.h"
#include "wimwright/hive/value.h"

namespace ww::cbs {

// One change by itself.
struct RegistryChange {
  enum class Kind : std::uint8_t {
    kSetValue,
    kSetIfMissing,
    kCreateKey,
    kDeleteValue,
    kDeleteSubkeys,
    kDeleteKey  // with everything below it
  };
  Kind kind = Kind::kSetValue;
  HiveKind hive = HiveKind::kSoftware;
  std::string key;
  std::string name;
  ::ww::hive::Value value{};
  Bytes security_descriptor;  // kCreateKey, when the key is new and the manifest names one
};

// One change of a list: views into the list, or into what is to be added to it.
struct RegistryChangeView {
  RegistryChange::Kind kind = RegistryChange::Kind::kSetValue;
  HiveKind hive = HiveKind::kSoftware;
  std::string_view key;
  std::string_view name;
  std::uint32_t type = ::ww::hive::kRegNone;
  ByteView data;
  ByteView security_descriptor;

  ::ww::hive::Value value() const { return {type, ToBytes(data)}; }
  bool HasValue(const ::ww::hive::Value& other) const;
  friend bool operator==(const RegistryChangeView& a, const RegistryChangeView& b);
};

// In order of execution. Only ever grows. A copy shares the text of the original, so both belong to
// one thread; what either adds later is its own.
class RegistryChanges {
 public:
  class Iterator;

  RegistryChanges() = default;
  RegistryChanges(std::initializer_list<RegistryChange> changes);

  std::size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }
  RegistryChangeView operator[](std::size_t at) const;
  Iterator begin() const;
  Iterator end() const;

  void Add(const RegistryChangeView& change);
  // Another type and data for the change at `at`.
  void SetValue(std::size_t at, std::uint32_t type, ByteView data);

  friend bool operator==(const RegistryChanges& a, const RegistryChanges& b);

 private:
  // 48 bytes.
  struct Record {
    const char* key = nullptr;
    const char* name = nullptr;
    const std::byte* data = nullptr;
    std::uint32_t key_size = 0, name_size = 0, data_size = 0;
    std::uint32_t type = 0;
    std::uint32_t descriptor = 0;  // of descriptors_, counted from 1; 0: none
    RegistryChange::Kind kind = RegistryChange::Kind::kSetValue;
    HiveKind hive = HiveKind::kSoftware;
  };

  std::deque<Record> records_;  // not a vector: growing would need more than twice the room
  std::deque<ByteView> descriptors_;
  std::shared_ptr<TextStore> text_;
};

class RegistryChanges::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = RegistryChangeView;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = RegistryChangeView;

  Iterator(const RegistryChanges& changes, std::size_t at) : changes_(&changes), at_(at) {}
  RegistryChangeView operator*() const { return (*changes_)[at_]; }
  Iterator& operator++() {
    ++at_;
    return *this;
  }
  Iterator operator++(int) {
    auto before = *this;
    ++at_;
    return before;
  }
  bool operator==(const Iterator& other) const { return at_ == other.at_; }

 private:
  const RegistryChanges* changes_;
  std::size_t at_;
};

inline RegistryChanges::Iterator RegistryChanges::begin() const { return {*this, 0}; }
inline RegistryChanges::Iterator RegistryChanges::end() const { return {*this, size()}; }

}  // namespace ww::cbs
