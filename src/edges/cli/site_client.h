// A client of a site's public HTTPS API, like any other: what every `site` command speaks through.
#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "options.h"
#include "session.h"
#include "wimwright/base/bytes.h"

namespace ww::cli {

// Where the site is and who asks.
struct SiteTarget {
  std::string server;  // "https://srv:8443"
  std::string user, password;
  std::string token;  // instead of both
  std::string ca;     // PEM file; empty: the system's
};

class SiteClient {
 public:
  explicit SiteClient(SiteTarget target);
  ~SiteClient();
  SiteClient(SiteClient&&) noexcept;

  // `resource` goes behind ".../AdminService/wmi/". kNotFound, kUsage (a bad request, or who may
  // not), kConflict, kBusy, kIo (no connection, or the server's own failure).
  Result<Json> Get(std::string_view resource);
  Result<Json> Post(std::string_view resource, const Json& body);
  Result<Json> Patch(std::string_view resource, const Json& body);
  Status Delete(std::string_view resource);
  // Behind ".../AdminService/": what is no class (uploads). `body` may be null.
  Result<Json> Send(const char* method, std::string_view path, const Json* body);
  Result<Json> Send(const char* method, std::string_view path, ByteView bytes);
  // For calls that work for long without sending a byte: 0 is for ever.
  void WaitFor(std::chrono::seconds stall);
  // The instances of a class, all of them.
  Result<Json> List(std::string_view cls, std::string_view filter = {},
                    std::string_view order = {});
  // The one instance that `filter` selects; kNotFound, kConflict when there are several.
  Result<Json> One(std::string_view cls, std::string_view filter);
  // A WQL query.
  Result<Json> Query(std::string_view wql);

  // 'text' as a literal of $filter.
  static std::string Literal(std::string_view text);
  static std::string Escape(std::string_view text);

 private:
  struct State;
  Result<Json> Perform(const char* method, std::string_view path, const char* content_type,
                       std::string_view body);
  std::unique_ptr<State> state_;
};

// --server, --user, --password-file, --token-file and --ca; WIMWRIGHT_SERVER and so on; the profile
// that `site login` wrote, in this order.
class SiteOptions {
 public:
  void Define(CLI::App& app);
  Result<SiteTarget> Target() const;
  Result<SiteClient> Connect() const;

 private:
  std::string server_, user_, password_file_, token_file_, ca_;
};

// ~/.config/wimwright/site.json, readable by its owner only.
Status WriteProfile(const SiteTarget& target);

}  // namespace ww::cli
