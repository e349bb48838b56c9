// wimwright cache show
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
    "show",
    "List the packs of the payload cache",
    "A job that ran with --cache leaves one pack: the payload that it decoded, checked and\n"
    "compressed, ready for the next image. Most recently used first.",
    {{"cache show --cache /var/cache/wimwright", "for a person"},
     {"cache show --cache /var/cache/wimwright --json", "for a script"}}};

class CacheShow final : public Command {
 public:
  const Manual& manual() const override { return kManual; }
  void Define(CLI::App& app) override { AddCacheOption(app, dir_); }

  Result<int> Run(Session& session) override {
    WW_RETURN_IF_ERROR(RequireCache(dir_));
    WW_TRY(const auto packs, servicing::ShowCache(session.fs(), dir_, session.log()), dir_);
    Json list = Json::array();
    std::string text;
    std::uint64_t total = 0;
    for (const auto& pack : packs) {
      const auto used = FormatFileTime(ToFileTime(pack.last_used));
      total += pack.bytes;
      text += fmt::format("{}  {:>6} contents  {:>9} for {:>9}  {} {}  last used {}\n",
                          pack.path.filename().string(), pack.contents, FormatBytes(pack.bytes),
                          FormatBytes(pack.content_bytes), pack.compression, pack.chunk_size, used);
      list.push_back(Json{{"pack", pack.path.filename().string()},
                          {"contents", pack.contents},
                          {"bytes", pack.bytes},
                          {"content_bytes", pack.content_bytes},
                          {"compression", pack.compression},
                          {"chunk_size", pack.chunk_size},
                          {"last_used", used}});
    }
    if (session.options().json) {
      session.PrintJson("succeeded", kExitDone,
                        Json{{"cache", dir_}, {"bytes", total}, {"packs", std::move(list)}});
    } else {
      session.Print(text);
      session.Note("{} packs, {} in {}\n", packs.size(), FormatBytes(total), dir_);
    }
    return kExitDone;
  }

 private:
  std::string dir_;
};

}  // namespace

std::unique_ptr<Command> MakeCacheShow() { return std::make_unique<CacheShow>(); }

}  // namespace ww::cli
