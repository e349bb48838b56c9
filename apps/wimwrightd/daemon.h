// What every server of this program does: where it listens, and when it stops.
#pragma once

#include <signal.h>

#include <functional>
#include <string>
#include <string_view>

#include "wimwright/base/result.h"
#include "wimwright/http/server.h"

namespace ww::server {

// "0.0.0.0:8443", "[::1]:443", ":8443". kUsage.
Result<http::Endpoint> ParseListen(std::string_view text);

// Signals are waited for, not handled: every thread that is made later inherits the mask.
sigset_t BlockStopSignals();
// Returns at SIGTERM or SIGINT; `reload` runs at SIGHUP.
void WaitForStop(const sigset_t& signals, const std::function<void()>& reload);

// Of this machine; "localhost" when it has none.
std::string HostName();

}  // namespace ww::server
