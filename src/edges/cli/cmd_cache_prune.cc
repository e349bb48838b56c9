// wimwright cache prune
#include <nlohmann/json.hpp>

#include "cache_option.h"
#include "command.h"
#include "exit_code.h"
#include "units.h"
#include "wimwright/servicing/cache.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "cache",
    "prune",
    "Make the payload cache smaller",
    "Removes packs, unused for longest first, until the rest has at most --max-size bytes, and "
    "what\n"
    "killed jobs left half written. Jobs that run meanwhile keep what they have opened.",
    {{"cache prune --cache /var/cache/wimwright --max-size 2G", "keep the last two gigabytes"},
     {"cache prune --cache /var/cache/wimwright --max-size 0", "empty it"}}};

class CachePrune final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  bool ChangesFiles() const override { return true; }
  void Define(CLI::App& app) override {
    AddCacheOption(app, dir_);
    AddSizeOption(app, "--max-size", limit_, "What may stay; default 10G");
  }

  Result<int> Run(Session& session) override {
    WW_RETURN_IF_ERROR(RequireCache(dir_));
    WW_TRY(const auto done, servicing::PruneCache(session.fs(), dir_, limit_, session.log()), dir_);
    const auto result = done.packs_removed == 0 ? "nothing_to_do" : "succeeded";
    if (session.options().json) {
      session.PrintJson(result, kExitDone,
                        Json{{"cache", dir_},
                             {"packs_removed", done.packs_removed},
                             {"bytes_removed", done.bytes_removed},
                             {"bytes_left", done.bytes_left}});
    }
    session.Note("{} packs with {} removed, {} left\n", done.packs_removed,
                 FormatBytes(done.bytes_removed), FormatBytes(done.bytes_left));
    return kExitDone;
  }

 private:
  std::string dir_;
  std::uint64_t limit_ = servicing::kDefaultCacheLimit;
};

}  // namespace

std::unique_ptr<Command> MakeCachePrune() { return std::make_unique<CachePrune>(); }

}  // namespace ww::cli
