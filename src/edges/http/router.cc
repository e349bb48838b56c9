#include <algorithm>
#include <utility>

#include "wimwright/http/handler.h"

namespace ww::http {
namespace {

bool IsBelow(std::string_view path, std::string_view prefix) {
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace

void Router::Add(std::string method, std::string path, Function function, Treatment treatment) {
  routes_.push_back({std::move(method), std::move(path), std::move(function), treatment, nullptr});
}

void Router::Mount(std::string prefix, Handler& handler) {
  routes_.push_back({{}, std::move(prefix), {}, {}, &handler});
}

// The route of path and method; else one of the path alone, so that a wrong method is treated as
// the path demands; else nullptr.
const Router::Route* Router::Find(const Request& request) const {
  const Route* of_path = nullptr;
  const Route* of_get = nullptr;
  for (const auto& route : routes_) {
    if (route.handler != nullptr) {
      if (IsBelow(request.target.path, route.path)) return of_path != nullptr ? of_path : &route;
      continue;
    }
    if (route.path != request.target.path) continue;
    if (route.method == request.method) return &route;
    if (of_path == nullptr) of_path = &route;
    if (of_get == nullptr && route.method == "GET") of_get = &route;
  }
  return request.method == "HEAD" && of_get != nullptr ? of_get : of_path;
}

Treatment Router::TreatmentOf(const Request& head) const {
  const Route* route = Find(head);
  if (route == nullptr) return {.needs_user = false, .answers_inline = true};
  return route->handler != nullptr ? route->handler->TreatmentOf(head) : route->treatment;
}

Response Router::Handle(const Request& request) {
  const Route* route = Find(request);
  if (route == nullptr) return Response::Text(404, "404: there is nothing here\n");
  if (route->handler != nullptr) return route->handler->Handle(request);
  if (route->method == request.method || (request.method == "HEAD" && route->method == "GET")) {
    return route->function(request);
  }
  std::string allow;
  for (const auto& other : routes_) {
    if (other.handler != nullptr || other.path != request.target.path) continue;
    allow += (allow.empty() ? "" : ", ") + other.method;
    if (other.method == "GET") allow += ", HEAD";
  }
  auto response = Response::Text(405, "405: not with this method\n");
  response.headers.Add("Allow", std::move(allow));
  return response;
}

std::optional<Response> Router::AtOnce(const Request& request) {
  const Route* route = Find(request);
  if (route == nullptr || route->handler == nullptr) return std::nullopt;
  return route->handler->AtOnce(request);
}

}  // namespace ww::http
