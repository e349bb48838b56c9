#include "site_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <toml++/toml.h>
#include <algorithm>
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

Result<SiteConfiguration> ReadConfiguration(const SiteFolder& folder) {
  std::error_code error;
  if (!std::filesystem::exists(folder.settings(), error)) {
    return Fail(Error{Code::kNotFound,
                      fmt::format("{} is no site: there is no site.toml", folder.dir.string()),
                      "Make a site first: wimwright site init --data DIR --site-code LAB", 0});
  }
  SiteConfiguration out;
  try {
    const auto file = toml::parse_file(folder.settings().string());
    const auto text = [&file](const char* table, const char* key, std::string fallback) {
      return file[table][key].value_or(std::move(fallback));
    };
    out.site.site_code = text("site", "code", out.site.site_code);
    out.site.site_name = text("site", "name", out.site.site_name);
    out.site.server_name = text("site", "server", out.site.server_name);
    out.site.site_number =
        static_cast<std::uint32_t>(file["site"]["number"].value_or(std::int64_t{1}));
    out.database = text("database", "url", "sqlite:" + (folder.dir / "site.db").string());
    out.listen = text("http", "listen", out.listen);
    out.keytab = text("http", "keytab", "");
    out.domain = text("accounts", "domain", out.site.server_name);
    out.content_dir = text("content", "dir", (folder.dir / "content").string());
    const auto number = [&file](const char* table, const char* key, std::int64_t fallback,
                                std::int64_t most) {
      return std::clamp(file[table][key].value_or(fallback), std::int64_t{1}, most);
    };
    out.keep_versions = static_cast<std::uint32_t>(number("content", "keep_versions", 3, 1000));
    out.workers = static_cast<unsigned>(number("servicing", "workers", 1, 64));
    out.cache_dir = text("servicing", "cache", "");
    out.trust_store = text("servicing", "trust_store", "");
    out.lease_timeout = std::chrono::seconds(number("servicing", "lease_timeout", 30, 3600));
  } catch (const toml::parse_error& e) {
    return Fail(Error{Code::kCorrupt,
                      fmt::format("{}: line {}: {}", folder.settings().string(),
                                  e.source().begin.line, std::string(e.description())),
                      "Correct the file.", 0});
  }
  WW_RETURN_IF_ERROR(CheckSiteCode(out.site.site_code));
  if (out.site.site_number < 1 || out.site.site_number > 127) {
    return Fail(Code::kUsage, "site.number is 1 to 127");
  }
  return out;
}

Status WriteConfiguration(const SiteFolder& folder, const SiteConfiguration& configuration) {
  WW_RETURN_IF_ERROR(CheckSiteCode(configuration.site.site_code));
  const auto& c = configuration;
  const auto text = fmt::format(
      "# A wimwright site. Changes count from the next start of the server.\n"
      "[site]\ncode = {}\nname = {}\nserver = {}\nnumber = {}\n\n"
      "[database]\nurl = {}\n\n"
      "[http]\nlisten = {}\n# keytab = \"/etc/wimwright/http.keytab\"  # Kerberos\n\n"
      "[accounts]\ndomain = {}  # local accounts are DOMAIN\\name\n\n"
      "[content]\n# dir = \"/srv/content\"  # one folder for all servers of the site\n"
      "# keep_versions = 3\n\n"
      "[servicing]\n# workers = 1\n# cache = \"/var/cache/wimwright\"\n# trust_store = "
      "\"/etc/wimwright/trust.pem\"\n",
      Quoted(c.site.site_code), Quoted(c.site.site_name), Quoted(c.site.server_name),
      c.site.site_number, Quoted(c.database), Quoted(c.listen), Quoted(c.domain));
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
