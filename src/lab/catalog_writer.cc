#include "catalog_writer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "der_writer.h"
#include "signed_data_writer.h"
#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::lab {
namespace {

constexpr std::string_view kTrustList = "1.3.6.1.4.1.311.10.1";
constexpr std::string_view kCatalogList = "1.3.6.1.4.1.311.12.1.1";
constexpr std::string_view kCatalogMember = "1.3.6.1.4.1.311.12.1.2";   // Windows 7
constexpr std::string_view kCatalogMember2 = "1.3.6.1.4.1.311.12.1.3";  // Windows 8
constexpr std::string_view kNameValue = "1.3.6.1.4.1.311.12.2.1";
constexpr std::string_view kMemberInfo = "1.3.6.1.4.1.311.12.2.2";
constexpr std::string_view kMemberInfo2 = "1.3.6.1.4.1.311.12.2.3";
constexpr std::string_view kCabLink = "1.3.6.1.4.1.311.2.1.25";  // the kind for plain files
constexpr std::string_view kObsolete = "<<<Obsolete>>>";
// The subject type of flat files, as member information has it.
constexpr std::string_view kFlatSubject = "{C689AAB8-8E78-11D0-8C47-00C04FC295EE}";

Bytes BigEndianUtf16(std::string_view text) {
  Bytes out;
  for (char c : text) {
    out.push_back(std::byte{0});
    out.push_back(static_cast<std::byte>(c));
  }
  return out;
}

Bytes LittleEndianUtf16(std::string_view text) {
  Bytes out;
  for (char c : text) AppendLe<std::uint16_t>(out, static_cast<unsigned char>(c));
  AppendLe<std::uint16_t>(out, 0);
  return out;
}

// SpcIndirectDataContent: "a plain file with this digest".
Bytes IndirectData(std::string_view algorithm, ByteView digest, bool with_obsolete_link) {
  Bytes link = der::ContextPrimitive(0, with_obsolete_link ? BigEndianUtf16(kObsolete) : Bytes());
  return der::Sequence(
      {der::Oid(kIndirectDataOid),
       der::SetOf(
           {der::Sequence({der::Sequence({der::Oid(kCabLink), der::Context(2, link)}),
                           der::Sequence({AlgorithmDer(algorithm), der::OctetString(digest)})})})});
}

Bytes MemberWindows7(ByteView content) {
  const Sha1Digest sha1 = Sha1(content);
  Bytes info = der::Sequence(
      {der::Oid(kMemberInfo),
       der::SetOf({der::Sequence({der::BmpString(kFlatSubject), der::Integer(0x200)})})});
  return der::Sequence({der::OctetString(LittleEndianUtf16(ToUpperAscii(ToHex(sha1)))),
                        der::SetOf({IndirectData(kSha1Oid, sha1, true), std::move(info)})});
}

Bytes EmptyMemberInfo() {
  return der::Sequence({der::Oid(kMemberInfo2), der::SetOf({der::ContextPrimitive(0 + 2, {})})});
}

Bytes MemberSha1(ByteView content) {
  return der::Sequence({der::OctetString(Sha1(content)), der::SetOf({EmptyMemberInfo()})});
}

Bytes MemberSha256(ByteView content) {
  const Sha256Digest digest = Sha256(content);
  return der::Sequence({der::OctetString(digest),
                        der::SetOf({EmptyMemberInfo(), IndirectData(kSha256Oid, digest, false)})});
}

// The catalog-wide attribute that says for which systems it is.
Bytes SystemAttribute(CatalogForm form) {
  const std::string_view systems = form == CatalogForm::kSha1Tags
                                       ? "2:5.1,2:5.2,2:6.0,2:6.1"
                                       : "2:5.1,2:5.2,2:6.0,2:6.1,2:6.2,2:6.3";
  const Bytes value = der::Sequence({der::BmpString("OSAttr"), der::Integer(0x10010001),
                                     der::OctetString(LittleEndianUtf16(systems))});
  return der::Context(
      0, der::Sequence({der::Sequence({der::Oid(kNameValue), der::OctetString(value)})}));
}

Bytes TrustList(CatalogForm form, std::string_view name, const std::vector<CatalogMember>& members,
                TimePoint now) {
  std::vector<Bytes> entries;
  for (const CatalogMember& member : members) {
    if (form == CatalogForm::kSha1Tags) {
      entries.push_back(MemberWindows7(member.content));
    } else {
      entries.push_back(MemberSha1(member.content));
      entries.push_back(MemberSha256(member.content));
    }
  }
  // Shorter tags first, then by tag: the order of genuine catalogs. Entries of equal files are one.
  std::sort(entries.begin(), entries.end(), [](const Bytes& a, const Bytes& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  const Sha256Digest identifier = Sha256(AsBytes(name));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const std::string time = fmt::format("{:%y%m%d%H%M%S}Z", fmt::gmtime(std::time_t{seconds}));
  return der::Concat({der::Sequence({der::Oid(kCatalogList)}),
                      der::OctetString(ByteView(identifier).first(16)), der::UtcTime(time),
                      form == CatalogForm::kSha1Tags ? AlgorithmDer(kCatalogMember)
                                                     : AlgorithmDer(kCatalogMember2),
                      der::Sequence(entries), SystemAttribute(form)});
}

}  // namespace

Result<Bytes> MakeCatalog(const Signer& signer, CatalogForm form, std::string_view name,
                          const std::vector<CatalogMember>& members, TimePoint now) {
  WW_TRY(Bytes catalog,
         MakeSignedData(signer, form == CatalogForm::kSha256, kTrustList,
                        TrustList(form, name, members, now)),
         "catalog");
  return catalog;
}

}  // namespace ww::lab
