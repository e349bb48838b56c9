#include "wimwright/provider/site_settings.h"

#include <fmt/format.h>

namespace ww::provider {

std::string SiteNamespace(const SiteSettings& site) { return "root\\sms\\site_" + site.site_code; }

std::string NalPathOf(const SiteSettings& site, std::string_view server) {
  return fmt::format(R"(["Display=\\{0}\"]MSWNET:["SMS_SITE={1}"]\\{0}\)", server, site.site_code);
}

std::string ServerOfNalPath(std::string_view nal_path) {
  const auto start = nal_path.rfind("]\\\\");
  if (start == std::string_view::npos) return {};
  auto server = nal_path.substr(start + 3);
  if (const auto end = server.find('\\'); end != std::string_view::npos) {
    server = server.substr(0, end);
  }
  return std::string(server);
}

}  // namespace ww::provider
