#include "request_context.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string_view>

#include "wimwright/base/text.h"

namespace ww::adminservice {
namespace {

constexpr std::size_t kMaxValue = 256;

struct Language {
  std::string_view tag;  // lower case
  int lcid;
};
// Windows language identifiers; a language alone is its main country's.
constexpr Language kLanguages[] = {
    {"en", 1033}, {"en-us", 1033}, {"en-gb", 2057}, {"de", 1031}, {"de-at", 3079}, {"de-ch", 2055},
    {"fr", 1036}, {"fr-ca", 3084}, {"es", 3082},    {"it", 1040}, {"ja", 1041},    {"ko", 1042},
    {"zh", 2052}, {"zh-cn", 2052}, {"zh-tw", 1028}, {"ru", 1049}, {"pt", 2070},    {"pt-br", 1046},
    {"nl", 1043}, {"pl", 1045},    {"cs", 1029},    {"sv", 1053}, {"da", 1030},    {"fi", 1035},
    {"nb", 1044}, {"no", 1044},    {"hu", 1038},    {"tr", 1055}, {"el", 1032},    {"uk", 1058},
};

std::string Cut(std::string_view value) { return std::string(Trim(value).substr(0, kMaxValue)); }

std::string LocaleOf(std::string_view accept_language) {
  auto tag = ToLowerAscii(Trim(accept_language.substr(0, accept_language.find_first_of(",;"))));
  while (!tag.empty()) {
    const auto* found = std::find_if(std::begin(kLanguages), std::end(kLanguages),
                                     [&](const Language& l) { return l.tag == tag; });
    if (found != std::end(kLanguages)) return "MS\\" + std::to_string(found->lcid);
    const auto dash = tag.rfind('-');
    tag.resize(dash == std::string::npos ? 0 : dash);
  }
  return {};
}

// "Mozilla" of "Mozilla/5.0 (...)".
std::string ProductOf(std::string_view user_agent) {
  return Cut(user_agent.substr(0, user_agent.find_first_of("/ ")));
}

std::vector<std::string> ListOf(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size() && out.size() < 64;) {
    const auto comma = std::min(text.find(',', at), text.size());
    if (auto part = Cut(text.substr(at, comma - at)); !part.empty()) out.push_back(std::move(part));
    at = comma + 1;
  }
  return out;
}

bool IsHost(std::string_view host) {
  return !host.empty() && host.size() <= 300 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view(".-_:[]").find(c) != std::string_view::npos;
  });
}

}  // namespace

cim::Context ContextOf(const http::Request& request) {
  cim::Context context;
  const auto& headers = request.headers;
  if (request.user) context.user = request.user->name;
  if (auto name = Cut(headers.Get("SMS-ApplicationName")); !name.empty()) {
    context.application_name = std::move(name);
  } else if (auto product = ProductOf(headers.Get("User-Agent")); !product.empty()) {
    context.application_name = std::move(product);
  }
  if (auto name = Cut(headers.Get("SMS-MachineName")); !name.empty()) {
    context.machine_name = std::move(name);
  } else if (!request.peer.address.empty()) {
    context.machine_name = request.peer.address;
  }
  context.locale = Cut(headers.Get("SMS-LocaleID"));
  if (context.locale.empty()) context.locale = LocaleOf(headers.Get("Accept-Language"));
  context.session_handle = Cut(headers.Get("SMS-SessionHandle"));
  context.object_lock_context = Cut(headers.Get("SMS-ObjectLockContext"));
  context.context_handle = Cut(headers.Get("SMS-ContextHandle"));
  context.limit_to_collections = ListOf(headers.Get("SMS-LimitToCollectionIDs"));
  context.query_qualifiers = EqualNoCaseAscii(Trim(headers.Get("SMS-QueryQualifiers")), "true");
  const auto count = Trim(headers.Get("SMS-InstanceCount"));
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(count.data(), count.data() + count.size(), number);
  if (!count.empty() && parsed.ec == std::errc() && parsed.ptr == count.data() + count.size()) {
    context.instance_count = number;
  }
  return context;
}

std::string BaseUrlOf(const http::Request& request, const std::string& fallback) {
  const std::string scheme = request.peer.tls ? "https://" : "http://";
  const auto host = Trim(request.headers.Get("Host"));
  return scheme + (IsHost(host) ? std::string(host) : fallback);
}

}  // namespace ww::adminservice
