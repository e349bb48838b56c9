// The site's event stream: what changes and how far runs are, to any number of clients, by one
// thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "wimwright/base/log.h"
#include "wimwright/cim/provider.h"
#include "wimwright/http/response.h"
#include "wimwright/provider/site_provider.h"

namespace ww::events {

struct HubOptions {
  provider::SiteProvider* provider = nullptr;  // outlives the hub
  Logger* log = &NullLogger();
  std::string server_name;  // messages of other machines mean that anything may have changed
  // At most one batch for each client in this time.
  std::chrono::milliseconds interval{250};
  // How often runs and messages are looked up, which other servers of the site may write. Only
  // while somebody listens.
  std::chrono::milliseconds look{1'000};
  std::chrono::milliseconds heartbeat{15'000};
  std::size_t kept = 4096;      // events that a client may have missed
  std::size_t clients = 1'000;  // at a time
};

struct Listener {
  cim::Context context;  // whose rights count
  // Whether it may go on: asked with every fourth heartbeat. Empty: for ever.
  std::function<bool()> still_good;
  std::string last_id;  // Last-Event-ID; empty: from now on
};

// Thread-safe.
class Hub {
 public:
  virtual ~Hub() = default;  // Stop()
  static std::unique_ptr<Hub> Start(HubOptions options);

  // False: too many already.
  virtual bool Add(Listener listener, std::shared_ptr<http::PushChannel> channel) = 0;
  virtual std::size_t listeners() const = 0;
  // Ends all streams. Before the HTTP server stops.
  virtual void Stop() = 0;
};

}  // namespace ww::events
