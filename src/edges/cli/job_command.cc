#include "job_command.h"

#include <CLI/CLI.hpp>

namespace ww::cli {

void JobInputs::Define(CLI::App& app, bool several) {
  app.add_option("IMAGE", images_, "WIM file, with one or more images")
      ->required()
      ->type_name("")
      ->expected(1, several ? -1 : 1);
  app.add_option("--update", updates_, "Update file (.msu, .cab) or folder of updates")
      ->required()
      ->type_name("UPDATE")
      ->expected(1, -1);
  index_.Define(app);
  app.add_option("--trust-store", trust_store_,
                 "Certificates that every catalogue's signature must lead to (PEM or DER)")
      ->type_name("FILE");
  app.add_option("--threads", threads_, "Worker threads; default: one per processor")
      ->type_name("N")
      ->check(CLI::Range(1u, 1024u).description(""));
}

Result<servicing::JobOptions> JobInputs::Options(const Session& session) const {
  auto indexes = index_.Numbers();
  if (!indexes) return Fail(indexes.error());
  servicing::JobOptions options;
  options.updates.assign(updates_.begin(), updates_.end());
  options.indexes = *std::move(indexes);
  options.scratch_dir = session.options().scratch_dir;
  options.threads = threads_;
  options.trust_store = trust_store_;
  return options;
}

servicing::Context ContextOf(Session& session) {
  return servicing::Context{session.fs(), session.clock(), session.log(), session.progress(),
                            session.cancel()};
}

}  // namespace ww::cli
