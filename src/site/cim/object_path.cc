#include "wimwright/cim/object_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "wimwright/base/text.h"
#include "wimwright/cim/coerce.h"
#include "wimwright/cim/status.h"

namespace ww::cim {
namespace {

constexpr std::size_t kMaxPath = 32U << 10U;
constexpr std::size_t kMaxKeys = 32;

tl::unexpected<Error> Bad(std::string message) {
  return Fail(WbemError(WbemStatus::kInvalidObjectPath, std::move(message)));
}

bool IsSeparator(char c) { return c == '\\' || c == '/'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<ObjectPath> Parse() {
    ObjectPath out;
    WW_RETURN_IF_ERROR(Prefix(out));
    Blanks();
    WW_TRY(out.class_name, Identifier("the name of a class"), "object path");
    Blanks();
    if (at_end()) return out;
    if (Peek() == '=') return KeysWithoutName(std::move(out));
    if (Peek() != '.') return Expected("'.' or '='");
    ++at_;
    Blanks();
    out.kind = ObjectPath::Kind::kInstance;
    while (true) {
      if (out.keys.size() >= kMaxKeys) return Expected("at most 32 keys");
      PathKey key;
      WW_TRY(key.name, Identifier("the name of a key"), "object path");
      Blanks();
      if (Peek() != '=') return Expected("'='");
      ++at_;
      Blanks();
      WW_TRY(key.value, Literal(), "object path");
      out.keys.push_back(std::move(key));
      Blanks();
      if (at_end()) return out;
      if (Peek() != ',') return Expected("',' or the end");
      ++at_;
      Blanks();
    }
  }

 private:
  bool at_end() const { return at_ == text_.size(); }
  char Peek() const { return at_end() ? '\0' : text_[at_]; }
  void Blanks() {
    while (Peek() == ' ' || Peek() == '\t') ++at_;
  }
  tl::unexpected<Error> Expected(std::string_view what) const {
    return Bad(fmt::format("object path: expected {} at character {}", what, at_ + 1));
  }

  // \\SERVER\root\sms\site_XYZ: or root\sms\site_XYZ: in front. The colon decides; one inside
  // quotes belongs to a key.
  Status Prefix(ObjectPath& out) {
    Blanks();
    const auto colon = text_.find_first_of(":\"'=", at_);
    if (colon == std::string_view::npos || text_[colon] != ':') return {};
    std::string_view prefix = text_.substr(at_, colon - at_);
    if (prefix.size() > 2 && IsSeparator(prefix[0]) && IsSeparator(prefix[1])) {
      prefix.remove_prefix(2);
      const auto end = std::ranges::find_if(prefix, IsSeparator);
      out.server = std::string(prefix.begin(), end);
      if (out.server.empty() || end == prefix.end()) return Expected("\\\\server\\namespace:");
      prefix = prefix.substr(out.server.size() + 1);
    }
    for (const char c : prefix) {
      const bool ok = IsSeparator(c) || c == '_' || c == '-' || (c >= '0' && c <= '9') ||
                      (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
      if (!ok) return Expected("a namespace before ':'");
      out.name_space += c == '/' ? '\\' : c;
    }
    if (out.name_space.empty() || out.name_space.front() == '\\' || out.name_space.back() == '\\' ||
        out.name_space.find("\\\\") != std::string::npos) {
      return Expected("a namespace before ':'");
    }
    at_ = colon + 1;
    return {};
  }

  Result<std::string> Identifier(std::string_view what) {
    const std::size_t start = at_;
    while (!at_end() && (Peek() == '_' || (Peek() >= '0' && Peek() <= '9') ||
                         (Peek() >= 'A' && Peek() <= 'Z') || (Peek() >= 'a' && Peek() <= 'z'))) {
      ++at_;
    }
    const auto name = text_.substr(start, at_ - start);
    if (!IsIdentifier(name)) {
      at_ = start;
      return Expected(what);
    }
    return std::string(name);
  }

  // Class=@ and Class="value".
  Result<ObjectPath> KeysWithoutName(ObjectPath out) {
    ++at_;
    Blanks();
    if (Peek() == '@') {
      ++at_;
      out.kind = ObjectPath::Kind::kSingleton;
    } else {
      out.kind = ObjectPath::Kind::kInstance;
      PathKey key;
      WW_TRY(key.value, Literal(), "object path");
      out.keys.push_back(std::move(key));
    }
    Blanks();
    if (!at_end()) return Expected("the end");
    return out;
  }

  Result<Value> Literal() {
    const char quote = Peek();
    if (quote == '"' || quote == '\'') return Quoted(quote);
    const std::size_t start = at_;
    while (!at_end() && Peek() != ',' && Peek() != ' ' && Peek() != '\t') ++at_;
    const auto word = text_.substr(start, at_ - start);
    if (SameName(word, "TRUE") || SameName(word, "FALSE")) {
      return Value::Bool(SameName(word, "TRUE"));
    }
    const char* const end = word.data() + word.size();
    std::int64_t number = 0;
    auto parsed = std::from_chars(word.data(), end, number);
    if (!word.empty() && parsed.ec == std::errc() && parsed.ptr == end) return Value::Int(number);
    std::uint64_t large = 0;
    parsed = std::from_chars(word.data(), end, large);
    if (!word.empty() && parsed.ec == std::errc() && parsed.ptr == end) return Value::Uint(large);
    at_ = start;
    return Expected("a quoted text, a whole number, TRUE or FALSE");
  }

  Result<Value> Quoted(char quote) {
    const std::size_t start = at_++;
    std::string out;
    while (true) {
      if (at_end()) {
        at_ = start;
        return Expected("a closing quote for the text");
      }
      char c = text_[at_++];
      if (c == quote) return Value::String(std::move(out));
      if (c == '\\' && (Peek() == '\\' || Peek() == '"' || Peek() == '\'')) c = text_[at_++];
      out += c;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string KeyText(const Value& value) {
  if (const auto* text = value.AsString()) {
    std::string out = "\"";
    for (const char c : *text) {
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
    return out + "\"";
  }
  if (const auto* date = value.AsDate()) return "\"" + date->ToDmtf() + "\"";
  return ToText(value);
}

}  // namespace

const Value* ObjectPath::FindKey(std::string_view name) const {
  for (const auto& key : keys) {
    if (SameName(key.name, name)) return &key.value;
  }
  return nullptr;
}

std::string ObjectPath::Relative() const {
  if (kind == Kind::kSingleton) return class_name + "=@";
  std::string out = class_name;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].name.empty()) {
      out += "=" + KeyText(keys[i].value);
    } else {
      out += (i == 0 ? "." : ",") + keys[i].name + "=" + KeyText(keys[i].value);
    }
  }
  return out;
}

std::string ObjectPath::Full() const {
  std::string out;
  if (!server.empty()) out = "\\\\" + server + "\\";
  if (!name_space.empty()) out += name_space + ":";
  return out + Relative();
}

bool operator==(const ObjectPath& a, const ObjectPath& b) {
  return a.kind == b.kind && SameName(a.class_name, b.class_name) && SameName(a.server, b.server) &&
         SameName(a.name_space, b.name_space) &&
         std::ranges::equal(a.keys, b.keys, [](const PathKey& x, const PathKey& y) {
           return SameName(x.name, y.name) && x.value == y.value;
         });
}

Result<ObjectPath> ParseObjectPath(std::string_view text) {
  if (text.size() > kMaxPath) return Bad("object path: longer than 32 KiB");
  if (text.find('\0') != std::string_view::npos) return Bad("object path: has a NUL character");
  return Parser(text).Parse();
}

Result<ObjectPath> Canonical(const ObjectPath& path, const Schema& schema) {
  WW_TRY(const auto cls, schema.Get(path.class_name), "object path");
  return Canonical(path, *cls);
}

Result<ObjectPath> Canonical(const ObjectPath& path, const ClassDeclaration& cls) {
  ObjectPath out;
  out.server = path.server;
  out.name_space = path.name_space;
  out.class_name = cls.name();
  out.kind = path.kind;
  if (path.kind == ObjectPath::Kind::kClass) return out;
  if (path.kind == ObjectPath::Kind::kSingleton) {
    if (!cls.keys().empty()) return Bad(fmt::format("{} is not a singleton", cls.name()));
    return out;
  }
  if (path.keys.size() != cls.keys().size()) {
    return Bad(
        fmt::format("{} has {} keys, not {}", cls.name(), cls.keys().size(), path.keys.size()));
  }
  for (const std::size_t index : cls.keys()) {
    const auto& declaration = cls.properties()[index];
    const auto* given = path.FindKey(declaration.name);
    if (given == nullptr && path.keys.size() == 1 && path.keys[0].name.empty()) {
      given = &path.keys[0].value;
    }
    if (given == nullptr || given->is_null()) {
      return Bad(fmt::format("key {} of {} is missing", declaration.name, cls.name()));
    }
    auto value = Coerce(*given, declaration.type);
    if (!value) return Bad(fmt::format("key {}: {}", declaration.name, value.error().message));
    out.keys.push_back({declaration.name, *std::move(value)});
  }
  return out;
}

Result<ObjectPath> PathOf(const Instance& instance) {
  const auto& cls = instance.cls();
  ObjectPath out;
  out.class_name = cls.name();
  if (cls.keys().empty()) {
    if (!cls.singleton()) return Bad(fmt::format("{} has no keys", cls.name()));
    out.kind = ObjectPath::Kind::kSingleton;
    return out;
  }
  out.kind = ObjectPath::Kind::kInstance;
  for (const std::size_t index : cls.keys()) {
    const auto& value = instance.at(index);
    const auto& name = cls.properties()[index].name;
    if (value.is_null()) return Bad(fmt::format("key {} of {} is empty", name, cls.name()));
    out.keys.push_back({name, value});
  }
  return out;
}

ObjectPath At(ObjectPath relative, std::string_view server, std::string_view name_space) {
  relative.server = server;
  relative.name_space = name_space;
  return relative;
}

}  // namespace ww::cim
