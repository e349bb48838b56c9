#include "wimwright/console/handler.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "wimwright/base/text.h"
#include "wimwright/console/sign_in.h"

namespace ww::console {
namespace {

using Json = nlohmann::json;
using http::Response;

constexpr std::uint64_t kMostBody = 16 << 10;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Scripts, styles and everything else from this server alone, and never in a frame of another page.
void Protect(http::Headers& headers) {
  headers.Set("Content-Security-Policy",
              "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
              "form-action 'self'");
  headers.Set("X-Content-Type-Options", "nosniff");
  headers.Set("X-Frame-Options", "DENY");
  headers.Set("Referrer-Policy", "no-referrer");
  headers.Set("Cross-Origin-Opener-Policy", "same-origin");
  headers.Set("Cross-Origin-Resource-Policy", "same-origin");
  headers.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
}

Response Answer(int status, const Json& json) {
  auto response = Response::Json(status, Dump(json));
  response.headers.Set("Cache-Control", "no-store");
  Protect(response.headers);
  return response;
}
Response Refusal(int status, std::string code, std::string message, std::string next_step) {
  return Answer(status, {{"error",
                          {{"code", std::move(code)},
                           {"message", std::move(message)},
                           {"next_step", std::move(next_step)}}}});
}

Response Redirect(int status, std::string where) {
  Response response{.status = status, .headers = {{"Location", std::move(where)}}};
  response.headers.Set("Cache-Control", "no-store");
  return response;
}

std::string CookieField(std::string_view secret) {
  std::string out(kCookie);
  out += '=';
  out += secret;
  out += "; Path=/; Secure; HttpOnly; SameSite=Strict";
  if (secret.empty()) out += "; Max-Age=0";
  return out;
}

// Whether the client takes this coding: named, and not with a weight of zero.
bool Takes(const http::Request& request, std::string_view coding) {
  std::string_view rest = request.headers.Get("Accept-Encoding");
  while (!rest.empty()) {
    const auto end = std::min(rest.find(','), rest.size());
    auto one = Trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto semicolon = std::min(one.find(';'), one.size());
    const auto weight = Trim(one.substr(std::min(semicolon + 1, one.size())));
    if (EqualNoCaseAscii(Trim(one.substr(0, semicolon)), coding)) {
      return weight != "q=0" && weight != "q=0.0";
    }
  }
  return false;
}

bool Lists(std::string_view field, std::string_view etag) {
  return field == "*" || field.find(etag) != std::string_view::npos;
}

}  // namespace

bool ConsoleHandler::Serves(const http::Target& target) {
  return target.path == "/" || target.path == "/console" || target.path.starts_with("/console/");
}

http::Treatment ConsoleHandler::TreatmentOf(const http::Request& head) const {
  http::Treatment treatment;
  treatment.max_body = kMostBody;
  const bool session = head.target.path == "/console/session";
  treatment.needs_user = head.target.path == kKerberosPath || (session && head.method != "POST");
  treatment.answers_inline = !session && !treatment.needs_user;
  return treatment;
}

Response ConsoleHandler::Handle(const http::Request& request) {
  const auto& path = request.target.path;
  if (path == "/" || path == "/console") return Redirect(303, "/console/");
  if (path == "/console/session") {
    if (request.method == "POST") return SignIn(request);
    if (request.method == "GET") return Describe(request);
    if (request.method == "DELETE") return SignOut(request);
    return Refusal(405, "405", "GET, POST and DELETE are what a session knows", "");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return Refusal(405, "405", "only GET", "");
  }
  if (path == kKerberosPath) return Begin(*request.user, true);
  if (path == "/console/site") {
    return Answer(200, {{"site", options_.site_code},
                        {"name", options_.site_name},
                        {"kerberos", options_.kerberos}});
  }
  return File(request, std::string_view(path).substr(std::string_view("/console/").size()));
}

Response ConsoleHandler::File(const http::Request& request, std::string_view path) const {
  if (options_.assets.empty()) {
    return Response::Text(404,
                          "This server was built without the console: its build had no npm.\n"
                          "Everything the console does, wimwright site and the administration "
                          "service do as well.\n");
  }
  if (path.empty()) path = "index.html";
  const auto found = std::ranges::find(options_.assets, path, &Asset::path);
  if (found == options_.assets.end()) return Response::Text(404, "There is no such file.\n");
  Response response{.status = 200, .headers = {{"Content-Type", std::string(found->type)}}};
  Protect(response.headers);
  response.headers.Set("Vary", "Accept-Encoding");
  response.headers.Set("ETag", std::string(found->etag));
  response.headers.Set("Cache-Control",
                       found->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (Lists(request.headers.Get("If-None-Match"), found->etag)) {
    response.status = 304;
    return response;
  }
  if (!found->brotli.empty() && Takes(request, "br")) {
    response.headers.Set("Content-Encoding", "br");
    response.body = std::string(found->brotli);
  } else if (!found->gzip.empty() && Takes(request, "gzip")) {
    response.headers.Set("Content-Encoding", "gzip");
    response.body = std::string(found->gzip);
  } else {
    response.body = std::string(found->identity);
  }
  return response;
}

Response ConsoleHandler::SignIn(const http::Request& request) {
  // Nobody is signed in as somebody else by a page of another site.
  const auto site = request.headers.Get("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none") {
    return Refusal(403, "403", "the sign-in is asked for by another site", "");
  }
  if (!request.headers.Get("Content-Type").starts_with("application/json")) {
    return Refusal(415, "415", "the body is JSON", "");
  }
  const auto body = Json::parse(request.body, nullptr, false);
  const auto text = [&](const char* name) -> std::string {
    if (!body.is_object() || !body.contains(name) || !body[name].is_string()) return {};
    return body[name].get<std::string>();
  };
  const auto token = text("token"), user = text("user");
  if (token.empty() && user.empty()) {
    return Refusal(400, "400", "a user and a password, or a token", "");
  }
  if (user.find(':') != std::string::npos) {
    return Refusal(401, "401", "user or password is wrong", "Names have no colon.");
  }
  // The same schemes and the same limit on guessing as for everybody.
  auto asked = request;
  asked.headers.Set("Authorization",
                    token.empty() ? "Basic " + ToBase64(AsBytes(user + ":" + text("password")))
                                  : "Bearer " + token);
  http::ConnectionAuth connection;
  const auto outcome = options_.schemes->Authenticate(asked, connection);
  using Kind = http::AuthOutcome::Kind;
  if (outcome.kind == Kind::kTooMany) {
    auto refusal = Refusal(429, "429", "too many failed attempts",
                           "Wait " + std::to_string(outcome.retry_after.count()) + " seconds.");
    refusal.headers.Set("Retry-After", std::to_string(outcome.retry_after.count()));
    return refusal;
  }
  if (outcome.kind != Kind::kUser) {
    return Refusal(401, "401",
                   token.empty() ? "user or password is wrong" : "the token is wrong or over",
                   "Check it; after ten failures the name is locked for five minutes.");
  }
  return Begin(outcome.user, false);
}

Response ConsoleHandler::Begin(const http::User& user, bool redirect) {
  const auto [name, administrator] = options_.describe(user);
  if (!administrator) {
    return Refusal(403, "403", name + " is no administrator of this site",
                   "Somebody who may manage security has to grant a role (SMS_Admin).");
  }
  const auto made = http::MakeToken();
  if (!made) return Refusal(500, "500", made.error().message, "");
  const accounts::SignedIn who{user.name, user.scheme, user.detail};
  if (auto begun = options_.sessions->Begin(DigestOf(made->token), who); !begun) {
    return Refusal(503, "503", begun.error().message, "Try again in a moment.");
  }
  const auto found = options_.sessions->Find(DigestOf(made->token), false);
  const auto expires = found && *found ? (*found)->expires : options_.clock->Now();
  auto response = redirect ? Redirect(303, "/console/")
                           : Answer(200, Json::parse(SessionJson(user, made->token, expires)));
  response.headers.Set("Set-Cookie", CookieField(made->token));
  return response;
}

std::string ConsoleHandler::SessionJson(const http::User& user, std::string_view secret,
                                        TimePoint expires) const {
  const auto [name, administrator] = options_.describe(user);
  const auto left =
      std::chrono::duration_cast<std::chrono::seconds>(expires - options_.clock->Now());
  return Dump({{"user", name},
               {"administrator", administrator},
               {"scheme", user.scheme},
               {"csrf", secret.empty() ? "" : TokenOf(secret)},
               {"id", secret.empty() ? "" : accounts::SessionId(DigestOf(secret))},
               {"seconds_left", std::max<std::int64_t>(left.count(), 0)},
               {"site", options_.site_code},
               {"name", options_.site_name},
               {"version", options_.version}});
}

Response ConsoleHandler::Describe(const http::Request& request) const {
  const auto secret = SecretIn(request);
  if (!secret) return Refusal(401, "401", "nobody is signed in", "Sign in.");
  const auto found = options_.sessions->Find(DigestOf(*secret), false);
  if (!found || !*found) return Refusal(401, "401", "the session is over", "Sign in again.");
  return Answer(200, Json::parse(SessionJson(*request.user, *secret, (*found)->expires)));
}

Response ConsoleHandler::SignOut(const http::Request& request) {
  if (const auto secret = SecretIn(request)) {
    static_cast<void>(options_.sessions->End(DigestOf(*secret)));
  }
  Response response{.status = 204};
  response.headers.Set("Set-Cookie", CookieField(""));
  response.headers.Set("Cache-Control", "no-store");
  response.headers.Set("Clear-Site-Data", "\"storage\"");
  return response;
}

}  // namespace ww::console
