#include "catalog_writer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "der_writer.h"
#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::lab {
namespace {

constexpr std::string_view kSignedData = "1.2.840.113549.1.7.2";
constexpr std::string_view kContentType = "1.2.840.113549.1.9.3";
constexpr std::string_view kMessageDigest = "1.2.840.113549.1.9.4";
constexpr std::string_view kRsa = "1.2.840.113549.1.1.1";
constexpr std::string_view kSha1 = "1.3.14.3.2.26";
constexpr std::string_view kSha256 = "2.16.840.1.101.3.4.2.1";
constexpr std::string_view kTrustList = "1.3.6.1.4.1.311.10.1";
constexpr std::string_view kCatalogList = "1.3.6.1.4.1.311.12.1.1";
constexpr std::string_view kCatalogMember = "1.3.6.1.4.1.311.12.1.2";   // Windows 7
constexpr std::string_view kCatalogMember2 = "1.3.6.1.4.1.311.12.1.3";  // Windows 8
constexpr std::string_view kNameValue = "1.3.6.1.4.1.311.12.2.1";
constexpr std::string_view kMemberInfo = "1.3.6.1.4.1.311.12.2.2";
constexpr std::string_view kMemberInfo2 = "1.3.6.1.4.1.311.12.2.3";
constexpr std::string_view kIndirectData = "1.3.6.1.4.1.311.2.1.4";
constexpr std::string_view kCabLink = "1.3.6.1.4.1.311.2.1.25";  // the kind for plain files
constexpr std::string_view kObsolete = "<<<Obsolete>>>";
// The subject type of flat files, as member information has it.
constexpr std::string_view kFlatSubject = "{C689AAB8-8E78-11D0-8C47-00C04FC295EE}";

Bytes Algorithm(std::string_view oid) { return der::Sequence({der::Oid(oid), der::Null()}); }

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
  return der::Sequence({der::Oid(kIndirectData),
                        der::SetOf({der::Sequence(
                            {der::Sequence({der::Oid(kCabLink), der::Context(2, link)}),
                             der::Sequence({Algorithm(algorithm), der::OctetString(digest)})})})});
}

Bytes MemberWindows7(ByteView content) {
  const Sha1Digest sha1 = Sha1(content);
  Bytes info = der::Sequence(
      {der::Oid(kMemberInfo),
       der::SetOf({der::Sequence({der::BmpString(kFlatSubject), der::Integer(0x200)})})});
  return der::Sequence({der::OctetString(LittleEndianUtf16(ToUpperAscii(ToHex(sha1)))),
                        der::SetOf({IndirectData(kSha1, sha1, true), std::move(info)})});
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
                        der::SetOf({EmptyMemberInfo(), IndirectData(kSha256, digest, false)})});
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
  return der::Concat(
      {der::Sequence({der::Oid(kCatalogList)}), der::OctetString(ByteView(identifier).first(16)),
       der::UtcTime(time),
       form == CatalogForm::kSha1Tags ? Algorithm(kCatalogMember) : Algorithm(kCatalogMember2),
       der::Sequence(entries), SystemAttribute(form)});
}

}  // namespace

Result<Bytes> MakeCatalog(const Signer& signer, CatalogForm form, std::string_view name,
                          const std::vector<CatalogMember>& members, TimePoint now) {
  const bool sha256 = form == CatalogForm::kSha256;
  const std::string_view hash = sha256 ? kSha256 : kSha1;
  // PKCS#7 hashes the content octets only: without tag and length of the list.
  const Bytes list = TrustList(form, name, members, now);
  const Bytes digest = sha256 ? ToBytes(ByteView(Sha256(list))) : ToBytes(ByteView(Sha1(list)));
  const Bytes type_attribute =
      der::Sequence({der::Oid(kContentType), der::SetOf({der::Oid(kTrustList)})});
  const Bytes digest_attribute =
      der::Sequence({der::Oid(kMessageDigest), der::SetOf({der::OctetString(digest)})});
  // Signed as a SET OF, stored under an implicit [0].
  const Bytes attributes = der::SetOf({type_attribute, digest_attribute});
  WW_TRY(const Bytes signature, signer.Sign(attributes, sha256), "signing a catalog");
  Bytes stored_attributes = attributes;
  stored_attributes[0] = std::byte{0xa0};
  const Bytes signer_info = der::Sequence(
      {der::Integer(1), der::Sequence({signer.issuer_der(), der::Integer(signer.serial())}),
       Algorithm(hash), stored_attributes, Algorithm(kRsa), der::OctetString(signature)});
  const Bytes signed_data = der::Sequence(
      {der::Integer(1), der::SetOf({Algorithm(hash)}),
       der::Sequence({der::Oid(kTrustList), der::Context(0, der::Element(0x30, list))}),
       der::Context(0, der::Concat({signer.certificate_der(), signer.ca_der()})),
       der::SetOf({signer_info})});
  return der::Sequence({der::Oid(kSignedData), der::Context(0, signed_data)});
}

}  // namespace ww::lab
