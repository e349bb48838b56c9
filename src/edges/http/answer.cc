#include "answer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "range.h"
#include "text_util.h"
#include "wimwright/base/text.h"

namespace ww::http {
namespace {

Answer PrepareFile(const Request& request, Response response, const FileBody& file) {
  OpenFile open{UniqueFd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))};
  struct stat info = {};
  if (!open.fd || fstat(open.fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return PlainAnswer(404, "there is no such file");
  }
  const auto size = static_cast<std::uint64_t>(info.st_size);
  const auto modified = std::chrono::sys_seconds(std::chrono::seconds(info.st_mtim.tv_sec));
  const auto etag =
      file.etag.empty()
          ? fmt::format("\"{:x}-{:x}-{:x}\"", info.st_ino, size,
                        static_cast<std::uint64_t>(info.st_mtim.tv_sec) * 1'000'000'000 +
                            static_cast<std::uint64_t>(info.st_mtim.tv_nsec))
          : file.etag;
  Answer answer{.status = response.status, .headers = std::move(response.headers)};
  answer.headers.Set("ETag", etag);
  answer.headers.Set("Last-Modified", FormatHttpDate(modified));
  answer.headers.Set("Accept-Ranges", "bytes");
  if (const auto match = request.headers.Find("If-Match"); match && !ListsEtag(*match, etag)) {
    return PlainAnswer(412);
  }
  bool unchanged = false;
  if (const auto tags = request.headers.Find("If-None-Match")) {
    unchanged = ListsEtag(*tags, etag);
  } else if (const auto since = ParseHttpDate(request.headers.Get("If-Modified-Since"))) {
    unchanged = modified <= *since;
  }
  if (unchanged) {
    answer.status = 304;
    return answer;
  }
  open.length = size;
  // A range of another version than the client has would be a mixture.
  const auto if_range = request.headers.Find("If-Range");
  const bool same = !if_range || Trim(*if_range) == etag || ParseHttpDate(*if_range) == modified;
  if (same && answer.status == 200) {
    const auto parsed = ParseRange(request.headers.Get("Range"), size);
    if (parsed.kind == RangeKind::kUnsatisfiable) {
      auto refused = PlainAnswer(416);
      refused.headers.Add("Content-Range", fmt::format("bytes */{}", size));
      return refused;
    }
    if (parsed.kind == RangeKind::kOne) {
      answer.status = 206;
      open.offset = parsed.range.first;
      open.length = parsed.range.length;
      answer.headers.Set("Content-Range", fmt::format("bytes {}-{}/{}", open.offset,
                                                      open.offset + open.length - 1, size));
    }
  }
  answer.body = std::move(open);
  return answer;
}

bool HasNoBody(int status) { return status < 200 || status == 204 || status == 304; }

bool IsServersOwn(std::string_view name) {
  for (const std::string_view own :
       {"Content-Length", "Transfer-Encoding", "Date", "Connection", "Server", "X-Request-Id"}) {
    if (EqualNoCaseAscii(name, own)) return true;
  }
  return false;
}

bool IsFieldName(std::string_view name) {
  if (name.empty()) return false;
  for (const char c : name) {
    const bool token = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    if (!token) return false;
  }
  return true;
}

}  // namespace

Answer Prepare(const Request& request, Response response) {
  if (response.status < 200 || response.status > 599) return PlainAnswer(500);
  if (const auto* file = std::get_if<FileBody>(&response.body)) {
    const FileBody copy = *file;
    return PrepareFile(request, std::move(response), copy);
  }
  Answer answer{.status = response.status, .headers = std::move(response.headers)};
  if (auto* stream = std::get_if<StreamBody>(&response.body)) {
    answer.body = std::move(*stream);
  } else if (auto* push = std::get_if<PushBody>(&response.body)) {
    answer.body = std::move(*push);
  } else {
    answer.body = std::move(std::get<std::string>(response.body));
  }
  return answer;
}

Answer PlainAnswer(int status, std::string_view detail) {
  Answer answer{.status = status, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}};
  answer.body =
      fmt::format("{} {}{}{}\n", status, ReasonPhrase(status), detail.empty() ? "" : ": ", detail);
  return answer;
}

Framing FramingOf(const Answer& answer, bool http10) {
  if (HasNoBody(answer.status) || (!std::holds_alternative<StreamBody>(answer.body) &&
                                   !std::holds_alternative<PushBody>(answer.body))) {
    return Framing::kLength;
  }
  return http10 ? Framing::kClose : Framing::kChunked;
}

std::string HeadText(const Answer& answer, const HeadOptions& options) {
  std::string out;
  out.reserve(256);
  out += "HTTP/1.1 ";
  out += std::to_string(answer.status);
  out += ' ';
  out += ReasonPhrase(answer.status);
  out += "\r\n";
  const auto field = [&](std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  };
  field("Date", options.date);
  if (!options.server.empty()) field("Server", options.server);
  if (!options.request_id.empty()) field("X-Request-Id", options.request_id);
  for (const auto& [name, value] : answer.headers.fields()) {
    if (!IsFieldName(name) || IsServersOwn(name)) continue;
    field(name, FieldValue(value));
  }
  if (!HasNoBody(answer.status)) {
    if (const auto* text = std::get_if<std::string>(&answer.body)) {
      field("Content-Length", std::to_string(text->size()));
    } else if (const auto* file = std::get_if<OpenFile>(&answer.body)) {
      field("Content-Length", std::to_string(file->length));
    } else if (!options.http10) {
      field("Transfer-Encoding", "chunked");
    }
  }
  if (!options.keep_alive) {
    field("Connection", "close");
  } else if (options.http10) {
    field("Connection", "keep-alive");
  }
  return out + "\r\n";
}

}  // namespace ww::http
