#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <algorithm>
#include <climits>
#include <ctime>
#include <memory>

#include "der.h"
#include "hresults.h"
#include "openssl_handles.h"
#include "signed_data.h"
#include "wimwright/base/text.h"

namespace ww::manifest {
namespace {

using Pkcs7Handle = Handle<PKCS7, &PKCS7_free>;
using SignerInfoHandle = Handle<PKCS7_SIGNER_INFO, &PKCS7_SIGNER_INFO_free>;
using StoreHandle = Handle<X509_STORE, &X509_STORE_free>;
using StoreContextHandle = Handle<X509_STORE_CTX, &X509_STORE_CTX_free>;
using CmsHandle = Handle<CMS_ContentInfo, &CMS_ContentInfo_free>;
using TimestampHandle = Handle<TS_TST_INFO, &TS_TST_INFO_free>;

struct CertificatesCloser {
  void operator()(STACK_OF(X509) * certificates) const {
    sk_X509_pop_free(certificates, X509_free);
  }
};
using CertificatesHandle = std::unique_ptr<STACK_OF(X509), CertificatesCloser>;

// Genuine catalogs carry two to five certificates.
constexpr int kMaxCertificates = 100;
// Content octets of the object identifier.
constexpr std::string_view kSignedData = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02";
constexpr const char* kTimestampTokenOid = "1.3.6.1.4.1.311.3.3.1";  // SPC_RFC3161

tl::unexpected<Error> Untrusted(std::string why, std::uint32_t hresult = kTrustNoSignature) {
  ERR_clear_error();
  return Fail(Error{Code::kVerificationFailed, std::move(why), {}, hresult});
}

ByteView View(const ASN1_STRING* text) {
  return std::as_bytes(
      std::span(ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text))));
}

std::string ObjectText(const ASN1_OBJECT* object) {
  char text[100] = {};
  const int length = OBJ_obj2txt(text, sizeof(text), object, 1);
  return length <= 0 ? std::string() : std::string(text);
}

std::string SubjectOf(X509* certificate) {
  const BioHandle out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_ONELINE);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return size <= 0 ? std::string() : std::string(data, static_cast<std::size_t>(size));
}

Result<std::time_t> ToTime(const ASN1_TIME* time) {
  std::tm parts = {};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1)
    return Untrusted("a time of unusual form");
  return timegm(&parts);
}

Result<const EVP_MD*> DigestOf(const X509_ALGOR* algorithm) {
  const int nid = algorithm == nullptr ? NID_undef : OBJ_obj2nid(algorithm->algorithm);
  for (const int allowed : {NID_sha1, NID_sha256, NID_sha384, NID_sha512}) {
    if (nid == allowed) return EVP_get_digestbynid(nid);
  }
  return Untrusted("a digest algorithm that is not accepted");
}

// The form in which OpenSSL wants content: a chain through which it has been written.
Result<BioHandle> HashingChain(const EVP_MD* digest, ByteView content) {
  BioHandle chain(BIO_new(BIO_f_md()));
  BIO_set_md(chain.get(), digest);
  BIO_push(chain.get(), BIO_new(BIO_s_null()));
  const bool fits = content.size() <= INT_MAX;
  if (!fits || BIO_write(chain.get(), content.data(), static_cast<int>(content.size())) !=
                   static_cast<int>(content.size())) {
    return Untrusted("the content cannot be hashed");
  }
  return chain;
}

// The signature of `signer` over `content`, made with its certificate in `message`.
Result<X509*> CheckSignature(PKCS7* message, PKCS7_SIGNER_INFO* signer, ByteView content,
                             std::string_view content_type) {
  X509* certificate = PKCS7_cert_from_signer_info(message, signer);
  if (certificate == nullptr) return Untrusted("the signer's certificate is not there");
  // Signed attributes bind the kind of content: a signature over something else cannot be passed
  // off.
  const ASN1_TYPE* type = PKCS7_get_signed_attribute(signer, NID_pkcs9_contentType);
  if (type == nullptr || type->type != V_ASN1_OBJECT ||
      ObjectText(type->value.object) != content_type) {
    return Untrusted("the signature is not one over this kind of content");
  }
  WW_TRY(const EVP_MD* digest, DigestOf(signer->digest_alg), "signature");
  WW_TRY(const auto hashed, HashingChain(digest, content), "signature");
  if (PKCS7_signatureVerify(hashed.get(), message, signer, certificate) != 1) {
    return Untrusted("the signature does not fit the content");
  }
  return certificate;
}

