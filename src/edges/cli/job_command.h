// What `plan` and `apply` have in common: IMAGE --update U... --index N|all, and the job behind
// them.
#pragma once

#include <string>
#include <vector>

#include "index_option.h"
#include "session.h"
#include "wimwright/servicing/job.h"

namespace CLI {
class App;
}

namespace ww::cli {

class JobInputs {
 public:
  // `several`: IMAGE may be given more than once.
  void Define(CLI::App& app, bool several);
  // Everything but image and output. kUsage for options that make no sense.
  Result<servicing::JobOptions> Options(const Session& session) const;
  const std::vector<std::string>& images() const { return images_; }

 private:
  std::vector<std::string> images_;
  std::vector<std::string> updates_;
  IndexOption index_;
  std::string trust_store_;
  unsigned threads_ = 0;
};

servicing::Context ContextOf(Session& session);

}  // namespace ww::cli
