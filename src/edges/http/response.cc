#include "wimwright/http/response.h"

#include <algorithm>
#include <utility>

namespace ww::http {
namespace {

std::string WithoutBreaks(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  return out;
}

}  // namespace

Response Response::Text(int status, std::string text) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = std::move(text)};
}

Response Response::Json(int status, std::string json) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json; charset=utf-8"}},
          .body = std::move(json)};
}

Response Response::File(std::filesystem::path path, std::string content_type) {
  return {.status = 200,
          .headers = {{"Content-Type", std::move(content_type)}},
          .body = FileBody{.path = std::move(path)}};
}

Response Response::Stream(int status, std::string content_type,
                          std::function<Status(ResponseStream&)> write) {
  return {.status = status,
          .headers = {{"Content-Type", std::move(content_type)}},
          .body = StreamBody{.write = std::move(write)}};
}

Response Response::Events(std::function<Status(ResponseStream&)> write) {
  return {.status = 200,
          .headers = {{"Content-Type", "text/event-stream"},
                      {"Cache-Control", "no-store"},
                      {"X-Accel-Buffering", "no"}},
          .body = StreamBody{.write = std::move(write), .long_lived = true}};
}

Response Response::Push(std::function<void(std::shared_ptr<PushChannel>)> begin) {
  auto response = Events({});
  response.body = PushBody{.begin = std::move(begin)};
  return response;
}

std::string FormatEvent(std::string_view name, std::string_view data, std::string_view id) {
  std::string out;
  if (!id.empty()) out += "id: " + WithoutBreaks(id) + "\n";
  if (!name.empty()) out += "event: " + WithoutBreaks(name) + "\n";
  for (;;) {
    const auto end = std::min(data.find_first_of("\r\n"), data.size());
    out += "data: ";
    out += data.substr(0, end);
    out += '\n';
    if (end == data.size()) break;
    data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  return out + "\n";
}

std::string_view ReasonPhrase(int status) {
  static constexpr std::pair<int, std::string_view> kPhrases[] = {
      {100, "Continue"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {422, "Unprocessable Content"},
      {428, "Precondition Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
      {507, "Insufficient Storage"}};
  for (const auto& [code, phrase] : kPhrases) {
    if (code == status) return phrase;
  }
  return "Status";
}

}  // namespace ww::http
