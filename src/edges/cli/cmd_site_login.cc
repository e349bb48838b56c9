// wimwright site login

#include "site_command.h"

namespace ww::cli {
namespace {

const Manual kManual{
    "site",
    "login",
    "Remember a site and who signs in",
    "Tries the connection and writes ~/.config/wimwright/site.json, which only you can read. "
    "Other\n"
    "site commands take from it what their options do not say.",
    {{"site login --server https://srv:8443 --user admin --password-file pw --ca cert.pem",
      "once for each site"}}};

class SiteLogin final : public SiteCommand {
 public:
  const Manual& manual() const override { return kManual; }

 protected:
  void DefineOwn(CLI::App&) override {}
  Result<int> RunOn(SiteClient& site, Session& session) override {
    WW_TRY(const auto sites, site.List("SMS_Identification"), "signing in");
    if (sites.empty()) return Fail(Code::kIo, "the server names no site");
    WW_TRY(const auto target, options().Target(), "site");
    WW_RETURN_IF_ERROR(WriteProfile(target));
    const auto code = sites[0].value("ThisSiteCode", "");
    return ShowDone(session, fmt::format("signed in to site {} at {}", code, target.server),
                    Json{{"site_code", code}, {"server", target.server}});
  }
};

}  // namespace

std::unique_ptr<Command> MakeSiteLogin() { return std::make_unique<SiteLogin>(); }

}  // namespace ww::cli
