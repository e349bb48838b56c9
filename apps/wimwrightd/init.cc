#include "init.h"

#include <fmt/format.h>

#include <system_error>

#include "daemon.h"
#include "password.h"
#include "site_folder.h"
#include "wimwright/accounts/accounts.h"
#include "wimwright/base/file.h"
#include "wimwright/http/authenticator.h"
#include "wimwright/http/certificate.h"
#include "wimwright/http/password_hash.h"
#include "wimwright/provider/call.h"
#include "wimwright/provider/site_provider.h"

namespace ww::server {
namespace {

namespace stdfs = std::filesystem;

constexpr std::chrono::days kCertificateLife{3650};

Status MakeFolder(const stdfs::path& dir) {
  std::error_code error;
  if (stdfs::exists(dir, error) && !stdfs::is_empty(dir, error)) {
    return Fail(Error{Code::kConflict, fmt::format("{} is not empty", dir.string()),
                      "Name a new folder; a site that exists is left alone.", 0});
  }
  for (const auto& one : {dir, dir / "tls", dir / "logs", dir / "content"}) {
    stdfs::create_directories(one, error);
    if (error) return Fail(Code::kIo, fmt::format("{}: {}", one.string(), error.message()));
    stdfs::permissions(one, stdfs::perms::owner_all, error);
  }
  return {};
}

// Takes away what was made, unless it was completed.
class Undo {
 public:
  explicit Undo(stdfs::path dir) : dir_(std::move(dir)) {
    std::error_code ignored;
    existed_ = stdfs::exists(dir_, ignored);
  }
  ~Undo() {
    if (done_) return;
    std::error_code ignored;
    for (const char* name :
         {"tls", "logs", "content", "site.toml", "site.db", "site.db-wal", "site.db-shm"}) {
      stdfs::remove_all(dir_ / name, ignored);
    }
    if (!existed_) stdfs::remove(dir_, ignored);
  }
  void Complete() { done_ = true; }

