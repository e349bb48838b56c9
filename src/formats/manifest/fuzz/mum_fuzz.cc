// Package manifests: whatever parses has identities that are safe in names and names that can be
// derived.
#include <cstdlib>

#include "wimwright/manifest/package.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::manifest;
  const auto package = ParsePackage(std::as_bytes(std::span(data, size)));
  if (!package) return 0;
  const auto text = PackageIdentityString(package->identity);
  const auto again = ParsePackageIdentity(text);
  if (!again || !EqualPackage(*again, package->identity)) std::abort();
  if (text.find_first_of("\\/:") != std::string::npos) std::abort();
  static_cast<void>(package->kb());
  for (const auto& update : package->updates) {
    for (const auto& component : update.components) {
      if (Keyform(component).find_first_of("\\/: ") != std::string::npos) std::abort();
      static_cast<void>(DeploymentKey(component));
    }
    static_cast<void>(ReferenceValueName('i', UpdateReference(package->identity, update.name)));
  }
  return 0;
}
