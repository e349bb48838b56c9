// The addresses below /AdminService/: syntax only, no class is looked up (admin-service.md 1, 3).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "wimwright/base/result.h"
#include "wimwright/cim/object_path.h"

namespace ww::adminservice {

struct Address {
  enum class Kind {
    kRoot,             // /AdminService/
    kOpenApi,          // /AdminService/openapi.json
    kWql,              // /AdminService/wql?query=SELECT...: an addition
    kServiceDocument,  // wmi/
    kMetadata,         // wmi/$metadata
    kSet,              // wmi/Class
    kCount,            // wmi/Class/$count
    kInstance,         // wmi/Class('x'), wmi/Class/x
    kStaticMethod,     // wmi/Class.Method, wmi/Class/AdminService.Method
    kInstanceMethod,   // wmi/Class('x')/AdminService.Method, wmi/Class/x/AdminService.Method
  };

  Kind kind = Kind::kRoot;
  std::string route = "wmi";       // "wmi" or "v1.0"; proper case
  std::string class_name;          // as sent
  std::vector<cim::PathKey> keys;  // kInstance, kInstanceMethod; one without name: the short form
  std::string method;              // as sent, without "AdminService."

  // What the object model calls it; server and namespace empty.
  cim::ObjectPath Path() const;
};

// `segments`: decoded one by one (http::Target). Texts in keys have single quotes, doubled inside;
// an unencoded slash in them is put back. Names in any case; empty parentheses after a method are
// allowed. kNotFound (WBEM not found) for routes that do not exist, kInvalidObjectPath for
// malformed ones, kMethodNotImplemented for parts of OData that are not offered ($value, $ref,
// navigation). Caps: 16 segments, 32 keys.
Result<Address> ParseAddress(std::span<const std::string> segments);

bool IsServicePrefix(std::string_view segment);

// "Class('x')", "Class(5)", "Class(A='x',B=5)", percent-encoded: what Location shows. `path` is
// canonical. Only "Class" when it has no keys.
std::string AddressOf(const cim::ObjectPath& path);

}  // namespace ww::adminservice