class Verifier {
 public:
  static Result<Verifier> Create(const TrustStore& trust) {
    Verifier verifier;
    verifier.store_.reset(X509_STORE_new());
    for (const auto& der : trust.certificates()) {
      const unsigned char* at = Raw(der);
      const CertificateHandle certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
      if (!certificate || X509_STORE_add_cert(verifier.store_.get(), certificate.get()) != 1) {
        return Untrusted("a trusted certificate cannot be used");
      }
    }
    return verifier;
  }

  // From `certificate` to a trusted one at `time`; answers the subjects on the way.
  Result<std::vector<std::string>> CheckChain(X509* certificate, STACK_OF(X509) * others,
                                              std::uint32_t usage, std::time_t time) const {
    // A certificate without the extension answers all bits; here it has to name its purpose.
    if ((X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) == 0 ||
        (X509_get_extended_key_usage(certificate) & usage) == 0) {
      return Untrusted("the certificate is not one for this purpose");
    }
    const StoreContextHandle context(X509_STORE_CTX_new());
    if (X509_STORE_CTX_init(context.get(), store_.get(), certificate, others) != 1) {
      return Untrusted("the chain cannot be checked");
    }
    X509_VERIFY_PARAM* options = X509_STORE_CTX_get0_param(context.get());
    // What is in the store was put there by a person: it ends the chain, root or not.
    X509_VERIFY_PARAM_set_flags(options, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_time(options, time);
    X509_VERIFY_PARAM_set_depth(options, 16);
    if (X509_verify_cert(context.get()) != 1) {
      const int error = X509_STORE_CTX_get_error(context.get());
      return Untrusted(fmt::format("the chain of '{}': {}", SubjectOf(certificate),
                                   X509_verify_cert_error_string(error)),
                       kCertUntrustedRoot);
    }
    std::vector<std::string> subjects;
    STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context.get());
    for (int i = 0; i < sk_X509_num(chain); ++i)
      subjects.push_back(SubjectOf(sk_X509_value(chain, i)));
    return subjects;
  }

  // The time of the first timestamp over the signature that can be verified; nullopt: there is none
  // at all.
  Result<std::optional<std::time_t>> SigningTime(PKCS7* message, PKCS7_SIGNER_INFO* signer) const {
    std::optional<Error> failure;
    const auto* attributes = signer->unauth_attr;
    for (int i = 0; i < sk_X509_ATTRIBUTE_num(attributes); ++i) {
      X509_ATTRIBUTE* attribute = sk_X509_ATTRIBUTE_value(attributes, i);
      const ASN1_OBJECT* kind = X509_ATTRIBUTE_get0_object(attribute);
      const ASN1_TYPE* value = X509_ATTRIBUTE_get0_type(attribute, 0);
      if (value == nullptr || value->type != V_ASN1_SEQUENCE) continue;
      const ByteView bytes = View(value->value.sequence);
      std::optional<Result<std::time_t>> time;
      if (OBJ_obj2nid(kind) == NID_pkcs9_countersignature) {
        time = Countersignature(message, signer, bytes);
      } else if (ObjectText(kind) == kTimestampTokenOid) {
        time = TimestampToken(signer, bytes);
      }
      if (!time) continue;
      if (*time) return std::optional<std::time_t>(**time);
      failure = time->error();
    }
    if (failure) return Fail(failure->Within("timestamp"));
    return std::optional<std::time_t>();
  }

