#include "signed_data_writer.h"

#include "der_writer.h"
#include "wimwright/base/hash.h"

namespace ww::lab {
namespace {

constexpr std::string_view kSignedData = "1.2.840.113549.1.7.2";
constexpr std::string_view kContentType = "1.2.840.113549.1.9.3";
constexpr std::string_view kMessageDigest = "1.2.840.113549.1.9.4";
constexpr std::string_view kRsa = "1.2.840.113549.1.1.1";

}  // namespace

Bytes AlgorithmDer(std::string_view oid) { return der::Sequence({der::Oid(oid), der::Null()}); }

Result<Bytes> MakeSignedData(const Signer& signer, bool sha256, std::string_view content_type,
                             ByteView content) {
  const std::string_view hash = sha256 ? kSha256Oid : kSha1Oid;
  // PKCS#7 hashes the content octets only: without tag and length.
  const Bytes digest =
      sha256 ? ToBytes(ByteView(Sha256(content))) : ToBytes(ByteView(Sha1(content)));
  const Bytes type_attribute =
      der::Sequence({der::Oid(kContentType), der::SetOf({der::Oid(content_type)})});
  const Bytes digest_attribute =
      der::Sequence({der::Oid(kMessageDigest), der::SetOf({der::OctetString(digest)})});
  // Signed as a SET OF, stored under an implicit [0].
  const Bytes attributes = der::SetOf({type_attribute, digest_attribute});
  WW_TRY(const Bytes signature, signer.Sign(attributes, sha256), "signing");
  Bytes stored_attributes = attributes;
  stored_attributes[0] = std::byte{0xa0};
  const Bytes signer_info = der::Sequence(
      {der::Integer(1), der::Sequence({signer.issuer_der(), der::Integer(signer.serial())}),
       AlgorithmDer(hash), stored_attributes, AlgorithmDer(kRsa), der::OctetString(signature)});
  const Bytes signed_data = der::Sequence(
      {der::Integer(1), der::SetOf({AlgorithmDer(hash)}),
       der::Sequence({der::Oid(content_type), der::Context(0, der::Element(0x30, content))}),
       der::Context(0, der::Concat({signer.certificate_der(), signer.ca_der()})),
       der::SetOf({signer_info})});
  return der::Sequence({der::Oid(kSignedData), der::Context(0, signed_data)});
}

}  // namespace ww::lab
