#include "daemon.h"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <charconv>

namespace ww::server {

Result<http::Endpoint> ParseListen(std::string_view text) {
  http::Endpoint endpoint;
  const auto colon = text.rfind(':');
  const auto bad = [text] {
    return Fail(Error{Code::kUsage, fmt::format("'{}' is no address to listen on", text),
                      "Write ADDRESS:PORT, such as 0.0.0.0:8443 or [::1]:8443.", 0});
  };
  if (colon == std::string_view::npos) return bad();
  auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host == "localhost") host = "127.0.0.1";
  endpoint.address = host.empty() ? "0.0.0.0" : std::string(host);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc() || end != port.data() + port.size()) return bad();
  return endpoint;
}

sigset_t BlockStopSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
  return set;
}

void WaitForStop(const sigset_t& signals, const std::function<void()>& reload) {
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0 || signal != SIGHUP) return;
    reload();
  }
}

std::string HostName() {
  char name[256] = {};
  return ::gethostname(name, sizeof(name) - 1) == 0 && name[0] != 0 ? name : "localhost";
}

}  // namespace ww::server
