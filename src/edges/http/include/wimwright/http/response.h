// A response as handlers make it: a value whose body is text, a file, or a function that writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "wimwright/base/result.h"
#include "wimwright/http/request.h"

namespace ww::http {

// Where a streamed body goes. Write() blocks the calling worker while the client is slower than the
// writer, so a body of any size needs the memory of one buffer.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;
  // kCancelled: the client went away or the server stops; end soon. Bytes gather up to a buffer's
  // size before they are sent.
  virtual Status Write(std::string_view bytes) = 0;
  // Sends what has gathered: after each event of an event stream.
  virtual Status Flush() = 0;
  // Whether the client went away or the server stops; for writers that wait for something else.
  virtual bool closed() const = 0;
  // Forgets what was written when none of it has been sent yet (StreamBody::hold); whether it
  // could.
  virtual bool TakeBack() { return false; }
};

struct Response;

struct StreamBody {
  // Runs once, after the status line. An error cuts the connection, so that the client sees that
  // the body is not whole. Not called for HEAD.
  std::function<Status(ResponseStream&)> write;
  // Event streams live for hours: they get a thread of their own instead of a worker's time, and
  // their number is limited (503 beyond).
  bool long_lived = false;
  // So many bytes are gathered before the status line is sent. A body that ends within them is sent
  // with its length. When `write` fails before more was written, `instead` makes the answer.
  std::size_t hold = 0;
  std::function<Response(const Error&)> instead = {};
};

// The way to a client that gets something whenever there is something, for hours, without a thread
// that waits for it. Thread-safe. Whoever pushes lets go of it before the server ends.
class PushChannel {
 public:
  virtual ~PushChannel() = default;
  // Queues bytes, which many channels may share. False: the client went away, or reads so slowly
  // that too much waited for it, and was cut.
  virtual bool Push(std::shared_ptr<const std::string> bytes) = 0;
  // The body is whole; the connection ends with it.
  virtual void End() = 0;
};
struct PushBody {
  // Called once, on the connection's thread, when the head is on its way: must not wait. Not called
  // for HEAD.
  std::function<void(std::shared_ptr<PushChannel>)> begin;
};

// A file from disk: ranges, ETag and Last-Modified, conditional requests. On plain connections the
// kernel copies it (sendfile).
struct FileBody {
  std::filesystem::path path;
  std::string etag = {};  // empty: from inode, size and time. With quotes
};

struct Response {
  int status = 200;
  Headers headers = {};  // Content-Length, Transfer-Encoding, Date, Connection are the server's
  std::variant<std::string, FileBody, StreamBody, PushBody> body = std::string();

  static Response Text(int status, std::string text);  // text/plain; charset=utf-8
  static Response Json(int status, std::string json);  // application/json; charset=utf-8
  static Response File(std::filesystem::path path, std::string content_type);
  static Response Stream(int status, std::string content_type,
                         std::function<Status(ResponseStream&)> write);
  // text/event-stream, not cached, not buffered by proxies, long-lived.
  static Response Events(std::function<Status(ResponseStream&)> write);
  // The same without a thread of its own.
  static Response Push(std::function<void(std::shared_ptr<PushChannel>)> begin);
};

// One server-sent event: every line of `data` in a field of its own. `name` and `id` may be empty
// and lose line breaks.
std::string FormatEvent(std::string_view name, std::string_view data, std::string_view id = {});

std::string_view ReasonPhrase(int status);

}  // namespace ww::http
