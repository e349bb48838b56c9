// A client that does what real ones do not: half requests, slow ones, several at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "wimwright/base/handle.h"

namespace ww::http {

struct Reply {
  int status = 0;
  std::string head;
  std::string body;
  // Lower-case name; the last field of that name.
  std::map<std::string, std::string> fields;
};

class Client {
 public:
  explicit Client(std::uint16_t port, const char* address = "127.0.0.1");
  bool connected() const { return connected_; }
  bool Send(std::string_view text);
  void FinishSending();  // half-close
  // One whole answer; nullopt when the connection ends or nothing comes for 10 s.
  std::optional<Reply> Read(bool to_head = false);
  // Whether the server closes the connection within 10 s; what came until then goes to `rest`.
  bool Closed(std::string* rest = nullptr);
  std::optional<Reply> Ask(std::string_view text, bool to_head = false);
  int fd() const { return fd_.get(); }

 private:
  bool More();
  UniqueFd fd_;
  bool connected_ = false;
  std::string buffer_;
};

// Runs a shell command, answers what it printed.
std::string Shell(const std::string& command, int* exit_code = nullptr);

}  // namespace ww::http
