#include "wimwright/uploads/handler.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "wimwright/base/text.h"

namespace ww::uploads {
namespace {

using Json = nlohmann::json;
using http::Response;

constexpr std::size_t kSegments = 2;  // AdminService/uploads

int StatusOf(Code code) {
  switch (code) {
    case Code::kNotFound:
      return 404;
    case Code::kConflict:
    case Code::kBusy:
      return 409;
    case Code::kLimit:
      return 413;
    case Code::kNoSpace:
      return 507;
    case Code::kVerificationFailed:
      return 422;
    case Code::kUsage:
    case Code::kCorrupt:
      return 400;
    default:
      return 500;
  }
}

Response Refusal(int status, const Error& error) {
  auto message = error.message;
  if (!error.next_step.empty()) message += ". " + error.next_step;
  const Json body{{"error", {{"code", std::string(CodeName(error.code))}, {"message", message}}}};
  return Response::Json(status, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}
Response Refusal(const Error& error) { return Refusal(StatusOf(error.code), error); }
Response BadRequest(std::string message) {
  return Refusal(400, Error{Code::kUsage, std::move(message), {}, 0});
}

Json ToJson(const catalog::UploadState& state) {
  Json out{{"id", state.id},         {"name", state.request.name}, {"size", state.request.bytes},
           {"offset", state.offset}, {"piece", kMaxPiece},         {"complete", state.complete()}};
  if (state.request.sha256) out["sha256"] = ToHex(*state.request.sha256);
  return out;
}

Response Answer(int status, const Json& json) {
  auto response = Response::Json(status, json.dump(-1, ' ', false, Json::error_handler_t::replace));
  response.headers.Set("Cache-Control", "no-store");
  return response;
}

Response WrongMethod(std::string_view allowed) {
  auto response = Refusal(405, Error{Code::kUsage, "this method is not offered here", {}, 0});
  response.headers.Set("Allow", std::string(allowed));
  return response;
}

std::optional<std::uint64_t> OffsetOf(const http::Target& target) {
  const auto query = http::ParseQuery(target.query);
  if (!query) return std::nullopt;
  for (const auto& [name, value] : *query) {
    if (!EqualNoCaseAscii(name, "offset")) continue;
    std::uint64_t offset = 0;
    const auto* end = value.data() + value.size();
    const auto [at, error] = std::from_chars(value.data(), end, offset);
    if (error == std::errc() && at == end) return offset;
    return std::nullopt;
  }
  return std::nullopt;
}

// {"name","size"[,"sha256"]}
Result<catalog::UploadRequest> ParseRequest(const std::string& body) {
  const auto json = Json::parse(body, nullptr, false);
  const auto bad = [](std::string what) { return Fail(Code::kUsage, std::move(what)); };
  if (!json.is_object()) return bad("the body is no JSON object");
  catalog::UploadRequest request;
  if (!json.contains("name") || !json["name"].is_string()) return bad("name is missing");
  request.name = json["name"].get<std::string>();
  if (!json.contains("size") || !json["size"].is_number_unsigned()) return bad("size is missing");
  request.bytes = json["size"].get<std::uint64_t>();
  if (!json.contains("sha256") || json["sha256"].is_null()) return request;
  const auto bytes = json["sha256"].is_string() ? FromHex(json["sha256"].get<std::string>())
                                                : std::optional<Bytes>();
  Sha256Digest digest;
  if (!bytes || bytes->size() != digest.size()) return bad("sha256 is no digest in hexadecimal");
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  request.sha256 = digest;
  return request;
}

}  // namespace

bool UploadHandler::Serves(const http::Target& target) {
  return target.segments.size() >= kSegments &&
         EqualNoCaseAscii(target.segments[0], "AdminService") &&
         EqualNoCaseAscii(target.segments[1], "uploads");
}

http::Treatment UploadHandler::TreatmentOf(const http::Request& head) const {
  http::Treatment treatment;
  treatment.max_body = head.method == "PUT" ? kMaxPiece : 64 << 10;
  return treatment;
}

Response UploadHandler::Handle(const http::Request& request) {
  auto user = options_.authorize(request);
  if (!user) return Refusal(user.error().code == Code::kUsage ? 403 : 500, user.error());
  const auto& segments = request.target.segments;
  if (segments.size() == kSegments) return Collection(request, *user);
  if (segments.size() == kSegments + 1) return Single(request, *user, segments[kSegments]);
  return Refusal(404, Error{Code::kNotFound, "there is no such resource", {}, 0});
}

Response UploadHandler::Collection(const http::Request& request, const std::string& user) {
  if (request.method == "GET" || request.method == "HEAD") {
    auto list = options_.uploads->List(user);
    if (!list) return Refusal(list.error());
    Json values = Json::array();
    for (const auto& state : *list) values.push_back(ToJson(state));
    return Answer(200, Json{{"value", std::move(values)}});
  }
  if (request.method != "POST") return WrongMethod("GET, HEAD, POST");
  auto wanted = ParseRequest(request.body);
  if (!wanted) return Refusal(wanted.error());
  auto begun = options_.uploads->Begin(user, *wanted);
  if (!begun) return Refusal(begun.error());
  auto response = Answer(201, ToJson(*begun));
  response.headers.Set("Location", "/AdminService/uploads/" + begun->id);
  return response;
}

Response UploadHandler::Single(const http::Request& request, const std::string& user,
                               const std::string& id) {
  if (request.method == "GET" || request.method == "HEAD") {
    auto found = options_.uploads->Find(user, id);
    return found ? Answer(200, ToJson(*found)) : Refusal(found.error());
  }
  if (request.method == "DELETE") {
    auto removed = options_.uploads->Remove(user, id);
    if (!removed) return Refusal(removed.error());
    return Response{204, {}, {}};
  }
  if (request.method != "PUT") return WrongMethod("GET, HEAD, PUT, DELETE");
  const auto offset = OffsetOf(request.target);
  if (!offset) return BadRequest("offset=N has to say where the bytes go");
  if (request.body.empty()) return BadRequest("there are no bytes in the body");
  auto appended = options_.uploads->Append(user, id, *offset, AsBytes(request.body));
  if (appended) return Answer(200, ToJson(*appended));
  if (appended.error().code != Code::kConflict) return Refusal(appended.error());
  // The client goes on where the file ends.
  auto response = Refusal(appended.error());
  if (auto state = options_.uploads->Find(user, id)) {
    response.headers.Set("Upload-Offset", std::to_string(state->offset));
  }
  return response;
}

}  // namespace ww::uploads