 private:
  // PKCS#9: a second signer whose content is the first one's signature.
  Result<std::time_t> Countersignature(PKCS7* message, PKCS7_SIGNER_INFO* signer,
                                       ByteView bytes) const {
    const unsigned char* at = Raw(bytes);
    const SignerInfoHandle counter(
        d2i_PKCS7_SIGNER_INFO(nullptr, &at, static_cast<long>(bytes.size())));
    if (!counter) return Untrusted("a countersignature that cannot be read");
    WW_TRY(X509 * certificate,
           CheckSignature(message, counter.get(), View(signer->enc_digest), "1.2.840.113549.1.7.1"),
           "countersignature");
    const ASN1_TYPE* value = PKCS7_get_signed_attribute(counter.get(), NID_pkcs9_signingTime);
    if (value == nullptr ||
        (value->type != V_ASN1_UTCTIME && value->type != V_ASN1_GENERALIZEDTIME)) {
      return Untrusted("a countersignature without time");
    }
    WW_TRY(const auto time, ToTime(value->value.asn1_string), "countersignature");
    WW_TRY(const auto chain, CheckChain(certificate, message->d.sign->cert, XKU_TIMESTAMP, time),
           "countersignature");
    static_cast<void>(chain);
    return time;
  }

  // RFC 3161: a token of its own, with its own certificates. Genuine tokens hold attribute
  // certificates too, which only the CMS functions of OpenSSL can read.
  Result<std::time_t> TimestampToken(PKCS7_SIGNER_INFO* signer, ByteView bytes) const {
    const unsigned char* at = Raw(bytes);
    const CmsHandle token(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(bytes.size())));
    if (!token || OBJ_obj2nid(CMS_get0_type(token.get())) != NID_pkcs7_signed) {
      return Untrusted("a timestamp token that cannot be read");
    }
    ASN1_OCTET_STRING** holder = CMS_get0_content(token.get());
    STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(token.get());
    const CertificatesHandle certificates(CMS_get1_certs(token.get()));
    if (OBJ_obj2nid(CMS_get0_eContentType(token.get())) != NID_id_smime_ct_TSTInfo ||
        holder == nullptr || *holder == nullptr || sk_CMS_SignerInfo_num(signers) != 1 ||
        sk_X509_num(certificates.get()) > kMaxCertificates) {
      return Untrusted("a timestamp token of unusual form");
    }
    const ByteView content = View(*holder);
    const unsigned char* info_at = Raw(content);
    const TimestampHandle info(
        d2i_TS_TST_INFO(nullptr, &info_at, static_cast<long>(content.size())));
    if (!info) return Untrusted("a timestamp that cannot be read");
    WW_RETURN_IF_ERROR(CheckImprint(info.get(), View(signer->enc_digest)));
    CMS_SignerInfo* token_signer = sk_CMS_SignerInfo_value(signers, 0);
    WW_TRY(X509 * certificate, CheckToken(token_signer, certificates.get(), content),
           "timestamp token");
    WW_TRY(const auto time, ToTime(TS_TST_INFO_get_time(info.get())), "timestamp token");
    WW_TRY(const auto chain, CheckChain(certificate, certificates.get(), XKU_TIMESTAMP, time),
           "timestamp token");
    static_cast<void>(chain);
    return time;
  }

  static Result<X509*> CheckToken(CMS_SignerInfo* signer, STACK_OF(X509) * certificates,
                                  ByteView content) {
    X509* certificate = nullptr;
    for (int i = 0; i < sk_X509_num(certificates) && certificate == nullptr; ++i) {
      X509* candidate = sk_X509_value(certificates, i);
      if (CMS_SignerInfo_cert_cmp(signer, candidate) == 0) certificate = candidate;
    }
    if (certificate == nullptr) return Untrusted("the signer's certificate is not there");
    const auto* type = static_cast<const ASN1_OBJECT*>(
        CMS_signed_get0_data_by_OBJ(signer, OBJ_nid2obj(NID_pkcs9_contentType), -3, V_ASN1_OBJECT));
    if (type == nullptr || OBJ_obj2nid(type) != NID_id_smime_ct_TSTInfo) {
      return Untrusted("the signature is not one over a timestamp");
    }
    X509_ALGOR* algorithm = nullptr;
    CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &algorithm, nullptr);
    WW_TRY(const EVP_MD* digest, DigestOf(algorithm), "signature");
    WW_TRY(const auto hashed, HashingChain(digest, content), "signature");
    CMS_SignerInfo_set1_signer_cert(signer, certificate);
    if (CMS_SignerInfo_verify_content(signer, hashed.get()) != 1 ||
        CMS_SignerInfo_verify(signer) != 1) {
      return Untrusted("the signature does not fit the content");
    }
    return certificate;
  }

  static Status CheckImprint(TS_TST_INFO* info, ByteView signature) {
    TS_MSG_IMPRINT* imprint = TS_TST_INFO_get_msg_imprint(info);
    WW_TRY(const EVP_MD* digest, DigestOf(TS_MSG_IMPRINT_get_algo(imprint)), "timestamp");
    unsigned char computed[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_Digest(signature.data(), signature.size(), computed, &size, digest, nullptr) != 1) {
      return Untrusted("a timestamp whose digest cannot be computed");
    }
    const ByteView wanted = View(TS_MSG_IMPRINT_get_msg(imprint));
    const ByteView have = std::as_bytes(std::span(computed, size));
    if (!std::equal(wanted.begin(), wanted.end(), have.begin(), have.end())) {
      return Untrusted("a timestamp of something else");
    }
    return {};
  }

  StoreHandle store_;
};

