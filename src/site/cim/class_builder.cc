// From declarations to a class: inheritance, qualifiers, and everything that follows from them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "wimwright/base/text.h"
#include "wimwright/cim/coerce.h"
#include "wimwright/cim/schema.h"
#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

constexpr std::size_t kMaxProperties = 1024;
constexpr std::size_t kMaxMethods = 256;
constexpr std::size_t kMaxParameters = 64;
constexpr std::size_t kMaxKeys = 32;

tl::unexpected<Error> Bad(std::string message) {
  return Fail(WbemError(WbemStatus::kInvalidClass, std::move(message)));
}

std::optional<std::int64_t> ParseNumber(std::string_view text) {
  text = Trim(text);
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

// "n" or "low-high"; low may be negative.
std::optional<std::pair<std::int64_t, std::int64_t>> ParseBounds(std::string_view text) {
  text = Trim(text);
  if (const auto one = ParseNumber(text)) return std::pair{std::int64_t{0}, *one};
  const auto dash = text.find('-', 1);
  if (dash == std::string_view::npos) return std::nullopt;
  const auto low = ParseNumber(text.substr(0, dash));
  const auto high = ParseNumber(text.substr(dash + 1));
  if (!low || !high || *low > *high) return std::nullopt;
  return std::pair{*low, *high};
}

// Pairs the array qualifiers `map` and `names`.
Status ReadNames(PropertyDeclaration& p, std::string_view map, std::string_view names, bool bits) {
  if (p.qualifiers.Find(names) == nullptr) return {};
  const auto texts = p.qualifiers.Texts(names);
  const auto numbers = p.qualifiers.Texts(map);
  if (!numbers.empty() && numbers.size() != texts.size()) {
    return Bad(fmt::format("{}: {} and {} differ in length", p.name, map, names));
  }
  p.values.clear();
  p.bits = bits;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto value = static_cast<std::int64_t>(i);
    if (!numbers.empty()) {
      const auto number = ParseNumber(numbers[i]);
      // ValueMap of a string property holds texts; nobody needs them as numbers.
      if (!number && p.type.type == CimType::kString) continue;
      if (!number) return Bad(fmt::format("{}: '{}' in {} is no number", p.name, numbers[i], map));
      value = *number;
    }
    if (bits) {
      if (value < 0 || value > 62) return Bad(fmt::format("{}: no bit {}", p.name, value));
      value = std::int64_t{1} << value;
    }
    p.values.push_back({value, texts[i]});
  }
  return {};
}

Status ReadQualifiers(PropertyDeclaration& p) {
  const auto& q = p.qualifiers;
  p.key = q.Has("key");
  p.read_only = q.Has("read");
  p.lazy = q.Has("lazy");
  p.large = q.Has("large");
  p.not_null = q.Has("not_null");
  p.unique = q.Has("unique");
  p.fixed = q.Has("Fixed");
  if (p.key && (p.type.array || p.type.type == CimType::kObject)) {
    return Bad(fmt::format("{}: a key cannot be an array or object", p.name));
  }
  if (q.Find("SizeLimit") != nullptr) {
    const auto bounds = ParseBounds(q.Text("SizeLimit"));
    if (!bounds || bounds->first < 0 || bounds->second > UINT32_MAX) {
      return Bad(fmt::format("{}: SizeLimit is not \"n\" or \"low-high\"", p.name));
    }
    if (bounds->first > 0) p.min_size = static_cast<std::uint32_t>(bounds->first);
    p.max_size = static_cast<std::uint32_t>(bounds->second);
  }
  if (q.Find("Range") != nullptr) {
    p.range = ParseBounds(q.Text("Range"));
    if (!p.range) return Bad(fmt::format("{}: Range is not \"low-high\"", p.name));
  }
  if (q.Find("max") != nullptr) {
    const auto most = q.Number("max");
    if (!most || *most < 0 || *most > UINT32_MAX) {
      return Bad(fmt::format("{}: max is not a number", p.name));
    }
    p.max_items = static_cast<std::uint32_t>(*most);
  }
  p.bits = q.Has("Bits");
  WW_RETURN_IF_ERROR(ReadNames(p, "ValueMap", "Values", false));
  return ReadNames(p, "BitMap", "BitValues", true);
}

Status CompleteMethod(MethodDeclaration& method) {
  if (!IsIdentifier(method.name)) return Bad(fmt::format("'{}' is no name", method.name));
  if (method.parameters.size() > kMaxParameters) {
    return Bad(fmt::format("{}: more than {} parameters", method.name, kMaxParameters));
  }
  method.is_static = method.qualifiers.Has("static");
  int next = 0;
  for (auto& p : method.parameters) {
    p.in = p.qualifiers.Has("in");
    p.out = p.qualifiers.Has("out");
    if (!p.in && !p.out) p.in = true;
    p.optional = p.qualifiers.Has("optional");
    const auto id = p.qualifiers.Number("id");
    if (p.qualifiers.Find("id") != nullptr && (!id || *id < 0 || *id > 1024)) {
      return Bad(fmt::format("{}: id of {} is not a small number", method.name, p.name));
    }
    p.id = id ? static_cast<int>(*id) : next;
    ++next;
  }
  std::ranges::stable_sort(method.parameters, {}, &ParameterDeclaration::id);
  ClassBuilder in("__PARAMETERS");
  ClassBuilder out("__PARAMETERS");
  if (!method.returns_void) out.Property("ReturnValue", method.return_type);
  for (const auto& p : method.parameters) {
    PropertyDeclaration property;
    property.name = p.name;
    property.type = p.type;
    property.qualifiers = p.qualifiers;
    if (p.in) in.Property(property);
    if (p.out) out.Property(std::move(property));
  }
  WW_TRY(method.in_class, std::move(in).Build(), method.name);
  WW_TRY(method.out_class, std::move(out).Build(), method.name);
  return {};
}

}  // namespace

