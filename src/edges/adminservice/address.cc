#include "address.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "wimwright/base/text.h"
#include "wimwright/cim/names.h"
#include "wimwright/cim/status.h"
#include "wimwright/http/target.h"

namespace ww::adminservice {
namespace {

using cim::WbemStatus;

constexpr std::size_t kMaxSegments = 16;
constexpr std::size_t kMaxKeys = 32;
constexpr std::string_view kNamespace = "AdminService.";

tl::unexpected<Error> Refuse(WbemStatus status, std::string message) {
  return Fail(cim::WbemError(status, std::move(message)));
}
tl::unexpected<Error> Malformed(std::string_view segment, std::string_view what) {
  return Refuse(WbemStatus::kInvalidObjectPath,
                fmt::format("malformed address: {} in '{}'", what, segment));
}

std::optional<std::string_view> AfterNamespace(std::string_view segment) {
  if (segment.size() <= kNamespace.size() ||
      !cim::SameName(segment.substr(0, kNamespace.size()), kNamespace)) {
    return std::nullopt;
  }
  return segment.substr(kNamespace.size());
}

// true,false, integers as such; everything else (guids, dates) as text, which the key's type
// judges.
cim::Value Bare(std::string_view text) {
  if (cim::SameName(text, "true")) return cim::Value::Bool(true);
  if (cim::SameName(text, "false")) return cim::Value::Bool(false);
  const char* const end = text.data() + text.size();
  std::int64_t number = 0;
  if (auto r = std::from_chars(text.data(), end, number); r.ec == std::errc() && r.ptr == end) {
    return cim::Value::Int(number);
  }
  std::uint64_t large = 0;
  if (auto r = std::from_chars(text.data(), end, large); r.ec == std::errc() && r.ptr == end) {
    return cim::Value::Uint(large);
  }
  return cim::Value::String(std::string(text));
}

// What stands between the parentheses.
class KeyReader {
 public:
  KeyReader(std::string_view segment, std::string_view text) : segment_(segment), text_(text) {}

  Result<std::vector<cim::PathKey>> Read() {
    std::vector<cim::PathKey> keys;
    while (true) {
      if (keys.size() == kMaxKeys) return Malformed(segment_, "too many keys");
      cim::PathKey key;
      SkipBlanks();
      if (!AtQuote()) {
        const auto stop = text_.find_first_of("=,'", at_);
        if (stop != std::string_view::npos && text_[stop] == '=') {
          key.name = std::string(Trim(text_.substr(at_, stop - at_)));
          if (!cim::IsIdentifier(key.name)) return Malformed(segment_, "the name of a key");
          at_ = stop + 1;
        }
      }
      WW_TRY(key.value, Value(), "key");
      if (key.name.empty() && !keys.empty()) return Malformed(segment_, "a key without its name");
      keys.push_back(std::move(key));
      SkipBlanks();
      if (at_ == text_.size()) break;
      if (text_[at_] != ',') return Malformed(segment_, "expected a comma between keys");
      ++at_;
    }
    if (keys.size() > 1 && keys.front().name.empty()) {
      return Malformed(segment_, "several keys need their names");
    }
    return keys;
  }

 private:
  void SkipBlanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool AtQuote() const { return at_ < text_.size() && text_[at_] == '\''; }

  Result<cim::Value> Value() {
    SkipBlanks();
    if (!AtQuote()) {
      const auto end = std::min(text_.find(',', at_), text_.size());
      const auto bare = Trim(text_.substr(at_, end - at_));
      if (bare.empty()) return Malformed(segment_, "a key without value");
      if (bare.find('\'') != std::string_view::npos) return Malformed(segment_, "a stray quote");
      at_ = end;
      return Bare(bare);
    }
    std::string text;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != '\'') {
        text += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '\'') {
        text += '\'';
        ++at_;
      } else {
        ++at_;
        return cim::Value::String(std::move(text));
      }
    }
    return Malformed(segment_, "a text without its end");
  }

  std::string_view segment_, text_;
  std::size_t at_ = 0;
};

bool InsideText(std::string_view segment) {
  bool inside = false;
  for (const char c : segment) inside ^= c == '\'';
  return inside;
}

// Clients that do not encode a slash in a key: "Class('a" and "b')" are one segment.
std::vector<std::string> Rejoined(std::span<const std::string> segments) {
  std::vector<std::string> out;
  for (const auto& segment : segments) {
    const bool open = !out.empty() && out.back().find('(') != std::string::npos;
    if (open && InsideText(out.back())) {
      out.back() += "/" + segment;
    } else {
      out.push_back(segment);
    }
  }
  return out;
}

Result<std::string> MethodName(std::string_view text) {
  if (text.ends_with("()")) text.remove_suffix(2);
  if (text.ends_with(')')) {
    return Refuse(WbemStatus::kMethodNotImplemented,
                  "parameters in parentheses are not offered: POST them as a JSON object");
  }
  if (!cim::IsIdentifier(text)) return Malformed(text, "the name of a method");
  return std::string(text);
}

