#include "wimwright/events/handler.h"

#include <nlohmann/json.hpp>

namespace ww::events {
namespace {

http::Response Refusal(int status, std::string_view code, const std::string& message) {
  const nlohmann::json body{{"error", {{"code", code}, {"message", message}}}};
  return http::Response::Json(status,
                              body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

http::Response EventsHandler::Handle(const http::Request& request) {
  if (request.method != "GET") {
    auto refusal = Refusal(405, "405", "only GET");
    refusal.headers.Set("Allow", "GET");
    return refusal;
  }
  auto listener = options_.authorize(request);
  if (!listener) return Refusal(403, "403", listener.error().message);
  listener->last_id = request.headers.Get("Last-Event-ID");
  if (const auto query = http::ParseQuery(request.target.query);
      query && listener->last_id.empty()) {
    for (const auto& [name, value] : *query) {
      if (name == "last") listener->last_id = value;
    }
  }
  return http::Response::Push([hub = options_.hub, one = *std::move(listener)](
                                  std::shared_ptr<http::PushChannel> channel) mutable {
    if (hub->Add(std::move(one), channel)) return;
    channel->Push(std::make_shared<const std::string>(
        http::FormatEvent("refused", "{\"reason\":\"too many listeners\"}")));
    channel->End();
  });
}

}  // namespace ww::events
