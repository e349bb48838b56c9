// A request as handlers see it: complete, within its limits, and from a known user.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wimwright/http/target.h"

namespace ww::http {

// Fields in the order of arrival; names compare without ASCII case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  // The first field of that name. The view lives as long as this object is unchanged.
  std::optional<std::string_view> Find(std::string_view name) const;
  std::string_view Get(std::string_view name) const { return Find(name).value_or(""); }
  void Add(std::string name, std::string value);
  void Set(std::string name, std::string value);  // replaces all fields of that name
  const std::vector<Field>& fields() const { return fields_; }
  bool operator==(const Headers&) const = default;

 private:
  std::vector<Field> fields_;
};

struct Peer {
  std::string address;  // textual, without port; "unix" for a local socket
  std::uint16_t port = 0;
  bool tls = false;
  // SHA-256 of the certificate that the client proved to have, 64 lower-case hexadecimal digits;
  // empty without one (see TlsFiles::client_authorities).
  std::string client_certificate = {};
};

struct User {
  std::string name;    // as the scheme spells it: "anna", "anna@EXAMPLE.ORG"
  std::string scheme;  // "Basic", "Bearer", "Negotiate"
  std::string detail;  // of the scheme: the label of a token, the Kerberos mechanism
};

struct Request {
  std::string id;      // unique in this process' life; also in the log and in X-Request-Id
  std::string method;  // upper case: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS
  Target target;
  Headers headers;
  std::string body;
  Peer peer;
  std::optional<User> user;  // present whenever the route asked for one
};

}  // namespace ww::http