// The first segment after the route: Class, Class(...), Class.Method.
Result<Address> ParseHead(Address address, std::string_view segment) {
  const auto paren = segment.find('(');
  const auto dot = segment.substr(0, paren).find('.');
  if (dot != std::string_view::npos) {
    address.kind = Address::Kind::kStaticMethod;
    address.class_name = std::string(segment.substr(0, dot));
    WW_TRY(address.method, MethodName(segment.substr(dot + 1)), "address");
  } else if (paren != std::string_view::npos) {
    address.class_name = std::string(segment.substr(0, paren));
    if (!segment.ends_with(')')) return Malformed(segment, "expected ')'");
    const auto inside = segment.substr(paren + 1, segment.size() - paren - 2);
    address.kind = Address::Kind::kSet;
    if (!Trim(inside).empty()) {
      address.kind = Address::Kind::kInstance;
      WW_TRY(address.keys, KeyReader(segment, inside).Read(), "address");
    }
  } else {
    address.kind = Address::Kind::kSet;
    address.class_name = std::string(segment);
  }
  if (!cim::IsIdentifier(address.class_name)) {
    return Refuse(WbemStatus::kNotFound, fmt::format("there is no class '{}'", address.class_name));
  }
  return address;
}

Result<Address> ParseTail(Address address, std::span<const std::string> rest) {
  for (const auto& segment : rest) {
    const bool set = address.kind == Address::Kind::kSet;
    if (!set && address.kind != Address::Kind::kInstance) {
      return Refuse(WbemStatus::kNotFound, fmt::format("nothing stands below '{}'", segment));
    }
    if (const auto method = AfterNamespace(segment)) {
      WW_TRY(address.method, MethodName(*method), "address");
      address.kind = set ? Address::Kind::kStaticMethod : Address::Kind::kInstanceMethod;
    } else if (set && segment == "$count") {
      address.kind = Address::Kind::kCount;
    } else if (segment.starts_with('$') || !set) {
      return Refuse(WbemStatus::kMethodNotImplemented,
                    fmt::format("'{}' is not offered: properties come with their object, and there "
                                "is no navigation",
                                segment));
    } else {
      address.kind = Address::Kind::kInstance;
      address.keys.push_back({{}, cim::Value::String(segment)});
    }
  }
  return address;
}

}  // namespace

cim::ObjectPath Address::Path() const {
  cim::ObjectPath path;
  path.class_name = class_name;
  const bool instance = kind == Kind::kInstance || kind == Kind::kInstanceMethod;
  path.kind = instance ? cim::ObjectPath::Kind::kInstance : cim::ObjectPath::Kind::kClass;
  path.keys = keys;
  return path;
}

bool IsServicePrefix(std::string_view segment) {
  return EqualNoCaseAscii(segment, "AdminService") ||
         EqualNoCaseAscii(segment, "AdminService_TokenAuth");
}

Result<Address> ParseAddress(std::span<const std::string> segments) {
  if (segments.size() > kMaxSegments) {
    return Refuse(WbemStatus::kInvalidObjectPath, "malformed address: too many segments");
  }
  if (segments.empty() || !IsServicePrefix(segments[0])) {
    return Refuse(WbemStatus::kNotFound, "not an address of the administration service");
  }
  const auto joined = Rejoined(segments.subspan(1));
  Address address;
  if (joined.empty()) return address;
  if (joined.size() == 1 && EqualNoCaseAscii(joined[0], "openapi.json")) {
    address.kind = Address::Kind::kOpenApi;
    return address;
  }
  if (joined.size() == 1 && EqualNoCaseAscii(joined[0], "wql")) {
    address.kind = Address::Kind::kWql;
    return address;
  }
  if (EqualNoCaseAscii(joined[0], "v1.0")) {
    address.route = "v1.0";
  } else if (!EqualNoCaseAscii(joined[0], "wmi")) {
    return Refuse(WbemStatus::kNotFound,
                  fmt::format("there is no route '{}': wmi and v1.0 are", joined[0]));
  }
  if (joined.size() == 1) {
    address.kind = Address::Kind::kServiceDocument;
    return address;
  }
  if (joined.size() == 2 && EqualNoCaseAscii(joined[1], "$metadata")) {
    address.kind = Address::Kind::kMetadata;
    return address;
  }
  if (joined[1].starts_with('$')) {
    return Refuse(WbemStatus::kMethodNotImplemented, fmt::format("'{}' is not offered", joined[1]));
  }
  auto head = ParseHead(std::move(address), joined[1]);
  if (!head) return head;
  return ParseTail(*std::move(head), std::span(joined).subspan(2));
}

std::string AddressOf(const cim::ObjectPath& path) {
  std::string out = http::PercentEncode(path.class_name);
  if (path.keys.empty()) return out;
  out += '(';
  for (std::size_t i = 0; i < path.keys.size(); ++i) {
    const auto& key = path.keys[i];
    if (i != 0) out += ',';
    if (path.keys.size() > 1) out += key.name + "=";
    if (const auto* text = key.value.AsString()) {
      std::string quoted;
      for (const char c : *text) quoted.append(c == '\'' ? 2 : 1, c);
      out += "'" + http::PercentEncode(quoted) + "'";
    } else if (const auto* truth = key.value.AsBool()) {
      out += *truth ? "true" : "false";
    } else if (const auto* date = key.value.AsDate()) {
      out += http::PercentEncode(date->ToDmtf());
    } else {
      out += cim::ToText(key.value);
    }
  }
  return out + ")";
}

}  // namespace ww::adminservice
