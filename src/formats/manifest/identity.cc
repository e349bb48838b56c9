#include "wimwright/manifest/identity.h"

#include <fmt/format.h>
#include <array>
#include <optional>
#include <utility>

#include "identity_check.h"
#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

// windows-servicing.md 4.2: 2^33 - 9.
constexpr std::uint64_t kHashPrime = 0x1FFFFFFF7;
constexpr std::uint32_t kCharacterFactor = 65599;

class StringHasher {
 public:
  void Add(std::uint32_t code_unit) {
    auto& lane = lanes_[count_++ % 4];
    lane = lane * kCharacterFactor + code_unit;
  }
  std::uint64_t Finish() const {
    std::uint64_t hash = 0;
    for (const std::uint32_t lane : lanes_) hash = hash * kHashPrime + lane;
    return hash;
  }

 private:
  std::array<std::uint32_t, 4> lanes_ = {};
  std::size_t count_ = 0;
};

bool IsAscii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

bool IsNeutral(std::string_view language) {
  return language.empty() || EqualNoCaseAscii(language, "neutral") ||
         EqualNoCaseAscii(language, "none");
}

std::uint64_t HashAttributes(const AssemblyIdentity& id, bool with_version) {
  const std::string version = with_version && id.has_version ? id.version.ToString() : "";
  const std::pair<std::string_view, std::string_view> attributes[] = {
      {"name", id.name},
      {"culture", IsNeutral(id.language) ? std::string_view() : std::string_view(id.language)},
      {"typename", id.type_name},
      {"type", id.type},
      {"version", version},
      {"publickeytoken", id.public_key_token},
      {"processorarchitecture", id.architecture},
      {"versionscope", id.version_scope},
  };
  std::uint64_t hash = 0;
  for (const auto& [name, value] : attributes) {
    if (value.empty()) continue;
    hash = hash * kHashPrime + (StringHash(name) * kHashPrime + StringHash(ToLowerAscii(value)));
  }
  return hash;
}

// Longer than `limit`: the first `keep` and the last `keep` characters around two dots.
std::string Shorten(std::string text, std::size_t limit, std::size_t keep) {
  if (text.size() <= limit) return text;
  return text.substr(0, keep) + ".." + text.substr(text.size() - keep);
}

std::string ShortName(std::string_view name, std::size_t limit, std::size_t keep) {
  std::string kept;
  for (const char c : name) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (letter || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_') kept.push_back(c);
  }
  return Shorten(std::move(kept), limit, keep);
}

std::string OrNone(const std::string& text) { return text.empty() ? "none" : text; }

std::string ShortVersion(const AssemblyIdentity& id) {
  return id.has_version ? Shorten(id.version.ToString(), 16, 7) : "none";
}

std::string ShortCulture(const AssemblyIdentity& id) {
  return IsNeutral(id.language) ? "none" : Shorten(id.language, 8, 3);
}

AssemblyIdentity WithoutVersion(AssemblyIdentity id) {
  id.version = {};
  id.has_version = true;
  return id;
}

bool SameLanguage(std::string_view a, std::string_view b) {
  return (IsNeutral(a) && IsNeutral(b)) || EqualNoCaseAscii(a, b);
}

bool SameVersion(const AssemblyIdentity& a, const AssemblyIdentity& b) {
  return a.has_version == b.has_version && (!a.has_version || a.version == b.version);
}

}  // namespace

std::uint64_t StringHash(std::string_view text) {
  StringHasher hasher;
  if (!IsAscii(text)) {
    if (const auto wide = Utf8ToUtf16(text)) {
      for (const char16_t c : *wide) hasher.Add(c);
      return hasher.Finish();
    }
  }
  for (const char c : text) hasher.Add(static_cast<unsigned char>(c));
  return hasher.Finish();
}

std::uint64_t IdentityHash(const AssemblyIdentity& id) { return HashAttributes(id, true); }
std::uint64_t FamilyHash(const AssemblyIdentity& id) { return HashAttributes(id, false); }
std::string HashText(std::uint64_t hash) { return fmt::format("{:016x}", hash); }

std::string Keyform(const AssemblyIdentity& id) {
  return ToLowerAscii(fmt::format("{}_{}_{}_{}_{}_{}", OrNone(id.architecture),
                                  ShortName(id.name, 40, 19), OrNone(id.public_key_token),
                                  ShortVersion(id), ShortCulture(id), HashText(IdentityHash(id))));
}

