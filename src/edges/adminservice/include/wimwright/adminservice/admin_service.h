// The administration service: any cim::Provider as HTTP with JSON, in the manner of OData v4
// (admin-service.md). What it serves and how is in this module's README.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "wimwright/base/log.h"
#include "wimwright/base/result.h"
#include "wimwright/cim/provider.h"
#include "wimwright/http/handler.h"

namespace ww::adminservice {

struct AdminServiceOptions {
  std::string server_name = "localhost";               // __SERVER
  std::string site_namespace = "root\\sms\\site_LAB";  // __NAMESPACE
  // "https://srv.example.org", without the end slash: what links begin with. Empty: as the request
  // says (scheme of the connection, Host field). Set it behind a proxy that ends TLS.
  std::string base_url;
  std::uint64_t max_body = 4 << 20;  // 413 beyond
  // A result up to this size is one answer with its length, and errors have their status. A larger
  // one is streamed (README, "Large results").
  std::size_t buffered_result = 1 << 20;
  // For answers to GET by key that are given again until something changes (README, "Kept
  // answers"). 0: none are kept.
  std::size_t kept_answers = 32 << 20;
  Logger* logger = nullptr;  // the lines of adminservice.log; null: none

  // What the edge cannot know: DOM\user of an authenticated name, groups. Called after everything
  // else was filled in; without it `user` is the name as the scheme spells it.
  std::function<void(const http::Request& request, cim::Context& context)> identify;
  // Who is none gets 403 for everything. Without it everybody authenticated may ask.
  std::function<Result<bool>(const cim::Context& context)> is_administrator;
};

// Thread-safe.
class AdminService : public http::Handler {
 public:
  // `provider` and the logger outlive the service, and everything it still streams.
  static std::unique_ptr<AdminService> Make(cim::Provider& provider, AdminServiceOptions options);

  // Whether a target is this service's: its first segment is AdminService, or
  // AdminService_TokenAuth, in any case. For whoever routes: http::Router compares with case.
  static bool Serves(const http::Target& target);
};

}  // namespace ww::adminservice
