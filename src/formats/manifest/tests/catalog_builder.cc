#include "catalog_builder.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::manifest::testing {
namespace {

template <typename T>
Bytes Encode(const T* object, int (*encode)(const T*, unsigned char**)) {
  Bytes out(static_cast<std::size_t>(encode(object, nullptr)));
  auto* at = reinterpret_cast<unsigned char*>(out.data());
  encode(object, &at);
  return out;
}

void AddExtension(X509* certificate, int nid, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Signs `content` as the digest of what the signer covers.
void Finish(PKCS7_SIGNER_INFO* signer, ByteView content, const char* content_type) {
  const auto digest = Sha256(content);
  PKCS7_add_attrib_content_type(signer, OBJ_txt2obj(content_type, 1));
  PKCS7_add1_attrib_digest(signer, reinterpret_cast<const unsigned char*>(digest.data()), 32);
  PKCS7_SIGNER_INFO_sign(signer);
}

ByteView SignatureOf(const PKCS7_SIGNER_INFO* signer) {
  return std::as_bytes(std::span(ASN1_STRING_get0_data(signer->enc_digest),
                                 static_cast<std::size_t>(ASN1_STRING_length(signer->enc_digest))));
}

Bytes Oid(std::string_view content) { return Der(0x06, AsBytes(content)); }

Bytes AlgorithmSha1() { return Der(0x30, {Oid("\x2B\x0E\x03\x02\x1A"), *FromHex("0500")}); }

}  // namespace

Bytes KeyPair::Der() const { return Encode<X509>(certificate.get(), i2d_X509); }

std::string KeyPair::Pem() const {
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, certificate.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(out);
  return text;
}

KeyPair MakeCertificate(const CertificateOptions& options, const KeyPair* issuer) {
  static long serial = 1000;
  KeyPair pair{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {X509_new(), X509_free}};
  X509* certificate = pair.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate), options.not_before);
  ASN1_TIME_set(X509_getm_notAfter(certificate), options.not_after);
  X509_set_pubkey(certificate, pair.key.get());
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(options.name.data()),
                             static_cast<int>(options.name.size()), -1, 0);
  X509_set_issuer_name(certificate,
                       issuer ? X509_get_subject_name(issuer->certificate.get()) : name);
  AddExtension(certificate, NID_basic_constraints, options.ca ? "critical,CA:TRUE" : "CA:FALSE");
  if (!options.extended_usage.empty()) {
    AddExtension(certificate, NID_ext_key_usage, options.extended_usage.c_str());
  }
  X509_sign(certificate, issuer ? issuer->key.get() : pair.key.get(), EVP_sha256());
  return pair;
}

Bytes Der(std::uint8_t tag, ByteView content) {
  Bytes out;
  AppendLe(out, tag);
  if (content.size() < 0x80) {
    AppendLe(out, static_cast<std::uint8_t>(content.size()));
  } else {
    AppendLe(out, std::uint8_t{0x83});
    for (int shift = 16; shift >= 0; shift -= 8) {
      AppendLe(out, static_cast<std::uint8_t>(content.size() >> shift));
    }
  }
  Append(out, content);
  return out;
}

Bytes Der(std::uint8_t tag, const std::vector<Bytes>& parts) {
  Bytes content;
  for (const auto& part : parts) Append(content, part);
  return Der(tag, content);
}

