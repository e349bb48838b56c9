#include "wimwright/cim/schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "schema_text.h"
#include "wimwright/cim/mof.h"
#include "wimwright/cim/status.h"

namespace ww::cim {

const Qualifier* QualifierSet::Find(std::string_view name) const {
  for (const auto& qualifier : qualifiers_) {
    if (SameName(qualifier.name, name)) return &qualifier;
  }
  return nullptr;
}

bool QualifierSet::Has(std::string_view name) const {
  const auto* found = Find(name);
  return found != nullptr && found->value.BoolOr(true);
}

std::string QualifierSet::Text(std::string_view name) const {
  const auto* found = Find(name);
  return found == nullptr || found->value.is_array() ? std::string() : ToText(found->value);
}

std::optional<std::int64_t> QualifierSet::Number(std::string_view name) const {
  const auto* found = Find(name);
  return found == nullptr ? std::nullopt : found->value.AsInt();
}

std::vector<std::string> QualifierSet::Texts(std::string_view name) const {
  std::vector<std::string> out;
  const auto* found = Find(name);
  if (found == nullptr) return out;
  if (const auto* elements = found->value.AsArray()) {
    for (const auto& element : *elements) out.push_back(ToText(element));
  } else {
    out.push_back(ToText(found->value));
  }
  return out;
}

void QualifierSet::Set(Qualifier qualifier) {
  for (auto& present : qualifiers_) {
    if (SameName(present.name, qualifier.name)) {
      present = std::move(qualifier);
      return;
    }
  }
  qualifiers_.push_back(std::move(qualifier));
}

const ParameterDeclaration* MethodDeclaration::FindParameter(std::string_view parameter) const {
  for (const auto& p : parameters) {
    if (SameName(p.name, parameter)) return &p;
  }
  return nullptr;
}

std::optional<std::size_t> ClassDeclaration::FindProperty(std::string_view name) const {
  const auto found = property_index_.find(name);
  if (found == property_index_.end()) return std::nullopt;
  return found->second;
}

const PropertyDeclaration* ClassDeclaration::Property(std::string_view name) const {
  const auto index = FindProperty(name);
  return index ? &properties_[*index] : nullptr;
}

const MethodDeclaration* ClassDeclaration::FindMethod(std::string_view name) const {
  const auto found = method_index_.find(name);
  return found == method_index_.end() ? nullptr : &methods_[found->second];
}

bool ClassDeclaration::IsA(std::string_view class_name) const {
  for (const auto* c = this; c != nullptr; c = c->superclass()) {
    if (SameName(c->name(), class_name)) return true;
  }
  return false;
}

bool ClassDeclaration::IsA(const ClassDeclaration& other) const { return IsA(other.name()); }

std::vector<std::string> ClassDeclaration::Derivation() const {
  std::vector<std::string> out;
  for (const auto* c = superclass(); c != nullptr; c = c->superclass()) out.push_back(c->name());
  return out;
}

const std::string& ClassDeclaration::Dynasty() const {
  const auto* c = this;
  while (c->superclass() != nullptr) c = c->superclass();
  return c->name();
}

Result<Schema> Schema::Make(std::vector<ClassPtr> classes) {
  Schema out;
  for (const auto& cls : classes) {
    const std::size_t index = out.classes_.size();
    if (!out.index_.emplace(cls->name(), index).second) {
      return Fail(WbemError(WbemStatus::kInvalidClass,
                            fmt::format("class {} is declared twice", cls->name())));
    }
    out.classes_.push_back(cls);
    out.children_.emplace_back();
    if (cls->superclass() == nullptr) continue;
    const auto parent = out.index_.find(cls->superclass()->name());
    if (parent == out.index_.end() || out.classes_[parent->second].get() != cls->superclass()) {
      return Fail(WbemError(WbemStatus::kInvalidClass,
                            fmt::format("superclass {} of {} does not come before it",
                                        cls->superclass()->name(), cls->name())));
    }
    out.children_[parent->second].push_back(index);
  }
  return out;
}

ClassPtr Schema::Find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : classes_[found->second];
}

Result<ClassPtr> Schema::Get(std::string_view name) const {
  if (auto found = Find(name)) return found;
  return Fail(WbemError(WbemStatus::kInvalidClass,
                        fmt::format("there is no class '{}'", name.substr(0, 256))));
}

std::vector<ClassPtr> Schema::Subclasses(std::string_view name, bool deep) const {
  std::vector<ClassPtr> out;
  std::vector<std::size_t> wanted;
  if (const auto found = index_.find(name); found != index_.end()) {
    wanted = children_[found->second];
  } else if (name.empty()) {
    for (std::size_t i = 0; i < classes_.size(); ++i) {
      if (classes_[i]->superclass() == nullptr) wanted.push_back(i);
    }
  }
  while (!wanted.empty()) {
    const std::size_t index = wanted.back();
    wanted.pop_back();
    out.push_back(classes_[index]);
    if (deep) wanted.insert(wanted.end(), children_[index].begin(), children_[index].end());
  }
  std::ranges::sort(out,
                    [](const auto& a, const auto& b) { return NameLess(a->name(), b->name()); });
  return out;
}

std::vector<ClassPtr> Schema::ConcreteClasses(std::string_view name) const {
  std::vector<ClassPtr> out;
  const auto add = [&](const ClassPtr& cls) {
    if (!cls->abstract() && !cls->embedded()) out.push_back(cls);
  };
  const auto self = Find(name);
  if (self == nullptr) return out;
  add(self);
  for (const auto& cls : Subclasses(name, true)) add(cls);
  return out;
}

Result<Schema> LoadBuiltInSchema() { return ParseMof(SchemaText()); }

}  // namespace ww::cim
