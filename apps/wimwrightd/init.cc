#include "init.h"

#include <fmt/format.h>

#include <fstream>
#include <system_error>

#include "daemon.h"
#include "site_folder.h"
#include "wimwright/accounts/accounts.h"
#include "wimwright/base/file.h"
#include "wimwright/http/authenticator.h"
#include "wimwright/http/certificate.h"
#include "wimwright/http/password_hash.h"
#include "wimwright/provider/site_provider.h"

namespace ww::server {
namespace {

namespace stdfs = std::filesystem;

constexpr std::chrono::days kCertificateLife{3650};
constexpr std::size_t kGeneratedLength = 24;

// One line; the line break at its end is no part of it.
Result<std::string> ReadPassword(const stdfs::path& path) {
  std::ifstream in(path);
  std::string password;
  if (!std::getline(in, password)) {
    return Fail(Error{Code::kNotFound, fmt::format("{} holds no password", path.string()),
                      "Write the password into the first line of the file.", 0});
  }
  if (!password.empty() && password.back() == '\r') password.pop_back();
  if (password.size() < 8) {
    return Fail(Error{Code::kUsage, "the password is shorter than 8 characters",
                      "Choose a longer one.", 0});
  }
  return password;
}

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

  std::string password;
  if (options.admin_password_file) {
    WW_TRY(password, ReadPassword(*options.admin_password_file), "administrator's password");
  } else {
    WW_TRY(const auto random, http::MakeToken(), "password");
    password = random.token.substr(random.token.size() - kGeneratedLength);
    report.generated_password = password;
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
  std::vector<std::string> names{site.server_name};
  for (const char* local : {"localhost", "127.0.0.1", "::1"}) {
    if (site.server_name != local) names.emplace_back(local);
  }
  WW_TRY(const auto certificate, http::MakeSelfSigned(names, kCertificateLife), "certificate");
  WW_TRY_STATUS(http::WriteCertificate(certificate, folder.certificate(), folder.key()),
                "certificate");
  WW_TRY(report.fingerprint, http::CertificateFingerprint(folder.certificate()), "certificate");
  report.certificate = folder.certificate();

  WW_TRY(const auto schema, cim::LoadBuiltInSchema(), "schema");
  WW_TRY(const auto database, database::Database::Open(configuration.database), "database");
  WW_TRY(auto accounts, accounts::Accounts::Open(*database, SystemClock()), "accounts");
  WW_TRY(const auto known, accounts.Names(), "accounts");
  if (!known.empty()) {
    return Fail(Error{Code::kConflict, "the database has a site in it already",
                      "Name an empty database.", 0});
  }
  WW_TRY(const auto hash, http::HashPassword(password), "password");
  WW_TRY_STATUS(accounts.SetPassword(options.admin, hash), "administrator");
  provider::ProviderOptions provider_options;
  provider_options.site = site;
  provider_options.schema = &schema;
  provider_options.database = database.get();
  provider_options.files = &RealFileSystem();
  WW_TRY(const auto provider, provider::SiteProvider::Open(provider_options), "site");
  WW_TRY_STATUS(provider->AddFullAdministrator(configuration.domain + "\\" + options.admin),
                "administrator");
  report.admin = options.admin;
  undo.Complete();
  return report;
}

}  // namespace ww::server
