#include "job_command.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace ww::cli {
namespace {

// SOURCE_DATE_EPOCH, the convention of reproducible builds: seconds since 1970 that stand for the
// clock in everything that is written.
Result<std::optional<TimePoint>> TimeFromEnvironment() {
  const char* const text = std::getenv("SOURCE_DATE_EPOCH");
  if (text == nullptr || *text == 0) return std::nullopt;
  const std::string_view digits(text);
  std::uint32_t seconds = 0;
  const auto end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, seconds);
  if (error != std::errc() || stop != end) {
    return Fail(Error{Code::kUsage, "SOURCE_DATE_EPOCH is not a number of seconds",
                      "unset it, or give seconds since 1970", 0});
  }
  return TimePoint(std::chrono::seconds(seconds));
}

}  // namespace

void JobInputs::Define(CLI::App& app, bool several) {
  AddOption(app, "IMAGE", images_, "WIM file, with one or more images")
      .Required()
      .Value("")
      .Several(1, several ? -1 : 1);
  AddOption(app, "--update", updates_, "Update file (.msu, .cab) or folder of updates")
      .Required()
      .Value("UPDATE")
      .Several();
  index_.Define(app);
  AddOption(app, "--trust-store", trust_store_,
            "Certificates that every signature must lead to (PEM or DER)")
      .Value("FILE");
  AddOption(app, "--threads", threads_, "Worker threads; default: one per processor")
      .Value("N")
      .Between(1, 1024);
}

Result<servicing::JobOptions> JobInputs::Options(const Session& session) const {
  auto indexes = index_.Numbers();
  if (!indexes) return Fail(indexes.error());
  servicing::JobOptions options;
  WW_TRY(options.now, TimeFromEnvironment(), "environment");
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
