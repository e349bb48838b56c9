#include "wimwright/cim/instance.h"

#include <fmt/format.h>

#include <cassert>

#include "wimwright/base/text.h"
#include "wimwright/cim/coerce.h"
#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

const Value& NullValue() {
  static const Value kNull;
  return kNull;
}

// Limits of the schema count UTF-16 units, as Windows does.
std::size_t Utf16Length(std::string_view utf8) {
  std::size_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

Status CheckOne(const PropertyDeclaration& p, const Value& value) {
  const auto bad = [&](std::string what) -> Status {
    return Fail(ProviderError(ProviderCode::kBadValue, fmt::format("{}: {}", p.name, what)));
  };
  if (const auto* text = value.AsString(); text != nullptr && (p.max_size || p.min_size)) {
    const std::size_t length = Utf16Length(*text);
    if (p.max_size && length > *p.max_size) {
      return bad(fmt::format("{} characters are more than the limit of {}", length, *p.max_size));
    }
    if (p.min_size && length < *p.min_size) {
      return bad(fmt::format("{} characters are fewer than {}", length, *p.min_size));
    }
  }
  if (p.range && (value.kind() == Value::Kind::kInt || value.kind() == Value::Kind::kUint)) {
    const auto number = value.AsInt();
    if (!number || *number < p.range->first || *number > p.range->second) {
      return bad(fmt::format("{} is not between {} and {}", ToText(value), p.range->first,
                             p.range->second));
    }
  }
  return {};
}

}  // namespace

Instance::Instance(ClassPtr cls)
    : cls_(std::move(cls)), values_(cls_->properties().size()), set_(values_.size(), false) {}

Instance Instance::Spawn(ClassPtr cls) {
  Instance out(std::move(cls));
  for (std::size_t i = 0; i < out.values_.size(); ++i) {
    out.values_[i] = out.cls_->properties()[i].default_value;
  }
  return out;
}

const Value* Instance::Find(std::string_view name) const {
  const auto index = cls_->FindProperty(name);
  return index ? &values_[*index] : nullptr;
}

const Value& Instance::operator[](std::string_view name) const {
  const auto* found = Find(name);
  return found == nullptr ? NullValue() : *found;
}

bool Instance::IsSet(std::string_view name) const {
  const auto index = cls_->FindProperty(name);
  return index && set_[*index];
}

Status Instance::Set(std::string_view name, const Value& value) {
  const auto index = cls_->FindProperty(name);
  if (!index) {
    return Fail(
        WbemError(WbemStatus::kInvalidProperty,
                  fmt::format("{} has no property '{}'", cls_->name(), name.substr(0, 256))));
  }
  return Set(*index, value);
}

Status Instance::Set(std::size_t index, const Value& value) {
  const auto& declaration = cls_->properties()[index];
  WW_TRY(values_[index], Coerce(value, declaration.type), declaration.name);
  set_[index] = true;
  return {};
}

void Instance::SetRaw(std::size_t index, Value value) {
  values_[index] = std::move(value);
  set_[index] = true;
}

void Instance::SetRaw(std::string_view name, Value value) {
  const auto index = cls_->FindProperty(name);
  assert(index && "a property of its own class");
  if (index) SetRaw(*index, std::move(value));
}

void Instance::Unset(std::size_t index) {
  values_[index] = Value();
  set_[index] = false;
}

bool operator==(const Instance& a, const Instance& b) {
  return (a.cls_ == b.cls_ || SameName(a.cls_->name(), b.cls_->name())) && a.values_ == b.values_;
}

Status CheckConstraints(const Instance& instance) {
  const auto properties = instance.cls().properties();
  for (std::size_t i = 0; i < properties.size(); ++i) {
    const auto& p = properties[i];
    if (!instance.is_set(i)) continue;
    const auto& value = instance.at(i);
    if (value.is_null()) {
      // Read-only and key properties are filled by the provider.
      if (p.not_null && !p.read_only && !p.key) {
        return Fail(ProviderError(ProviderCode::kBadValue, p.name + ": must not be null"));
      }
      continue;
    }
    if (const auto* elements = value.AsArray()) {
      if (p.max_items && elements->size() > *p.max_items) {
        return Fail(ProviderError(ProviderCode::kBadValue,
                                  fmt::format("{}: {} elements are more than the limit of {}",
                                              p.name, elements->size(), *p.max_items)));
      }
      for (const auto& element : *elements) WW_RETURN_IF_ERROR(CheckOne(p, element));
    } else {
      WW_RETURN_IF_ERROR(CheckOne(p, value));
    }
  }
  return {};
}

ClassPtr CountClass() {
  static const ClassPtr kClass = [] {
    ClassBuilder builder("__Generic");
    builder.Property("Count", {CimType::kUint32, false, {}});
    return *std::move(builder).Build();
  }();
  return kClass;
}

Instance MakeCount(std::uint64_t count) {
  Instance out(CountClass());
  out.SetRaw(std::size_t{0}, Value::Uint(count));
  return out;
}

}  // namespace ww::cim
