// What goes out: a response with its file opened and its head as text. No sockets here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "wimwright/base/handle.h"
#include "wimwright/http/request.h"
#include "wimwright/http/response.h"

namespace ww::http {

struct OpenFile {
  UniqueFd fd;
  std::uint64_t offset = 0, length = 0;
};

struct Answer {
  int status = 200;
  Headers headers = {};
  std::variant<std::string, OpenFile, StreamBody, PushBody> body = std::string();
};

// Opens what a file body names and applies ranges and conditions. Blocks: worker threads only.
Answer Prepare(const Request& request, Response response);

Answer PlainAnswer(int status, std::string_view detail = {});

struct HeadOptions {
  bool http10 = false;
  bool keep_alive = true;
  bool is_head = false;  // of a HEAD request: lengths are told, nothing follows
  std::string_view date;
  std::string_view server;
  std::string_view request_id;
};
// How the end of the body is known.
enum class Framing { kLength, kChunked, kClose };
Framing FramingOf(const Answer& answer, bool http10);
std::string HeadText(const Answer& answer, const HeadOptions& options);

}  // namespace ww::http
