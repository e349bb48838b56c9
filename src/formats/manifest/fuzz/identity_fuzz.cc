// Identities, value names and the small texts beside them.
#include <cstdlib>

#include "wimwright/manifest/identity.h"
#include "wimwright/manifest/registry_value.h"
#include "wimwright/manifest/variables.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::manifest;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto text = ww::AsText(bytes);
  if (const auto id = ParsePackageIdentity(text)) {
    const auto again = ParsePackageIdentity(PackageIdentityString(*id));
    if (!again || !EqualPackage(*id, *again)) std::abort();
    static_cast<void>(Keyform(*id));
    static_cast<void>(FamilyKey(*id));
    static_cast<void>(IdentityText(*id));
  }
  if (const auto version = Version::Parse(text); version && version->ToString() != text)
    std::abort();
  if (const auto blob = ParseReferenceBlob(bytes)) {
    const auto back = ReferenceBlob(blob->reference, blob->extra);
    if (ww::AsText(back) != text) std::abort();
  }
  static_cast<void>(FileValueName(text));
  static_cast<void>(FileMapsName(text));
  static_cast<void>(ReferenceValueName('s', text));
  const auto variables = Variables::For("x86", "amd64");
  static_cast<void>(variables->ExpandPath(text));
  static_cast<void>(variables->ExpandText(text));
  for (const char* type : {"REG_MULTI_SZ", "REG_DWORD", "REG_QWORD", "REG_BINARY", "REG_SZ"}) {
    static_cast<void>(EncodeRegistryValue(type, text));
  }
  return 0;
}