// Signed data with one signer, as OpenSSL reads it.
struct SignedMessage {
  static Result<SignedMessage> Read(ByteView der);

  Pkcs7Handle message;
  PKCS7_SIGNER_INFO* signer = nullptr;      // of `message`, as is:
  STACK_OF(X509) * certificates = nullptr;  // perhaps none
};

Result<SignedMessage> SignedMessage::Read(ByteView der) {
  const unsigned char* at = Raw(der);
  SignedMessage out;
  out.message.reset(d2i_PKCS7(nullptr, &at, static_cast<long>(der.size())));
  if (!out.message || !PKCS7_type_is_signed(out.message.get()) || out.message->d.sign == nullptr) {
    return Untrusted("not PKCS#7 signed data");
  }
  STACK_OF(PKCS7_SIGNER_INFO)* signers = PKCS7_get_signer_info(out.message.get());
  if (sk_PKCS7_SIGNER_INFO_num(signers) != 1) return Untrusted("not exactly one signer");
  out.signer = sk_PKCS7_SIGNER_INFO_value(signers, 0);
  out.certificates = out.message->d.sign->cert;
  if (sk_X509_num(out.certificates) > kMaxCertificates) return Untrusted("too many certificates");
  return out;
}

// Whether `certificate` is what its issuer signed; true when the issuer is not among `others`.
// Several may have the issuer's name: those of renewed and of cross-signed keys.
bool FitsAnIssuer(X509* certificate, STACK_OF(X509) * others) {
  bool any = false;
  for (int i = 0; i < sk_X509_num(others); ++i) {
    X509* const issuer = sk_X509_value(others, i);
    // What a root says of itself proves nothing, and old ones say it with digests long gone.
    if (X509_cmp(issuer, certificate) == 0 || X509_check_issued(issuer, certificate) != X509_V_OK) {
      continue;
    }
    any = true;
    EVP_PKEY* const key = X509_get0_pubkey(issuer);
    if (key != nullptr && X509_verify(certificate, key) == 1) return true;
  }
  return !any;
}

Status CheckOwn(ByteView der, ByteView content, const ContentType& type) {
  auto read = SignedMessage::Read(der);
  if (!read) return Fail(read.error());
  const auto certificate = CheckSignature(read->message.get(), read->signer, content, type.text);
  if (!certificate) return Fail(certificate.error());
  for (int i = 0; i < sk_X509_num(read->certificates); ++i) {
    X509* const one = sk_X509_value(read->certificates, i);
    if (!FitsAnIssuer(one, read->certificates)) {
      return Untrusted(
          fmt::format("the certificate '{}' is not what its issuer signed", SubjectOf(one)));
    }
  }
  ERR_clear_error();
  return {};
}

