#include "client.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "wimwright/base/text.h"

namespace ww::http {

Client::Client(std::uint16_t port, const char* address)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  inet_pton(AF_INET, address, &to.sin_addr);
  connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
}

bool Client::Send(std::string_view text) {
  while (!text.empty()) {
    const auto count = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void Client::FinishSending() { ::shutdown(fd_.get(), SHUT_WR); }

bool Client::More() {
  pollfd wait = {fd_.get(), POLLIN, 0};
  if (::poll(&wait, 1, 60'000) != 1) return false;
  char bytes[65536];
  const auto count = ::recv(fd_.get(), bytes, sizeof(bytes), 0);
  if (count <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

bool Client::Closed(std::string* rest) {
  for (;;) {
    pollfd wait = {fd_.get(), POLLIN, 0};
    if (::poll(&wait, 1, 60'000) != 1) return false;
    char bytes[65536];
    const auto count = ::recv(fd_.get(), bytes, sizeof(bytes), 0);
    if (count <= 0) {
      if (rest != nullptr) *rest = buffer_;
      return true;
    }
    buffer_.append(bytes, static_cast<std::size_t>(count));
  }
}

std::optional<Reply> Client::Read(bool to_head) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!More()) return std::nullopt;
  }
  Reply reply;
  reply.head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  reply.status = std::atoi(reply.head.c_str() + 9);
  for (std::size_t at = reply.head.find("\r\n") + 2; at < reply.head.size();) {
    const auto line_end = reply.head.find("\r\n", at);
    const auto line = reply.head.substr(at, line_end - at);
    const auto colon = line.find(':');
    reply.fields[ToLowerAscii(line.substr(0, colon))] = std::string(Trim(line.substr(colon + 1)));
    at = line_end + 2;
  }
  if (to_head || reply.status == 204 || reply.status == 304 || reply.status == 100) return reply;
  if (reply.fields.contains("content-length")) {
    const auto length = std::strtoull(reply.fields["content-length"].c_str(), nullptr, 10);
    while (buffer_.size() < length) {
      if (!More()) return std::nullopt;
    }
    reply.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
  } else if (reply.fields["transfer-encoding"] == "chunked") {
    for (;;) {
      std::size_t line = 0;
      while ((line = buffer_.find("\r\n")) == std::string::npos) {
        if (!More()) return std::nullopt;
      }
      const auto length = std::strtoull(buffer_.c_str(), nullptr, 16);
      while (buffer_.size() < line + 4 + length) {
        if (!More()) return std::nullopt;
      }
      reply.body += buffer_.substr(line + 2, length);
      buffer_.erase(0, line + 4 + length);
      if (length == 0) return reply;
    }
  } else {
    while (More()) {
    }
    reply.body = std::exchange(buffer_, {});
  }
  return reply;
}

std::optional<Reply> Client::Ask(std::string_view text, bool to_head) {
  if (!Send(text)) return std::nullopt;
  return Read(to_head);
}

std::string Shell(const std::string& command, int* exit_code) {
  std::string out;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return out;
  char bytes[4096];
  while (const auto count = std::fread(bytes, 1, sizeof(bytes), pipe)) out.append(bytes, count);
  const int status = ::pclose(pipe);
  if (exit_code != nullptr) *exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

}  // namespace ww::http