ClassBuilder::ClassBuilder(std::string name) : made_(std::make_shared<ClassDeclaration>()) {
  made_->name_ = std::move(name);
}

ClassBuilder& ClassBuilder::Superclass(ClassPtr superclass) {
  made_->superclass_ = std::move(superclass);
  return *this;
}
ClassBuilder& ClassBuilder::Namespace(std::string name_space) {
  made_->name_space_ = std::move(name_space);
  return *this;
}
ClassBuilder& ClassBuilder::Qualify(Qualifier qualifier) {
  made_->qualifiers_.Set(std::move(qualifier));
  return *this;
}
ClassBuilder& ClassBuilder::Property(PropertyDeclaration property) {
  own_properties_.push_back(std::move(property));
  return *this;
}
ClassBuilder& ClassBuilder::Property(std::string name, TypeSpec type) {
  PropertyDeclaration property;
  property.name = std::move(name);
  property.type = std::move(type);
  return Property(std::move(property));
}
ClassBuilder& ClassBuilder::Method(MethodDeclaration method) {
  own_methods_.push_back(std::move(method));
  return *this;
}

Result<ClassPtr> ClassBuilder::Build() && {
  ClassDeclaration& c = *made_;
  if (!IsIdentifier(c.name_)) return Bad(fmt::format("'{}' is no class name", c.name_));
  if (c.superclass_ != nullptr) {
    c.properties_ = c.superclass_->properties_;
    c.methods_ = c.superclass_->methods_;
    c.property_index_ = c.superclass_->property_index_;
    c.method_index_ = c.superclass_->method_index_;
  }
  const std::size_t inherited = c.properties_.size();
  NameMap<bool> seen;
  for (auto& own : own_properties_) {
    if (!IsIdentifier(own.name)) return Bad(fmt::format("{}: '{}' is no name", c.name_, own.name));
    if (!seen.emplace(own.name, true).second) {
      return Bad(fmt::format("{}: property {} is declared twice", c.name_, own.name));
    }
    const bool has_default = !own.default_value.is_null();
    if (has_default) {
      auto value = Coerce(own.default_value, own.type);
      if (!value) {
        return Bad(fmt::format("{}: default of {}: {}", c.name_, own.name, value.error().message));
      }
      own.default_value = *std::move(value);
    }
    const auto present = c.property_index_.find(own.name);
    if (present != c.property_index_.end() && present->second < inherited) {
      auto& over = c.properties_[present->second];
      if (!(over.type == own.type)) {
        return Bad(fmt::format("{}: {} is {} in the superclass, not {}", c.name_, own.name,
                               ToString(over.type), ToString(own.type)));
      }
      for (const auto& qualifier : own.qualifiers.all()) over.qualifiers.Set(qualifier);
      if (has_default) over.default_value = std::move(own.default_value);
      WW_TRY_STATUS(ReadQualifiers(over), c.name_);
      continue;
    }
    if (c.properties_.size() >= kMaxProperties) {
      return Bad(fmt::format("{}: more than {} properties", c.name_, kMaxProperties));
    }
    own.origin = c.name_;
    WW_TRY_STATUS(ReadQualifiers(own), c.name_);
    c.property_index_.emplace(own.name, c.properties_.size());
    c.properties_.push_back(std::move(own));
  }
  for (auto& own : own_methods_) {
    own.origin = c.name_;
    WW_TRY_STATUS(CompleteMethod(own), c.name_);
    const auto present = c.method_index_.find(own.name);
    if (present == c.method_index_.end()) {
      if (c.methods_.size() >= kMaxMethods) {
        return Bad(fmt::format("{}: more than {} methods", c.name_, kMaxMethods));
      }
      c.method_index_.emplace(own.name, c.methods_.size());
      c.methods_.push_back(std::move(own));
    } else if (c.methods_[present->second].origin == c.name_) {
      return Bad(fmt::format("{}: method {} is declared twice", c.name_, own.name));
    } else {
      c.methods_[present->second] = std::move(own);
    }
  }
  for (std::size_t i = 0; i < c.properties_.size(); ++i) {
    if (c.properties_[i].key) c.keys_.push_back(i);
  }
  if (c.keys_.size() > kMaxKeys) {
    return Bad(fmt::format("{}: more than {} keys", c.name_, kMaxKeys));
  }
  std::ranges::sort(c.keys_, [&](std::size_t a, std::size_t b) {
    return NameLess(c.properties_[a].name, c.properties_[b].name);
  });
  c.abstract_ = c.qualifiers_.Has("Abstract");
  c.embedded_ = c.qualifiers_.Has("Embedded");
  c.association_ = c.qualifiers_.Has("Association");
  c.singleton_ = c.qualifiers_.Has("Singleton");
  c.secured_ = c.qualifiers_.Has("Secured");
  c.read_only_ = c.qualifiers_.Has("Read");
  return ClassPtr(std::move(made_));
}

}  // namespace ww::cim
