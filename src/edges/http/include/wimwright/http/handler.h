// Who answers requests: one interface, and a router that composes several.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/http/request.h"
#include "wimwright/http/response.h"

namespace ww::http {

// How a request is to be treated, decided from its head alone: before its body is read.
struct Treatment {
  bool needs_user = true;            // 401 without one
  bool tries_at_once = false;        // AtOnce() is asked first, on the I/O thread
  bool answers_inline = false;       // on the I/O thread: only for answers that never wait
  std::uint64_t max_body = 1 << 20;  // 413 beyond; the server's own limit holds as well
};

class Handler {
 public:
  virtual ~Handler() = default;
  // On an I/O thread, often: must be quick. `head` has no body and no user yet.
  virtual Treatment TreatmentOf(const Request& head) const {
    static_cast<void>(head);
    return {};
  }
  // The answer, when it is known already: on an I/O thread, must not wait for anything. The user is
  // one whom the authenticator recalls. nullopt: Handle() is asked.
  virtual std::optional<Response> AtOnce(const Request& request) {
    static_cast<void>(request);
    return std::nullopt;
  }
  // On a worker thread (see answers_inline); any number at once. An exception becomes a 500.
  virtual Response Handle(const Request& request) = 0;
};

// First match in order of registration wins. Thread-safe once the server runs: add routes before.
class Router final : public Handler {
 public:
  using Function = std::function<Response(const Request&)>;

  // Exactly this path.
  void Add(std::string method, std::string path, Function function, Treatment treatment = {});
  // This path and everything below it, all methods. `handler` outlives the router.
  void Mount(std::string prefix, Handler& handler);

  Treatment TreatmentOf(const Request& head) const override;
  // 404 for unknown paths, 405 with Allow for known paths. HEAD falls back to GET.
  Response Handle(const Request& request) override;
  // Of what is mounted.
  std::optional<Response> AtOnce(const Request& request) override;

 private:
  struct Route {
    std::string method;  // empty: mounted
    std::string path;
    Function function;
    Treatment treatment;
    Handler* handler = nullptr;
  };
  const Route* Find(const Request& request) const;
  std::vector<Route> routes_;
};

}  // namespace ww::http
