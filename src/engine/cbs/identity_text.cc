#include "identity_text.h"

#include "wimwright/base/text.h"

namespace ww::cbs {

std::optional<manifest::AssemblyIdentity> ParseIdentityText(std::string_view text) {
  manifest::AssemblyIdentity id;
  const auto take = [&text] {
    const auto comma = text.find(',');
    const auto part = Trim(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    return part;
  };
  id.name = take();
  if (id.name.empty() || id.name.find('=') != std::string::npos) return std::nullopt;
  while (!text.empty()) {
    const auto part = take();
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto key = part.substr(0, equals);
    const auto value = part.substr(equals + 1);
    if (EqualNoCaseAscii(key, "Culture")) {
      id.language = EqualNoCaseAscii(value, "neutral") ? std::string() : std::string(value);
    } else if (EqualNoCaseAscii(key, "Version")) {
      const auto version = manifest::Version::Parse(value);
      if (!version) return std::nullopt;
      id.version = *version;
      id.has_version = true;
    } else if (EqualNoCaseAscii(key, "PublicKeyToken")) {
      id.public_key_token = value;
    } else if (EqualNoCaseAscii(key, "ProcessorArchitecture")) {
      id.architecture = value;
    } else if (EqualNoCaseAscii(key, "versionScope")) {
      id.version_scope = value;
    } else if (EqualNoCaseAscii(key, "Type")) {
      id.type = value;
    } else if (EqualNoCaseAscii(key, "typeName")) {
      id.type_name = value;
    } else {
      return std::nullopt;
    }
  }
  return id;
}

}  // namespace ww::cbs
