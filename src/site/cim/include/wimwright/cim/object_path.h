// Object paths: every form that clients write, one form that we write (sms-provider-behaviour.md
// 2.3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/result.h"
#include "wimwright/cim/instance.h"
#include "wimwright/cim/schema.h"

namespace ww::cim {

struct PathKey {
  std::string name;  // empty in the short form Class="value" of classes with one key
  Value value;       // as written until Canonical(): string, int, uint, bool
};

// As parsed: names in the client's case, keys in the client's order, values untyped.
struct ObjectPath {
  enum class Kind { kClass, kInstance, kSingleton };

  std::string server;      // empty in relative paths
  std::string name_space;  // "root\sms\site_XYZ"; empty in relative paths
  std::string class_name;
  Kind kind = Kind::kClass;
  std::vector<PathKey> keys;

  const Value* FindKey(std::string_view name) const;
  // "Class.Key=\"text\",Key2=123", "Class=@", "Class". Keys in the order they stand.
  std::string Relative() const;
  // "\\SERVER\root\sms\site_XYZ:" before it, as far as known.
  std::string Full() const;

  friend bool operator==(const ObjectPath& a, const ObjectPath& b);
};

// Any case, any key order, single or double quotes, integers in quotes, blanks around '=' and ',',
// "\\SERVER\root\sms\site_XYZ:" or "//server/root/..." or "root\...:" before it, `=@`. In quotes a
// backslash escapes a backslash or a quote and is itself otherwise. kInvalidObjectPath with the
// position of the defect. Caps: 32 KiB, 32 keys.
Result<ObjectPath> ParseObjectPath(std::string_view text);

// Proper case of class and keys, keys sorted by name, values coerced to the keys' types. Server and
// namespace stay. kInvalidClass; kInvalidObjectPath for keys that are unknown, missing, twice
// there, null, or not of their type.
Result<ObjectPath> Canonical(const ObjectPath& path, const Schema& schema);
Result<ObjectPath> Canonical(const ObjectPath& path, const ClassDeclaration& cls);

// The canonical relative path of an instance. kInvalidObjectPath when a key is null (a projection
// without the keys: sms-provider-behaviour.md 2.1) or the class has no keys.
Result<ObjectPath> PathOf(const Instance& instance);

// The path with server and namespace: what __PATH shows.
ObjectPath At(ObjectPath relative, std::string_view server, std::string_view name_space);

}  // namespace ww::cim
