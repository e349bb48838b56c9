#include "identity_check.h"

namespace ww::manifest {
namespace {

// Genuine names end near 110 characters; NTFS and registry names at 255.
constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxPart = 64;

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool IsPlainWord(std::string_view text) {
  for (const char c : text) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.') return false;
  }
  return text.size() <= kMaxPart;
}

bool IsPlainOrAny(std::string_view text) { return text == "*" || IsPlainWord(text); }

}  // namespace

std::string_view WhatIsWrong(const AssemblyIdentity& id) {
  if (id.name.empty()) return "the name is empty";
  if (id.name.size() > kMaxName) return "the name is too long";
  for (const char c : id.name) {
    if (IsControl(c)) return "the name has a control character";
  }
  if (!IsPlainOrAny(id.architecture)) return "the architecture is not a word";
  if (!IsPlainOrAny(id.language)) return "the language is not a word";
  if (!IsPlainWord(id.public_key_token)) return "the public key token is not a word";
  if (!IsPlainWord(id.type)) return "the type is not a word";
  if (!IsPlainWord(id.type_name)) return "the type name is not a word";
  if (!IsPlainWord(id.version_scope)) return "the version scope is not a word";
  return {};
}

std::string_view WhatIsWrongWithPackage(const AssemblyIdentity& id) {
  if (const auto why = WhatIsWrong(id); !why.empty()) return why;
  if (id.name.find_first_of("\\/:*?\"<>|~") != std::string::npos) {
    return "the name has a character that file names cannot hold";
  }
  if (id.name.front() == '.' || id.name.front() == ' ')
    return "the name begins with a dot or space";
  return {};
}

bool HasWildcard(const AssemblyIdentity& id) {
  return id.architecture == "*" || id.language == "*";
}

}  // namespace ww::manifest
