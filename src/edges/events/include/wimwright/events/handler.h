// GET /events as Server-Sent Events.
#pragma once

#include <functional>

#include "wimwright/events/hub.h"
#include "wimwright/http/handler.h"

namespace ww::events {

struct EventsOptions {
  Hub* hub = nullptr;  // outlives the handler
  // Who asks; kUsage for who is no administrator.
  std::function<Result<Listener>(const http::Request&)> authorize;
};

// 200 text/event-stream; 403; 503 with too many listeners. `Last-Event-ID` or `?last=ID` resumes.
class EventsHandler final : public http::Handler {
 public:
  explicit EventsHandler(EventsOptions options) : options_(std::move(options)) {}
  static bool Serves(const http::Target& target) { return target.path == "/events"; }
  http::Response Handle(const http::Request& request) override;

 private:
  EventsOptions options_;
};

}  // namespace ww::events
