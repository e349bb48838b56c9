// Which packages a user may read: asked once for each user and package, and again after a while.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

#include "wimwright/cim/provider.h"

namespace ww::events {

class Visibility {
 public:
  explicit Visibility(cim::Provider& provider) : provider_(provider) {}

  // Looks up those that are not known yet, in one query.
  void Learn(const cim::Context& context, const std::set<std::string>& packages);
  // What is not known is not visible.
  bool Sees(const cim::Context& context, const std::string& package) const;
  // Rights may have changed.
  void Forget() { users_.clear(); }

 private:
  using Steady = std::chrono::steady_clock;
  struct User {
    std::map<std::string, bool, std::less<>> packages;
    Steady::time_point since = Steady::now();
  };
  cim::Provider& provider_;
  std::map<std::string, User, std::less<>> users_;
};

}  // namespace ww::events
