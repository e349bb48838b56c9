// The site itself: who it is, where its provider is, how paths to its servers are written.
#include <fmt/format.h>

#include "bind.h"
#include "wimwright/provider/identifiers.h"

namespace ww::provider {
namespace {

using cim::Instance;

Status EnumerateIdentification(Call& call, const cim::InstanceSink& sink) {
  const auto& site = call.site();
  WW_TRY(auto row, call.store.Make("SMS_Identification"), "site");
  row.SetRaw("ThisSiteCode", call.SiteCode());
  row.SetRaw("ThisSiteName", Text(site.site_name));
  row.SetRaw("SMSSiteServer", Text(site.server_name));
  row.SetRaw("SMSProviderServer", Text(site.server_name));
  row.SetRaw("SMSBuildNumber", Number(site.build));
  row.SetRaw("SMSMinBuildNumber", Number(site.build));
  row.SetRaw("SMSVersion", Text("5.0"));
  row.SetRaw("LocaleID", Number(1033));
  row.SetRaw("License", Number(1));
  row.SetRaw("MonthlyReleaseVersion", Number(0));
  row.SetRaw("Reserved", Number(0));
  sink(row);
  return {};
}

Status EnumerateLocation(Call& call, const cim::InstanceSink& sink) {
  WW_TRY(auto row, call.store.Make("SMS_ProviderLocation"), "provider");
  row.SetRaw("SiteCode", call.SiteCode());
  row.SetRaw("Machine", Text(call.site().server_name));
  row.SetRaw("NamespacePath",
             Text(fmt::format("\\\\{}\\{}", call.site().server_name, SiteNamespace(call.site()))));
  row.SetRaw("ProviderForLocalSite", Flag(true));
  sink(row);
  return {};
}

Status EnumerateSite(Call& call, const cim::InstanceSink& sink) {
  const auto& site = call.site();
  WW_TRY(auto row, call.store.Make("SMS_Site"), "site");
  row.SetRaw("SiteCode", call.SiteCode());
  row.SetRaw("SiteName", Text(site.site_name));
  row.SetRaw("ServerName", Text(site.server_name));
  row.SetRaw("BuildNumber", Number(site.build));
  row.SetRaw("Version", Text(site.version));
  row.SetRaw("Type", Number(2));
  row.SetRaw("Status", Number(1));
  row.SetRaw("Mode", Number(0));
  row.SetRaw("ReportingSiteCode", Text(""));
  row.SetRaw("TimeZoneInfo", Text("0 0000 0 0 0 0 0000 0 0 0 0"));
  sink(row);
  return {};
}

Status GetCurrentUser(MethodCall& m) {
  m.Result("UserName", m.call.User());
  return {};
}

// A NAL path: display qualifiers in brackets, the type, connection qualifiers, the network path.
Status PackNalPath(MethodCall& m) {
  const auto list = [&m](std::string_view name) {
    std::string out;
    const auto* all = m.Argument(name).AsArray();
    for (const auto& one : all != nullptr ? *all : cim::Value::Array()) {
      out += fmt::format("[\"{}\"]", one.TextOr(""));
    }
    return out;
  };
  m.Result("NALPath",
           Text(fmt::format("{}{}:{}{}", list("DisplayQualifiers"),
                            m.Argument("NALType").TextOr(""), list("NetworkConnectionQualifiers"),
                            m.Argument("NetworkOSPath").TextOr(""))));
  return {};
}

// Takes `["..."]` groups from the front of `text`.
cim::Value TakeQualifiers(std::string_view& text) {
  cim::Value::Array out;
  while (text.starts_with("[\"")) {
    const auto end = text.find("\"]");
    if (end == std::string_view::npos) break;
    out.push_back(Text(text.substr(2, end - 2)));
    text.remove_prefix(end + 2);
  }
  return cim::Value::Of(std::move(out));
}

Status UnpackNalPath(MethodCall& m) {
  const auto path = m.Argument("NALPath").TextOr("");
  std::string_view rest = path;
  auto display = TakeQualifiers(rest);
  const auto colon = rest.find(':');
  if (colon == std::string_view::npos || colon == 0) return BadValue("that is no NAL path");
  m.Result("NALType", Text(rest.substr(0, colon)));
  rest.remove_prefix(colon + 1);
  m.Result("NetworkConnectionQualifiers", TakeQualifiers(rest));
  m.Result("DisplayQualifiers", std::move(display));
  m.Result("NetworkOSPath", Text(rest));
  return {};
}

}  // namespace

void BindSite(Bindings& bindings) {
  const auto computed = [&bindings](std::string_view name, auto enumerate) {
    auto& binding = bindings[name];
    binding.source = ClassBinding::Source::kComputed;
    binding.enumerate = enumerate;
  };
  computed("SMS_Identification", EnumerateIdentification);
  computed("SMS_ProviderLocation", EnumerateLocation);
  computed("SMS_Site", EnumerateSite);
  bindings.SetMethod("SMS_Identification", "GetCurrentUser", GetCurrentUser);
  bindings.SetMethod("SMS_Identification", "GetProviderVersion", [](MethodCall& m) -> Status {
    m.Result("VersionString", Text(m.call.site().version));
    return {};
  });
  bindings.SetMethod("SMS_Identification", "GetSiteID", [](MethodCall& m) -> Status {
    m.Result("SiteID", m.call.SiteCode());
    return {};
  });
  bindings.SetMethod("SMS_Identification", "IsCurrentBranch", [](MethodCall& m) -> Status {
    m.Result("ReturnValue", cim::Value::Int(1));
    return {};
  });
  bindings.SetMethod("SMS_Identification", "GetSiteType", [](MethodCall& m) -> Status {
    m.Result("ReturnValue", cim::Value::Int(2));  // primary
    return {};
  });
  bindings.SetMethod("SMS_NAL_Methods", "PackNALPath", PackNalPath);
  bindings.SetMethod("SMS_NAL_Methods", "UnPackNALPath", UnpackNalPath);
}

}  // namespace ww::provider
