#include "component_parser.h"
#include "hresults.h"

namespace ww::manifest {
namespace {

// The registry allows 255 characters per level and 512 levels; genuine keys end near 300
// characters.
constexpr std::size_t kMaxKeyName = 4096;
constexpr std::size_t kMaxValueName = 16383 * 3;

}  // namespace

Status ComponentParser::RegistryKeys(pugi::xml_node node) {
  WW_RETURN_IF_ERROR(OnlyAttributes(node, {}));
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    if (LocalName(child) == "registryKey") {
      WW_RETURN_IF_ERROR(Key(child));
    } else {
      WW_RETURN_IF_ERROR(Unknown(child));
    }
  }
  return {};
}

Status ComponentParser::Key(pugi::xml_node node) {
  RegistryKey key;
  WW_TRY(key.key_name, document_.Required(node, "keyName"), "registry key");
  // Genuine manifests write keys with and without a backslash at the end.
  while (key.key_name.ends_with('\\')) key.key_name.pop_back();
  if (key.key_name.size() > kMaxKeyName) {
    return Fail(document_.At(node, 0, "the key name is too long", Code::kLimit));
  }
  if (!key.key_name.starts_with("HKEY_") || key.key_name.find("\\\\") != std::string::npos) {
    return Fail(
        document_.At(node, kCbsManifestInvalidItem, "the key name has no root or an empty part"));
  }
  WW_RETURN_IF_ERROR(
      OnlyAttributes(node, {"keyName", "owner", "perUserVirtualization"}, key.key_name));
  WW_TRY(key.owner, document_.Boolean(node, "owner", false), "registry key");
  key.per_user_virtualization = Text(node, "perUserVirtualization");
  for (auto child = FirstElement(node); child; child = NextElement(child)) {
    WW_RETURN_IF_ERROR(KeyChild(child, key));
  }
  out_.registry_keys.push_back(std::move(key));
  return {};
}

Status ComponentParser::KeyChild(pugi::xml_node node, RegistryKey& key) {
  const auto name = LocalName(node);
  if (name == "registryValue") {
    RegistryValueEntry value;
    WW_RETURN_IF_ERROR(OnlyAttributes(
        node, {"name", "valueType", "value", "operationHint", "mutable", "owner"}, key.key_name));
    value.name = Text(node, "name");
    if (value.name.size() > kMaxValueName) {
      return Fail(document_.At(node, 0, "the value name is too long", Code::kLimit));
    }
    WW_TRY(value.value_type, document_.Required(node, "valueType"), "registry value");
    value.value = Text(node, "value");
    value.operation_hint = Text(node, "operationHint");
    WW_TRY(value.is_mutable, document_.Boolean(node, "mutable", false), "registry value");
    WW_TRY(value.owner, document_.Boolean(node, "owner", false), "registry value");
    WW_RETURN_IF_ERROR(NoChildren(node, key.key_name));
    key.values.push_back(std::move(value));
    return {};
  }
  if (name == "securityDescriptor") {
    WW_RETURN_IF_ERROR(OnlyAttributes(node, {"name"}, key.key_name));
    WW_TRY(key.security_descriptor, document_.Required(node, "name"), "registry key");
    return NoChildren(node, key.key_name);
  }
  if (name == "systemProtection") {
    WW_RETURN_IF_ERROR(OnlyAttributes(node, {"behavior", "perUserVirtualization"}, key.key_name));
    key.system_protection = Text(node, "behavior");
    return NoChildren(node, key.key_name);
  }
  if (name == "overridable") {
    WW_RETURN_IF_ERROR(OnlyAttributes(node, {"name", "type", "scope"}, key.key_name));
    key.overridables.push_back({Text(node, "name"), Text(node, "type"), Text(node, "scope")});
    return NoChildren(node, key.key_name);
  }
  return Unknown(node, key.key_name);
}

}  // namespace ww::manifest
