// Addresses: what is accepted and has a canonical path is written in a form that is read again.
#include <cstdlib>

#include "address.h"
#include "query_options.h"
#include "wimwright/base/bytes.h"
#include "wimwright/cim/schema.h"
#include "wimwright/http/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww;
  static const cim::Schema kSchema = *cim::LoadBuiltInSchema();
  const auto target = http::ParseTarget(AsText(std::as_bytes(std::span(data, size))));
  if (!target) return 0;
  if (const auto options = adminservice::ParseOptions(target->query)) {
    const auto cls = kSchema.Find("SMS_ImagePackage");
    const auto selection = adminservice::ParseSelect(options->odata.select, *cls);
    if (selection && *selection) {
      if (adminservice::ProviderSelect(**selection, *cls).empty()) std::abort();
    }
  } else if (options.error().hresult == 0) {
    std::abort();
  }
  const auto address = adminservice::ParseAddress(target->segments);
  if (!address) {
    if (address.error().hresult == 0) std::abort();
    return 0;
  }
  if (address->kind != adminservice::Address::Kind::kInstance) return 0;
  const auto path = cim::Canonical(address->Path(), kSchema);
  if (!path) return 0;
  const auto written = http::ParseTarget("/AdminService/wmi/" + adminservice::AddressOf(*path));
  if (!written) std::abort();
  const auto again = adminservice::ParseAddress(written->segments);
  if (!again) std::abort();
  const auto same = cim::Canonical(again->Path(), kSchema);
  if (!same || same->Relative() != path->Relative()) std::abort();
  return 0;
}
