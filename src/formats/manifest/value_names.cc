// Names and data of registry values that embed a hash (windows-servicing.md 4.5, 4.6, 5.2.2).
#include <fmt/format.h>

#include "wimwright/base/text.h"
#include "wimwright/manifest/identity.h"

namespace ww::manifest {
namespace {

constexpr std::size_t kReferenceLimit = 60;
constexpr std::size_t kFileNameLimit = 25;

bool IsAscii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

}  // namespace

std::string UpdateReference(const AssemblyIdentity& package, std::string_view update_name) {
  return PackageIdentityString(package) + "." + std::string(update_name);
}

Result<std::string> ReferenceValueName(char prefix, std::string_view reference) {
  if (prefix != 'i' && prefix != 'p' && prefix != 's') {
    return Fail(Code::kUsage, "a reference value begins with i, p or s");
  }
  if (reference.size() <= kReferenceLimit || !IsAscii(reference)) {
    return Fail(
        Code::kUnsupported,
        fmt::format("the value name of the update '{}' is not known: only references of more "
                    "than {} ASCII characters were ever seen",
                    reference, kReferenceLimit));
  }
  const std::string lower = ToLowerAscii(reference);
  return fmt::format("{}!CBS_{}_{}", prefix, lower.substr(0, kReferenceLimit),
                     HashText(StringHash(lower)));
}

Bytes ReferenceBlob(std::string_view reference, std::string_view extra) {
  Bytes blob;
  AppendLe(blob, static_cast<std::uint32_t>(reference.size()));
  AppendLe(blob, static_cast<std::uint32_t>(extra.size()));
  Append(blob, AsBytes(reference));
  Append(blob, AsBytes(extra));
  return blob;
}

Result<Reference> ParseReferenceBlob(ByteView blob) {
  ByteReader in(blob);
  WW_TRY(const auto reference_size, in.Le<std::uint32_t>(), "length of a reference");
  WW_TRY(const auto extra_size, in.Le<std::uint32_t>(), "length of a reference's extra");
  WW_TRY(const auto reference, in.Take(reference_size), "reference");
  WW_TRY(const auto extra, in.Take(extra_size), "extra of a reference");
  if (!in.at_end()) return Fail(Code::kCorrupt, "a reference has bytes behind its end");
  return Reference{std::string(AsText(reference)), std::string(AsText(extra))};
}

Result<std::string> FileValueName(std::string_view file_name) {
  if (file_name.empty() || file_name.find_first_of("\\/") != std::string_view::npos) {
    return Fail(Code::kUnsupported, fmt::format("the value name of the file '{}' is not known: it "
                                                "has a sub-directory or no name",
                                                file_name));
  }
  if (!IsAscii(file_name)) {
    return Fail(Code::kUnsupported,
                fmt::format("the value name of the file '{}' is not known: not ASCII", file_name));
  }
  const std::string lower = ToLowerAscii(file_name);
  if (lower.size() <= kFileNameLimit) return "f!" + lower;
  return fmt::format("f!{}_{}", lower.substr(0, kFileNameLimit), HashText(StringHash(lower)));
}

std::string FileMapsName(std::string_view token_path) {
  std::string name = ToLowerAscii(token_path);
  for (char& c : name) {
    if (c == '\\' || c == ' ') c = '_';
  }
  return fmt::format("{}_{}.cdf-ms", name, HashText(StringHash(ToUpperAscii(token_path))));
}

}  // namespace ww::manifest