 private:
  stdfs::path dir_;
  bool existed_ = false;
  bool done_ = false;
};

// Database of a new site with its first administrator.
Status MakeSite(const SiteConfiguration& configuration, const std::string& admin,
                const std::string& password) {
  WW_TRY(const auto schema, cim::LoadBuiltInSchema(), "schema");
  WW_TRY(const auto database, database::Database::Open(configuration.database), "database");
  WW_TRY(auto accounts, accounts::Accounts::Open(*database, SystemClock()), "accounts");
  WW_TRY(const auto known, accounts.Names(), "accounts");
  if (!known.empty()) {
    return Fail(Error{Code::kConflict, "the database has a site in it already",
                      "Name an empty database.", 0});
  }
  WW_TRY(const auto hash, http::HashPassword(password), "password");
  WW_TRY_STATUS(accounts.SetPassword(admin, hash), "administrator");
  provider::ProviderOptions provider_options;
  provider_options.site = configuration.site;
  provider_options.schema = &schema;
  provider_options.database = database.get();
  provider_options.files = &RealFileSystem();
  WW_TRY(const auto provider, provider::SiteProvider::Open(provider_options), "site");
  WW_TRY_STATUS(provider->AddFullAdministrator(configuration.domain + "\\" + admin),
                "administrator");
  return {};
}

// The name of the site in the database, of its server and of its accounts' domain: every server of
// a site answers as the same one.
Status ReadJoinedSite(SiteConfiguration& configuration) {
  const auto nothing = [] {
    return Fail(Error{Code::kNotFound, "the database has no site of this code to join",
                      "Give the --database and --site-code of the site; make a new one without "
                      "--join.",
                      0});
  };
  if (!configuration.database.starts_with("postgres")) {
    return Fail(Error{Code::kUsage, "a site on SQLite has one server",
                      "Keep the site in PostgreSQL: --database postgresql://...", 0});
  }
  WW_TRY(const auto schema, cim::LoadBuiltInSchema(), "schema");
  WW_TRY(const auto database, database::Database::Open(configuration.database), "database");
  WW_TRY(auto accounts, accounts::Accounts::Open(*database, SystemClock()), "accounts");
  WW_TRY(const auto known, accounts.Names(), "accounts");
  if (known.empty()) return nothing();
  provider::ProviderOptions options;
  options.site = configuration.site;
  options.schema = &schema;
  options.database = database.get();
  options.files = &RealFileSystem();
  WW_TRY(const auto provider, provider::SiteProvider::Open(options), "site");
  std::optional<cim::Instance> site;
  WW_RETURN_IF_ERROR(provider->Read(provider::SystemContext(), [&](provider::Call& call) -> Status {
    WW_TRY(site,
           call.store.FindOne("SMS_SCI_SiteDefinition",
                              {{"SiteCode", provider::Text(configuration.site.site_code)}}),
           "site");
    return {};
  }));
  if (!site) return nothing();
  configuration.site.site_name = (*site)["SiteName"].TextOr("");
  configuration.site.server_name = (*site)["SiteServerName"].TextOr("");
  configuration.domain =
      configuration.site.server_name.substr(0, configuration.site.server_name.find('.'));
  return {};
}

}  // namespace

Result<InitReport> InitSite(const InitOptions& options) {
  InitReport report;
  SiteConfiguration configuration;
  auto& site = configuration.site;
  site.site_code = options.site_code;
  for (auto& c : site.site_code) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  site.site_name = options.site_name.empty() ? "wimwright " + site.site_code : options.site_name;
  site.server_name = options.server_name.empty() ? HostName() : options.server_name;
  configuration.listen = options.listen;
  configuration.domain = site.server_name.substr(0, site.server_name.find('.'));
  std::error_code error;
  const SiteFolder folder{stdfs::absolute(options.dir, error)};
  configuration.database =
      options.database.empty() ? "sqlite:" + (folder.dir / "site.db").string() : options.database;
  if (!options.logs.empty()) {
    configuration.folder.logs_elsewhere = stdfs::absolute(options.logs, error);
  }

  configuration.content_dir =
      options.content.empty() ? options.content : stdfs::absolute(options.content, error);

  const auto certificate_name = site.server_name;
  std::string password;
  if (options.join) {
    WW_RETURN_IF_ERROR(ReadJoinedSite(configuration));
  } else {
    WW_TRY(const auto first, GivenOrNew(options.admin_password_file), "administrator's password");
    password = first.text;
    if (first.made) report.generated_password = first.text;
  }
  WW_RETURN_IF_ERROR([&]() -> Status {
    std::error_code ignored;
    if (stdfs::exists(folder.dir, ignored) && !stdfs::is_empty(folder.dir, ignored)) {
      return Fail(Error{Code::kConflict, fmt::format("{} is not empty", folder.dir.string()),
                        "Name a new folder; a site that exists is left alone.", 0});
    }
    return {};
  }());
  Undo undo(folder.dir);
  WW_RETURN_IF_ERROR(MakeFolder(folder.dir));
  WW_RETURN_IF_ERROR(WriteConfiguration(folder, configuration));
  std::vector<std::string> names{certificate_name};
  for (const char* local : {"localhost", "127.0.0.1", "::1"}) {
    if (certificate_name != local) names.emplace_back(local);
  }
  WW_TRY(const auto certificate, http::MakeSelfSigned(names, kCertificateLife), "certificate");
  WW_TRY_STATUS(http::WriteCertificate(certificate, folder.certificate(), folder.key()),
                "certificate");
  WW_TRY(report.fingerprint, http::CertificateFingerprint(folder.certificate()), "certificate");
  report.certificate = folder.certificate();

  if (!options.join) {
    WW_RETURN_IF_ERROR(MakeSite(configuration, options.admin, password));
    report.admin = options.admin;
  }
  undo.Complete();
  return report;
}

}  // namespace ww::server
