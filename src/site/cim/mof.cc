#include "wimwright/cim/mof.h"

#include <fmt/format.h>

#include <vector>

#include "mof_lexer.h"
#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

constexpr std::size_t kMaxText = 4U << 20U;
constexpr std::size_t kMaxClasses = 4096;
constexpr std::size_t kMaxMembers = 2048;   // of one class, as written
constexpr std::size_t kMaxQualifiers = 64;  // of one declaration
constexpr std::size_t kMaxElements = 4096;  // of one array of constants
constexpr std::size_t kMaxParameters = 64;
constexpr std::size_t kMaxDerivation = 64;

// A class as written, before its superclass is known.
struct RawClass {
  std::string name, superclass, name_space, place;  // place: "file:line:column"
  std::vector<Qualifier> qualifiers;
  std::vector<PropertyDeclaration> properties;
  std::vector<MethodDeclaration> methods;
};

class Parser {
 public:
  explicit Parser(const MofSource& source) : name_(source.name), lexer_(source) {}

  Status Parse(std::vector<RawClass>& out) {
    WW_RETURN_IF_ERROR(Take());
    while (now_.kind != MofToken::Kind::kEnd) {
      if (now_.kind == MofToken::Kind::kPragma) {
        WW_RETURN_IF_ERROR(Pragma());
        continue;
      }
      if (out.size() >= kMaxClasses) return Error("too many classes");
      RawClass raw;
      WW_RETURN_IF_ERROR(Class(raw));
      out.push_back(std::move(raw));
    }
    return {};
  }

 private:
  tl::unexpected<ww::Error> Error(std::string_view what) const {
    return lexer_.ErrorAt(now_, what);
  }
  Status Take() {
    auto next = lexer_.Next();
    if (!next) return Fail(next.error());
    now_ = *std::move(next);
    return {};
  }
  bool IsWord(std::string_view word) const {
    return now_.kind == MofToken::Kind::kIdentifier && SameName(now_.text, word);
  }
  Status Expect(char punctuation) {
    if (!now_.Is(punctuation)) return Error(fmt::format("expected '{}'", punctuation));
    return Take();
  }
  Result<std::string> Identifier(std::string_view what) {
    if (now_.kind != MofToken::Kind::kIdentifier) return Error(fmt::format("expected {}", what));
    std::string text = std::move(now_.text);
    WW_RETURN_IF_ERROR(Take());
    return text;
  }

  // #pragma namespace("root\\sms"): where the classes after it live; "." is the site's namespace.
  Status Pragma() {
    if (now_.text != "pragma") return Error("only #pragma is known");
    WW_RETURN_IF_ERROR(Take());
    const auto what = Identifier("the name of a pragma");
    if (!what) return Fail(what.error());
    if (!SameName(*what, "namespace")) return Error("only #pragma namespace is known");
    WW_RETURN_IF_ERROR(Expect('('));
    if (now_.kind != MofToken::Kind::kString) return Error("expected a text");
    name_space_ = now_.text == "." ? std::string() : now_.text;
    WW_RETURN_IF_ERROR(Take());
    return Expect(')');
  }

  Result<Value> Constant() {
    Value out;
    switch (now_.kind) {
      case MofToken::Kind::kString:
        out = Value::String(std::move(now_.text));
        break;
      case MofToken::Kind::kInteger:
        out = Value::Int(now_.number);
        break;
      case MofToken::Kind::kReal:
        out = Value::Real(now_.real);
        break;
      default:
        if (IsWord("TRUE") || IsWord("FALSE")) {
          out = Value::Bool(IsWord("TRUE"));
        } else if (!IsWord("NULL")) {
          return Error("expected a text, a number, TRUE, FALSE or NULL");
        }
    }
    WW_RETURN_IF_ERROR(Take());
    return out;
  }

  Result<Value> ConstantArray() {
    WW_RETURN_IF_ERROR(Expect('{'));
    Value::Array out;
    while (!now_.Is('}')) {
      if (out.size() >= kMaxElements) return Error("too many elements");
      auto element = Constant();
      if (!element) return element;
      out.push_back(*std::move(element));
      if (!now_.Is(',')) break;
      WW_RETURN_IF_ERROR(Take());
    }
    WW_RETURN_IF_ERROR(Expect('}'));
    return Value::Of(std::move(out));
  }

