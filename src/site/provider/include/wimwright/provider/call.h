// One call of a client: its transaction, who it is, what it may do, and what follows from it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "wimwright/provider/access.h"
#include "wimwright/provider/site_provider.h"

namespace ww::provider {

struct Call {
  const ProviderOptions& options;
  const cim::Context& context;
  ObjectStore store;
  std::shared_ptr<const Access> grants;
  const Access& access;  // of `grants`
  cim::DateTime now;     // the site's clock, which is UTC, offset unknown as the provider writes it
  // Done once the transaction is committed.
  std::vector<std::function<void(SiteEvents&)>> events;

  const SiteSettings& site() const { return options.site; }
  cim::Value Now() const { return cim::Value::Date(now); }
  cim::Value User() const { return cim::Value::String(context.user); }
  cim::Value SiteCode() const { return cim::Value::String(site().site_code); }

  void ServicingRequested(std::string package_id) {
    events.push_back([id = std::move(package_id)](SiteEvents& e) { e.ServicingRequested(id); });
  }
  void ScanRequested(std::string package_id) {
    events.push_back([id = std::move(package_id)](SiteEvents& e) { e.ScanRequested(id); });
  }
  void ContentChanged(std::string package_id) {
    events.push_back([id = std::move(package_id)](SiteEvents& e) { e.ContentChanged(id); });
  }
};

inline cim::Value Text(std::string_view text) { return cim::Value::String(std::string(text)); }
inline cim::Value Number(std::uint64_t number) { return cim::Value::Uint(number); }
inline cim::Value Flag(bool flag) { return cim::Value::Bool(flag); }
inline cim::Value Embedded(cim::Instance object) {
  return cim::Value::Object(std::make_shared<const cim::Instance>(std::move(object)));
}

// The elements of an array; none of what is no array.
inline const cim::Value::Array& List(const cim::Value& value) {
  static const cim::Value::Array none;
  const auto* list = value.AsArray();
  return list != nullptr ? *list : none;
}

// The provider's own refusals.
inline tl::unexpected<Error> Missing(std::string what) {
  return Fail(cim::ProviderError(cim::ProviderCode::kObjectMissing, std::move(what)));
}
inline tl::unexpected<Error> BadValue(std::string what) {
  return Fail(cim::ProviderError(cim::ProviderCode::kBadValue, std::move(what)));
}
inline tl::unexpected<Error> Denied(std::string what) {
  return Fail(cim::ProviderError(cim::ProviderCode::kAccessDenied, std::move(what)));
}

}  // namespace ww::provider
