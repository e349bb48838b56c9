// What a look at the site finds: runs that moved, messages that came. No threads, no clients.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wimwright/events/hub.h"

namespace ww::events {

// Something to tell. `package`: whoever may not read it hears nothing; empty: for everybody.
struct Event {
  std::string name, data, package;
};

class Watch {
 public:
  Watch(provider::SiteProvider& provider, std::string server_name)
      : provider_(provider), server_name_(std::move(server_name)) {}

  // What changed since the last look; the first one finds nothing. Runs that ended are told once
  // more.
  Result<std::vector<Event>> Look();
  // Runs that are not over, as they are now.
  std::vector<Event> Running() const;

 private:
  Status LookAtRuns(provider::Call& call, std::vector<Event>& out);
  Status LookAtMessages(provider::Call& call, std::vector<Event>& out);

  provider::SiteProvider& provider_;
  std::string server_name_;
  std::map<std::int64_t, Event> runs_;
  std::optional<std::int64_t> last_message_;
  bool first_ = true;
};

}  // namespace ww::events
