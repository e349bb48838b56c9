// Component manifests, and everything that is done with what they say.
#include <cstdlib>

#include "wimwright/manifest/component.h"
#include "wimwright/manifest/registry_value.h"
#include "wimwright/manifest/security.h"
#include "wimwright/manifest/variables.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ww::manifest;
  const auto component = ParseComponent(std::as_bytes(std::span(data, size)));
  if (!component) return 0;
  if (Keyform(component->identity).find_first_of("\\/: ") != std::string::npos) std::abort();
  static_cast<void>(IdentityText(component->identity));
  const auto variables = Variables::For("wow64", "amd64");
  for (const auto& file : component->files) {
    if (file.name.find("..\\") != std::string::npos && file.name.starts_with("..")) std::abort();
    if (file.digest_algorithm != DigestAlgorithm::kNone && file.digest.empty()) std::abort();
    static_cast<void>(FileValueName(file.name));
    if (!file.destination_path) continue;
    const auto path = variables->ExpandPath(*file.destination_path);
    if (path && (!path->starts_with("\\") || path->find("\\..\\") != std::string::npos))
      std::abort();
  }
  for (const auto& key : component->registry_keys) {
    for (const auto& value : key.values) {
      const auto text = variables->ExpandText(value.value);
      if (text) static_cast<void>(EncodeRegistryValue(value.value_type, *text));
    }
  }
  for (const auto& definition : component->security_descriptors) {
    static_cast<void>(SddlToSecurityDescriptor(definition.sddl));
  }
  return 0;
}