  // [name, name(constant), name{constant, ...} : flavor flavor]
  Result<std::vector<Qualifier>> Qualifiers() {
    std::vector<Qualifier> out;
    if (!now_.Is('[')) return out;
    WW_RETURN_IF_ERROR(Take());
    while (true) {
      if (out.size() >= kMaxQualifiers) return Error("too many qualifiers");
      Qualifier q;
      auto name = Identifier("a qualifier");
      if (!name) return Fail(name.error());
      q.name = *std::move(name);
      q.value = Value::Bool(true);
      if (now_.Is('(')) {
        WW_RETURN_IF_ERROR(Take());
        auto value = Constant();
        if (!value) return Fail(value.error());
        q.value = *std::move(value);
        WW_RETURN_IF_ERROR(Expect(')'));
      } else if (now_.Is('{')) {
        auto value = ConstantArray();
        if (!value) return Fail(value.error());
        q.value = *std::move(value);
      }
      if (now_.Is(':')) {  // flavors say how qualifiers spread; ours always spread to overrides
        WW_RETURN_IF_ERROR(Take());
        while (now_.kind == MofToken::Kind::kIdentifier) WW_RETURN_IF_ERROR(Take());
      }
      out.push_back(std::move(q));
      if (!now_.Is(',')) break;
      WW_RETURN_IF_ERROR(Take());
    }
    WW_RETURN_IF_ERROR(Expect(']'));
    return out;
  }

  // type [ref] name ['[' [n] ']']
  Status TypeAndName(TypeSpec& type, std::string& name, bool* is_void) {
    auto word = Identifier("a type");
    if (!word) return Fail(word.error());
    if (is_void != nullptr) *is_void = SameName(*word, "void");
    if (const auto known = ParseCimType(*word)) {
      type.type = *known;
    } else if (is_void == nullptr || !*is_void) {
      type.type = CimType::kObject;
      if (!SameName(*word, "object")) type.class_name = *word;
      if (IsWord("ref")) {
        type.type = CimType::kReference;
        WW_RETURN_IF_ERROR(Take());
      }
    }
    auto text = Identifier("a name");
    if (!text) return Fail(text.error());
    name = *std::move(text);
    if (now_.Is('[')) {
      WW_RETURN_IF_ERROR(Take());
      if (now_.kind == MofToken::Kind::kInteger) WW_RETURN_IF_ERROR(Take());
      type.array = true;
      WW_RETURN_IF_ERROR(Expect(']'));
    }
    return {};
  }

  Status Parameters(MethodDeclaration& method) {
    WW_RETURN_IF_ERROR(Expect('('));
    if (now_.Is(')')) return Take();
    while (true) {
      if (method.parameters.size() >= kMaxParameters) return Error("too many parameters");
      ParameterDeclaration p;
      auto qualifiers = Qualifiers();
      if (!qualifiers) return Fail(qualifiers.error());
      for (auto& q : *qualifiers) p.qualifiers.Set(std::move(q));
      WW_RETURN_IF_ERROR(TypeAndName(p.type, p.name, nullptr));
      method.parameters.push_back(std::move(p));
      if (!now_.Is(',')) break;
      WW_RETURN_IF_ERROR(Take());
    }
    return Expect(')');
  }

  Status Member(RawClass& raw) {
    auto qualifiers = Qualifiers();
    if (!qualifiers) return Fail(qualifiers.error());
    TypeSpec type;
    std::string name;
    bool is_void = false;
    WW_RETURN_IF_ERROR(TypeAndName(type, name, &is_void));
    if (now_.Is('(')) {
      MethodDeclaration method;
      method.name = std::move(name);
      method.return_type = std::move(type);
      method.returns_void = is_void;
      for (auto& q : *qualifiers) method.qualifiers.Set(std::move(q));
      WW_RETURN_IF_ERROR(Parameters(method));
      raw.methods.push_back(std::move(method));
    } else {
      if (is_void) return Error("a property cannot be void");
      PropertyDeclaration property;
      property.name = std::move(name);
      property.type = std::move(type);
      for (auto& q : *qualifiers) property.qualifiers.Set(std::move(q));
      if (now_.Is('=')) {
        WW_RETURN_IF_ERROR(Take());
        auto value = now_.Is('{') ? ConstantArray() : Constant();
        if (!value) return Fail(value.error());
        property.default_value = *std::move(value);
      }
      raw.properties.push_back(std::move(property));
    }
    return Expect(';');
  }

