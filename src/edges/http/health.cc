#include <utility>

#include "wimwright/http/server.h"

namespace ww::http {

void AddHealthRoutes(Router& router, std::function<Status()> check, const Metrics& metrics,
                     bool metrics_need_user) {
  router.Add("GET", "/healthz",
             [check = std::move(check)](const Request&) {
               auto response = Response::Text(200, "ok\n");
               if (check) {
                 if (const auto status = check(); !status) {
                   response = Response::Text(503, status.error().message + "\n");
                 }
               }
               response.headers.Add("Cache-Control", "no-store");
               return response;
             },
             {.needs_user = false});
  router.Add("GET", "/metrics",
             [&metrics](const Request&) {
               auto response = Response::Text(200, metrics.Text());
               response.headers.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
               return response;
             },
             {.needs_user = metrics_need_user});
}

}  // namespace ww::http
