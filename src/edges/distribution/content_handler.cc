#include "content_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "wimwright/base/text.h"

namespace ww::distribution {
namespace {

using Json = nlohmann::json;

http::Response NotFound() { return http::Response::Text(404, "there is no such content\n"); }

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

http::Treatment ContentHandler::TreatmentOf(const http::Request& head) const {
  static_cast<void>(head);
  return {.needs_user = !anonymous_ && !state_.access().anonymous, .max_body = 0};
}

http::Response ContentHandler::Handle(const http::Request& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    auto refused = http::Response::Text(405, "GET and HEAD only\n");
    refused.headers.Set("Allow", "GET, HEAD");
    return refused;
  }
  const auto& segments = request.target.segments;
  if (segments.empty() || segments[0] != "content") return NotFound();
  if (segments.size() == 1) return List();
  if (segments.size() == 2) return NotFound();
  std::optional<std::uint32_t> version;
  if (const auto& text = segments[2]; text != "current") {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return NotFound();
    version = number;
  }
  std::string path;
  for (std::size_t i = 3; i < segments.size(); ++i) {
    // A slash that came encoded would be another path.
    if (segments[i].find('/') != std::string::npos) return NotFound();
    path += (i > 3 ? "/" : "") + segments[i];
  }
  if (!path.empty()) {
    if (const auto file = state_.FindFile(segments[1], version, path)) return File(*file);
  }
  const auto package = state_.Find(segments[1], version);
  return package ? List(*package, path) : NotFound();
}

http::Response ContentHandler::File(const content::StoredFile& file) const {
  const auto path = library_.PathOf(file.id);
  if (!path) return NotFound();
  files_->Add();
  return {.headers = {{"Content-Type", "application/octet-stream"}},
          .body = http::FileBody{*path, "\"" + file.id.ToText() + "\""}};
}

http::Response ContentHandler::List() const {
  auto packages = Json::array();
  for (const auto& package : state_.Served()) {
    packages.push_back({{"package", package.key.package_id}, {"version", package.key.version}});
  }
  return http::Response::Json(200, Dump({{"packages", std::move(packages)}}));
}

http::Response ContentHandler::List(const ServedPackage& package, std::string_view below) {
  const auto prefix = below.empty() ? std::string() : std::string(below) + "/";
  auto files = Json::array();
  for (const auto& file : package.files) {
    if (!file.path.starts_with(prefix)) continue;
    files.push_back(
        {{"path", file.path}, {"bytes", file.stored.bytes}, {"sha256", file.stored.id.ToText()}});
  }
  if (files.empty() && !prefix.empty()) return NotFound();
  return http::Response::Json(200, Dump({{"package", package.key.package_id},
                                         {"version", package.key.version},
                                         {"files", std::move(files)}}));
}

std::unique_ptr<http::Authenticator> MakeContentAuthenticator(const PointState& state,
                                                              std::vector<std::string> own,
                                                              const Clock& clock) {
  std::vector<std::unique_ptr<http::AuthScheme>> schemes;
  schemes.push_back(http::MakeBearer(
      "content",
      [&state, own = std::move(own)](std::string_view sha256) -> std::optional<http::User> {
        const auto access = state.access();
        const auto has = [sha256](const std::vector<std::string>& list) {
          return std::ranges::find(list, sha256) != list.end();
        };
        if (!has(own) && !has(access.token_sha256)) return std::nullopt;
        return http::User{"content", "Bearer", "content access token"};
      }));
  return http::MakeAuthenticator(std::move(schemes), {}, clock);
}

}  // namespace ww::distribution