Result<SignatureInfo> Verify(ByteView der, ByteView content, const ContentType& type,
                             const TrustStore& trust, const Clock& clock) {
  auto read = SignedMessage::Read(der);
  if (!read) return Fail(read.error());
  auto& [message, signer, certificates] = *read;
  WW_TRY(const auto verifier, Verifier::Create(trust), "trust store");
  auto certificate = CheckSignature(message.get(), signer, content, type.text);
  if (!certificate) return Fail(certificate.error());
  const auto stamped = verifier.SigningTime(message.get(), signer);
  const auto now = std::chrono::floor<std::chrono::seconds>(clock.Now());
  const std::time_t time = stamped && *stamped ? **stamped : now.time_since_epoch().count();
  auto chain = verifier.CheckChain(*certificate, certificates, XKU_CODE_SIGN, time);
  if (!chain) {
    return Fail(stamped ? chain.error() : chain.error().FollowedBy(stamped.error()));
  }
  SignatureInfo info;
  info.signer = SubjectOf(*certificate);
  info.chain = *std::move(chain);
  if (stamped && *stamped) info.signing_time = TimePoint(std::chrono::seconds(**stamped));
  ERR_clear_error();
  return info;
}

// OpenSSL's "no" may mean that memory ran out in the middle. It is believed only when there was
// room to spare, else std::bad_alloc says what happened.
template <typename Check>
auto WithRoom(const Check& check) {
  constexpr std::size_t kRoom = 8u << 20;
  auto done = check();
  if (done) return done;
  {
    const auto room = std::make_unique_for_overwrite<char[]>(kRoom);
    *static_cast<volatile char*>(room.get()) = 0;  // or the compiler would do without
  }
  return check();
}

Status ExpectOid(DerReader& in, std::string_view oid, std::string_view what) {
  WW_TRY(const auto value, in.Expect(der::kOid), what);
  if (AsText(value.content) != oid) return Fail(Code::kCorrupt, fmt::format("not {}", what));
  return {};
}

}  // namespace

Result<ByteView> FindSignedContent(ByteView der, const ContentType& type) {
  DerReader file(der);
  WW_TRY(const auto outer, file.Expect(der::kSequence), "PKCS#7");
  if (!file.at_end()) return Fail(Code::kCorrupt, "bytes behind the signed data");
  DerReader content_info(outer.content);
  WW_TRY_STATUS(ExpectOid(content_info, kSignedData, "signed data"), "PKCS#7");
  WW_TRY(const auto wrapped, content_info.Expect(der::kContext0), "signed data");
  DerReader wrapper(wrapped.content);
  WW_TRY(const auto signed_data, wrapper.Expect(der::kSequence), "signed data");
  DerReader fields(signed_data.content);
  WW_TRY(const auto version, fields.Expect(der::kInteger), "version");
  static_cast<void>(version);
  WW_TRY(const auto algorithms, fields.Expect(der::kSet), "digest algorithms");
  static_cast<void>(algorithms);
  WW_TRY(const auto inner, fields.Expect(der::kSequence), "content");
  DerReader content(inner.content);
  WW_TRY_STATUS(ExpectOid(content, type.octets, type.name), "content");
  WW_TRY(const auto content_wrapper, content.Expect(der::kContext0), "content");
  DerReader value(content_wrapper.content);
  WW_TRY(const auto sequence, value.Expect(der::kSequence), "content");
  if (!value.at_end()) return Fail(Code::kCorrupt, "bytes behind the signed content");
  return sequence.content;
}

Status CheckOwnSignature(ByteView der, ByteView content, const ContentType& type) {
  return WithRoom([&] { return CheckOwn(der, content, type); });
}

Result<SignatureInfo> VerifySignedData(ByteView der, ByteView content, const ContentType& type,
                                       const TrustStore& trust, const Clock& clock) {
  return WithRoom([&] { return Verify(der, content, type, trust, clock); });
}

}  // namespace ww::manifest
