#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cstdlib>

#include "wimwright/http/server.h"

namespace ww::http {

std::vector<InheritedSocket> InheritedSockets() {
  std::vector<InheritedSocket> out;
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(1, &names);
  for (int i = 0; i < count; ++i) {
    const int fd = SD_LISTEN_FDS_START + i;
    if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) > 0) {
      out.push_back({fd, names != nullptr && names[i] != nullptr ? names[i] : ""});
    } else {
      close(fd);
    }
  }
  if (names != nullptr) {
    for (char** name = names; *name != nullptr; ++name) std::free(*name);
    std::free(names);
  }
  return out;
}

void NotifyReady() { static_cast<void>(sd_notify(0, "READY=1")); }
void NotifyStopping() { static_cast<void>(sd_notify(0, "STOPPING=1")); }
void NotifyWatchdog() { static_cast<void>(sd_notify(0, "WATCHDOG=1")); }

}  // namespace ww::http