  Status Class(RawClass& raw) {
    auto qualifiers = Qualifiers();
    if (!qualifiers) return Fail(qualifiers.error());
    raw.qualifiers = *std::move(qualifiers);
    raw.name_space = name_space_;
    if (!IsWord("class")) return Error("expected a class");
    WW_RETURN_IF_ERROR(Take());
    raw.place = fmt::format("{}:{}:{}", name_, now_.line, now_.column);
    auto name = Identifier("the name of a class");
    if (!name) return Fail(name.error());
    raw.name = *std::move(name);
    if (now_.Is(':')) {
      WW_RETURN_IF_ERROR(Take());
      auto superclass = Identifier("the name of a superclass");
      if (!superclass) return Fail(superclass.error());
      raw.superclass = *std::move(superclass);
    }
    WW_RETURN_IF_ERROR(Expect('{'));
    while (!now_.Is('}')) {
      if (raw.properties.size() + raw.methods.size() >= kMaxMembers) {
        return Error("too many members");
      }
      WW_RETURN_IF_ERROR(Member(raw));
    }
    WW_RETURN_IF_ERROR(Take());
    return Expect(';');
  }

  std::string_view name_;
  MofLexer lexer_;
  MofToken now_;
  std::string name_space_;
};

tl::unexpected<Error> At(const RawClass& raw, std::string_view what) {
  return Fail(
      WbemError(WbemStatus::kInvalidClass, fmt::format("{}: {}: {}", raw.place, raw.name, what)));
}

// Order in which superclasses come first; finds unknown ones, circles and absurd depth.
Result<std::vector<std::size_t>> Sorted(const std::vector<RawClass>& raws,
                                        const NameMap<std::size_t>& index) {
  std::vector<std::size_t> order;
  std::vector<std::size_t> depth(raws.size(), 0);  // 0: not placed yet
  for (std::size_t start = 0; start < raws.size(); ++start) {
    std::vector<std::size_t> chain;
    for (std::size_t at = start; depth[at] == 0;) {
      chain.push_back(at);
      if (chain.size() > kMaxDerivation)
        return At(raws[start], "derivation is circular or too deep");
      if (raws[at].superclass.empty()) break;
      const auto parent = index.find(raws[at].superclass);
      if (parent == index.end()) {
        return At(raws[at], fmt::format("there is no class {}", raws[at].superclass));
      }
      at = parent->second;
    }
    for (auto i = chain.rbegin(); i != chain.rend(); ++i) {
      const auto& superclass = raws[*i].superclass;
      depth[*i] = superclass.empty() ? 1 : depth[index.find(superclass)->second] + 1;
      if (depth[*i] > kMaxDerivation) return At(raws[*i], "derivation is too deep");
      order.push_back(*i);
    }
  }
  return order;
}

Status CheckClassName(const RawClass& raw, const std::string& member, const TypeSpec& type,
                      const NameMap<std::size_t>& index) {
  if (type.class_name.empty() || index.contains(type.class_name)) return {};
  return At(raw, fmt::format("{}: there is no type or class {}", member, type.class_name));
}

Status CheckClassNames(const RawClass& raw, const NameMap<std::size_t>& index) {
  for (const auto& p : raw.properties) {
    WW_RETURN_IF_ERROR(CheckClassName(raw, p.name, p.type, index));
  }
  for (const auto& m : raw.methods) {
    WW_RETURN_IF_ERROR(CheckClassName(raw, m.name, m.return_type, index));
    for (const auto& p : m.parameters) {
      WW_RETURN_IF_ERROR(CheckClassName(raw, m.name, p.type, index));
    }
  }
  return {};
}

}  // namespace

Result<Schema> ParseMof(std::span<const MofSource> sources) {
  std::vector<RawClass> raws;
  for (const auto& source : sources) {
    if (source.text.size() > kMaxText) {
      return Fail(WbemError(WbemStatus::kInvalidClass,
                            fmt::format("{}: larger than {} bytes", source.name, kMaxText)));
    }
    WW_RETURN_IF_ERROR(Parser(source).Parse(raws));
  }
  NameMap<std::size_t> index;
  for (std::size_t i = 0; i < raws.size(); ++i) {
    if (!index.emplace(raws[i].name, i).second) return At(raws[i], "declared twice");
  }
  auto order = Sorted(raws, index);
  if (!order) return Fail(order.error());
  std::vector<ClassPtr> built(raws.size());
  std::vector<ClassPtr> classes;
  for (const std::size_t i : *order) {
    auto& raw = raws[i];
    WW_RETURN_IF_ERROR(CheckClassNames(raw, index));
    ClassBuilder builder(raw.name);
    builder.Namespace(raw.name_space);
    if (!raw.superclass.empty()) builder.Superclass(built[index.find(raw.superclass)->second]);
    for (auto& q : raw.qualifiers) builder.Qualify(std::move(q));
    for (auto& p : raw.properties) builder.Property(std::move(p));
    for (auto& m : raw.methods) builder.Method(std::move(m));
    WW_TRY(auto made, std::move(builder).Build(), raw.place);
    built[i] = made;
    classes.push_back(std::move(made));
  }
  return Schema::Make(std::move(classes));
}

}  // namespace ww::cim
