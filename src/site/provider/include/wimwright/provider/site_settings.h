// What a site is called and where it stands: fixed when `site init` makes it.
#pragma once

#include <cstdint>
#include <string>

namespace ww::provider {

struct SiteSettings {
  std::string site_code = "LAB";          // three characters: letters and digits
  std::string site_name = "wimwright";    // SMS_Site.SiteName
  std::string server_name = "localhost";  // of the site server, as in NAL paths and __SERVER
  std::uint32_t site_number = 1;  // the top byte of generated numbers: 16777217 is the first
  std::string version = "5.00.9132.1000";  // SMS_Site.Version: what scripts compare
  std::uint32_t build = 9132;
};

// "root\sms\site_LAB".
std::string SiteNamespace(const SiteSettings& site);
// "\\SRV\" in a NAL path: ["Display=\\SRV\"]MSWNET:["SMS_SITE=LAB"]\\SRV\.
std::string NalPathOf(const SiteSettings& site, std::string_view server);
// The server in a NAL path: "SRV"; empty when it is none.
std::string ServerOfNalPath(std::string_view nal_path);

}  // namespace ww::provider
