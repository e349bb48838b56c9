#include "site_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cctype>

namespace ww::server {
namespace {

Status CheckSiteCode(std::string_view code) {
  bool good = code.size() == 3;
  for (const char c : code) good = good && std::isalnum(static_cast<unsigned char>(c)) != 0;
  if (good) return {};
  return Fail(Error{Code::kUsage, fmt::format("'{}' is no site code", code),
                    "Take three letters or digits, such as LAB.", 0});
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

Result<SiteConfiguration> ReadConfiguration(const SiteFolder& folder, const Overrides& overrides) {
  const auto read = Settings::Read(folder.settings(), overrides);
  if (!read) return Fail(read.error());
  const Settings& settings = *read;
  SiteConfiguration out;
  out.site.site_code = settings.Text("site.code");
  out.site.site_name = settings.Text("site.name");
  out.site.server_name = settings.Text("site.server");
  out.site.site_number = static_cast<std::uint32_t>(settings.Number("site.number"));
  out.database = settings.Text("database.url");
  out.listen = settings.Text("http.listen");
  out.keytab = settings.Text("http.keytab");
  out.domain = settings.Text("accounts.domain");
  out.sessions.idle = std::chrono::seconds(settings.Number("console.session_idle"));
  out.sessions.whole = std::chrono::seconds(settings.Number("console.session_length"));
  out.folder.dir = folder.dir;
  // Relative paths count from the site's folder, wherever the server was started.
  out.folder.certificate_elsewhere = folder.dir / settings.Text("http.certificate");
  out.folder.key_elsewhere = folder.dir / settings.Text("http.key");
  out.folder.logs_elsewhere = folder.dir / settings.Text("logs.folder");
  out.content_dir = folder.dir / settings.Text("content.folder");
  out.keep_versions = static_cast<std::uint32_t>(settings.Number("content.keep_versions"));
  out.distribution_listen = settings.Text("distribution.listen");
  out.workers = static_cast<unsigned>(settings.Number("servicing.workers"));
  const auto optional_path = [&](const char* name) {
    const auto& text = settings.Text(name);
    return text.empty() ? std::filesystem::path() : folder.dir / text;
  };
  out.cache_dir = optional_path("servicing.cache");
  out.trust_store = optional_path("servicing.trust_store");
  out.lease_timeout = std::chrono::seconds(settings.Number("servicing.lease_timeout"));
  WW_RETURN_IF_ERROR(CheckSiteCode(out.site.site_code));
  return out;
}

Status WriteConfiguration(const SiteFolder& folder, const SiteConfiguration& configuration) {
  WW_RETURN_IF_ERROR(CheckSiteCode(configuration.site.site_code));
  const auto& c = configuration;
  const auto text = fmt::format(
      "# A wimwright site. Changes count from the next start of the server. All keys: "
      "site.toml(5).\n"
      "[site]\ncode = {}\nname = {}\nserver = {}\nnumber = {}\n\n"
      "[database]\nurl = {}\n\n"
      "[http]\nlisten = {}\n# keytab = \"/etc/wimwright/http.keytab\"  # Kerberos\n\n"
      "[accounts]\ndomain = {}  # local accounts are DOMAIN\\name\n{}{}",
      Quoted(c.site.site_code), Quoted(c.site.site_name), Quoted(c.site.server_name),
      c.site.site_number, Quoted(c.database), Quoted(c.listen), Quoted(c.domain),
      c.folder.logs_elsewhere.empty()
          ? std::string()
          : fmt::format("\n[logs]\nfolder = {}\n", Quoted(c.folder.logs_elsewhere.string())),
      c.content_dir.empty()
          ? std::string()
          : fmt::format("\n[content]\nfolder = {}\n", Quoted(c.content_dir.string())));
  const int fd = ::open(folder.settings().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return Fail(Error{errno == EEXIST ? Code::kConflict : Code::kIo,
                      fmt::format("{} cannot be made: {}", folder.settings().string(),
                                  std::system_category().message(errno)),
                      "Name a new folder.", 0});
  }
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  if (::close(fd) != 0 || !written) return Fail(Code::kIo, "site.toml could not be written");
  return {};
}

}  // namespace ww::server