std::string FamilyKey(const AssemblyIdentity& id) {
  return ToLowerAscii(fmt::format("{}_{}_{}_{}_{}", OrNone(id.architecture),
                                  ShortName(id.name, 40, 19), OrNone(id.public_key_token),
                                  ShortCulture(id), HashText(FamilyHash(id))));
}

std::string DeploymentKey(const AssemblyIdentity& id) {
  return ToLowerAscii(fmt::format("{}_{}_{}_{}", ShortName(id.name, 24, 11),
                                  OrNone(id.public_key_token), ShortVersion(id),
                                  HashText(IdentityHash(id))));
}

std::string ComponentDetectKey(const AssemblyIdentity& id) { return Keyform(WithoutVersion(id)); }

Result<std::string> IdentityText(const AssemblyIdentity& id) {
  if (!id.type_name.empty()) {
    return Fail(Code::kUnsupported,
                "the identity text of '" + id.name + "' is not known: it has a typeName");
  }
  for (const std::string* value : {&id.name, &id.language, &id.type, &id.public_key_token,
                                   &id.architecture, &id.version_scope}) {
    if (!IsAscii(*value) || value->find_first_of(",\"'\\") != std::string::npos) {
      return Fail(Code::kUnsupported, "the identity text of '" + id.name + "' is not known: '" +
                                          *value + "' would need escaping");
    }
  }
  std::string out = id.name;
  const auto add = [&out](std::string_view name, std::string_view value) {
    if (!value.empty()) out.append(", ").append(name).append("=").append(value);
  };
  add("Culture", IsNeutral(id.language) ? "neutral" : id.language);
  add("Type", id.type);
  if (id.has_version) add("Version", id.version.ToString());
  add("PublicKeyToken", id.public_key_token);
  add("ProcessorArchitecture", id.architecture);
  // Manifests spell it nonSxS, the store NonSxS (5.2.1).
  add("versionScope",
      EqualNoCaseAscii(id.version_scope, "nonSxS") ? std::string_view("NonSxS") : id.version_scope);
  return out;
}

std::string PackageIdentityString(const AssemblyIdentity& id) {
  return fmt::format("{}~{}~{}~{}~{}", id.name, id.public_key_token, id.architecture,
                     IsNeutral(id.language) ? "" : id.language, id.version.ToString());
}

std::string PackageFamilyString(const AssemblyIdentity& id) {
  return PackageIdentityString(WithoutVersion(id));
}

Result<AssemblyIdentity> ParsePackageIdentity(std::string_view text) {
  const auto bad = [text](std::string_view why) {
    return Fail(Code::kCorrupt,
                fmt::format("'{}' is not a package identity: {}", text.substr(0, 300), why));
  };
  std::array<std::string_view, 5> parts;
  std::size_t count = 0;
  std::string_view rest = text;
  while (true) {
    if (count == parts.size()) return bad("more than five parts");
    const auto tilde = rest.find('~');
    parts[count++] = rest.substr(0, tilde);
    if (tilde == std::string_view::npos) break;
    rest.remove_prefix(tilde + 1);
  }
  if (count != parts.size()) return bad("fewer than five parts");
  const auto version = Version::Parse(parts[4]);
  if (!version) return bad("no version of four numbers");
  AssemblyIdentity id;
  id.name = parts[0];
  id.public_key_token = parts[1];
  id.architecture = parts[2];
  id.language = IsNeutral(parts[3]) ? std::string_view() : parts[3];
  id.version = *version;
  id.has_version = true;
  if (const auto why = WhatIsWrongWithPackage(id); !why.empty()) return bad(why);
  if (HasWildcard(id)) return bad("a part is left open");
  return id;
}

bool SameFamily(const AssemblyIdentity& a, const AssemblyIdentity& b) {
  return EqualNoCaseAscii(a.name, b.name) &&
         EqualNoCaseAscii(a.public_key_token, b.public_key_token) &&
         EqualNoCaseAscii(a.architecture, b.architecture) && SameLanguage(a.language, b.language);
}

bool EqualPackage(const AssemblyIdentity& a, const AssemblyIdentity& b) {
  return SameFamily(a, b) && SameVersion(a, b);
}

bool SameComponentFamily(const AssemblyIdentity& a, const AssemblyIdentity& b) {
  return SameFamily(a, b) && EqualNoCaseAscii(a.type, b.type) &&
         EqualNoCaseAscii(a.type_name, b.type_name) &&
         EqualNoCaseAscii(a.version_scope, b.version_scope);
}

bool EqualComponent(const AssemblyIdentity& a, const AssemblyIdentity& b) {
  return SameComponentFamily(a, b) && SameVersion(a, b);
}

}  // namespace ww::manifest