Bytes MakeList(const std::vector<ListMember>& members) {
  const auto name_value = [](std::string_view name, std::string_view value) {
    Bytes big = *Utf8ToUtf16Le(name);
    for (std::size_t i = 0; i < big.size(); i += 2) std::swap(big[i], big[i + 1]);
    Bytes text = *Utf8ToUtf16Le(value);
    AppendLe(text, std::uint16_t{0});
    return Der(0x30, {Der(0x1E, big), *FromHex("0203010001"), Der(0x04, text)});
  };
  const Bytes name_value_oid = Oid("\x2B\x06\x01\x04\x01\x82\x37\x0C\x02\x01");
  std::vector<Bytes> subjects;
  for (const auto& member : members) {
    std::vector<Bytes> attributes;
    if (!member.name.empty()) {
      attributes.push_back(Der(0x30, {name_value_oid, Der(0x31, name_value("File", member.name))}));
    }
    if (!member.digest.empty()) {
      const Bytes data =
          Der(0x30, {Oid("\x2B\x06\x01\x04\x01\x82\x37\x02\x01\x19"), *FromHex("a2028000")});
      const Bytes info = Der(0x30, {AlgorithmSha1(), Der(0x04, member.digest)});
      attributes.push_back(Der(0x30, {Oid("\x2B\x06\x01\x04\x01\x82\x37\x02\x01\x04"),
                                      Der(0x31, Der(0x30, {data, info}))}));
    }
    subjects.push_back(Der(0x30, {Der(0x04, member.tag), Der(0x31, attributes)}));
  }
  return Der(
      0x30,
      {Der(0x30, Oid("\x2B\x06\x01\x04\x01\x82\x37\x0C\x01\x01")),
       Der(0x04, *FromHex("000102030405060708090a0b0c0d0e0f")), Der(0x17, AsBytes("200102030405Z")),
       Der(0x30, {Oid("\x2B\x06\x01\x04\x01\x82\x37\x0C\x01\x02"), *FromHex("0500")}),
       Der(0x30, subjects),
       Der(0xA0,
           Der(0x30, Der(0x30, {name_value_oid, Der(0x04, name_value("OSAttr", "2:6.1"))})))});
}

Bytes SignCatalog(ByteView list, const SignOptions& options) {
  PKCS7* message = PKCS7_new();
  PKCS7_set_type(message, NID_pkcs7_signed);
  PKCS7* content = PKCS7_new();
  content->type = OBJ_txt2obj(options.stored_type.c_str(), 1);
  content->d.other = ASN1_TYPE_new();
  ASN1_STRING* sequence = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
  ASN1_STRING_set(sequence, list.data(), static_cast<int>(list.size()));
  ASN1_TYPE_set(content->d.other, V_ASN1_SEQUENCE, sequence);
  // PKCS7_set_content() accepts known types only.
  PKCS7_free(message->d.sign->contents);
  message->d.sign->contents = content;

  // The signature covers the content octets of the sequence (made by Der(): one or four length
  // bytes).
  const bool is_short = std::to_integer<unsigned>(list[1]) < 0x80;
  const ByteView covered = list.subspan(is_short ? 2 : 5);
  for (int count = options.second_signer ? 2 : 1; count > 0; --count) {
    PKCS7_SIGNER_INFO* signer = PKCS7_add_signature(message, options.signer->certificate.get(),
                                                    options.signer->key.get(), EVP_sha256());
    Finish(signer, covered, options.content_type.c_str());
    if (options.countersigner == nullptr) continue;
    PKCS7_SIGNER_INFO* counter = PKCS7_SIGNER_INFO_new();
    PKCS7_SIGNER_INFO_set(counter, options.countersigner->certificate.get(),
                          options.countersigner->key.get(), EVP_sha256());
    PKCS7_add0_attrib_signing_time(counter, ASN1_UTCTIME_set(nullptr, options.countersigned_at));
    const Bytes other = ToBytes("something else");
    Finish(counter, options.spoil_countersignature ? ByteView(other) : SignatureOf(signer),
           "1.2.840.113549.1.7.1");
    const Bytes encoded = Encode<PKCS7_SIGNER_INFO>(counter, i2d_PKCS7_SIGNER_INFO);
    PKCS7_SIGNER_INFO_free(counter);
    ASN1_STRING* value = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
    ASN1_STRING_set(value, encoded.data(), static_cast<int>(encoded.size()));
    PKCS7_add_attribute(signer, NID_pkcs9_countersignature, V_ASN1_SEQUENCE, value);
    PKCS7_add_certificate(message, options.countersigner->certificate.get());
  }
  PKCS7_add_certificate(message, options.signer->certificate.get());
  for (const auto* other : options.others) {
    PKCS7_add_certificate(message, other->certificate.get());
  }
  Bytes out = Encode<PKCS7>(message, i2d_PKCS7);
  PKCS7_free(message);
  return out;
}

}  // namespace ww::manifest::testing
