#include "signer.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>

#include "content.h"
#include "wimwright/base/handle.h"

namespace ww::lab {
namespace {

using Number = Handle<BIGNUM, &BN_free>;
using NumberContext = Handle<BN_CTX, &BN_CTX_free>;
using Key = Handle<EVP_PKEY, &EVP_PKEY_free>;
using KeyContext = Handle<EVP_PKEY_CTX, &EVP_PKEY_CTX_free>;
using Certificate = Handle<X509, &X509_free>;

constexpr std::uint64_t kSignerSerial = 2;
constexpr unsigned kPublicExponent = 65537;

tl::unexpected<Error> Internal(std::string_view what) {
  return Fail(Code::kInternal, "OpenSSL: " + std::string(what));
}

// The first prime behind 1024 bits of the generator that suits the public exponent.
Result<Number> MakePrime(Random& random, BN_CTX* context) {
  std::array<unsigned char, 128> bytes;
  for (unsigned char& b : bytes) b = static_cast<unsigned char>(random.Next() >> 24);
  bytes.front() |= 0xC0;  // the product has 2048 bits
  bytes.back() |= 1;
  Number prime(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  if (!prime) return Internal("BN_bin2bn");
  while (true) {
    const int answer = BN_check_prime(prime.get(), context, nullptr);
    if (answer < 0) return Internal("BN_check_prime");
    if (answer == 1 && BN_mod_word(prime.get(), kPublicExponent) != 1) return prime;
    if (BN_add_word(prime.get(), 2) == 0) return Internal("BN_add_word");
  }
}

Result<Key> MakeKey(std::uint64_t seed) {
  const NumberContext context(BN_CTX_new());
  Random random(seed);
  WW_TRY(const Number p, MakePrime(random, context.get()), "lab key");
  WW_TRY(const Number q, MakePrime(random, context.get()), "lab key");
  const Number n(BN_new()), e(BN_new()), p1(BN_dup(p.get())), q1(BN_dup(q.get())), phi(BN_new());
  if (!n || !e || !p1 || !q1 || !phi) return Internal("BN_new");
  if (BN_mul(n.get(), p.get(), q.get(), context.get()) == 0 ||
      BN_set_word(e.get(), kPublicExponent) == 0 || BN_sub_word(p1.get(), 1) == 0 ||
      BN_sub_word(q1.get(), 1) == 0 || BN_mul(phi.get(), p1.get(), q1.get(), context.get()) == 0) {
    return Internal("RSA arithmetic");
  }
  const Number d(BN_mod_inverse(nullptr, e.get(), phi.get(), context.get()));
  const Number dp(BN_new()), dq(BN_new());
  const Number qi(BN_mod_inverse(nullptr, q.get(), p.get(), context.get()));
  if (!d || !dp || !dq || !qi || BN_mod(dp.get(), d.get(), p1.get(), context.get()) == 0 ||
      BN_mod(dq.get(), d.get(), q1.get(), context.get()) == 0) {
    return Internal("RSA arithmetic");
  }
  const Handle<OSSL_PARAM_BLD, &OSSL_PARAM_BLD_free> build(OSSL_PARAM_BLD_new());
  const std::pair<const char*, const BIGNUM*> parts[] = {
      {OSSL_PKEY_PARAM_RSA_N, n.get()},          {OSSL_PKEY_PARAM_RSA_E, e.get()},
      {OSSL_PKEY_PARAM_RSA_D, d.get()},          {OSSL_PKEY_PARAM_RSA_FACTOR1, p.get()},
      {OSSL_PKEY_PARAM_RSA_FACTOR2, q.get()},    {OSSL_PKEY_PARAM_RSA_EXPONENT1, dp.get()},
      {OSSL_PKEY_PARAM_RSA_EXPONENT2, dq.get()}, {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, qi.get()}};
  for (const auto& [name, number] : parts) {
    if (OSSL_PARAM_BLD_push_BN(build.get(), name, number) == 0) return Internal("parameters");
  }
  const Handle<OSSL_PARAM, &OSSL_PARAM_free> params(OSSL_PARAM_BLD_to_param(build.get()));
  const KeyContext maker(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !maker || EVP_PKEY_fromdata_init(maker.get()) <= 0 ||
      EVP_PKEY_fromdata(maker.get(), &key, EVP_PKEY_KEYPAIR, params.get()) <= 0) {
    return Internal("EVP_PKEY_fromdata");
  }
  return Key(key);
}

bool AddExtension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Handle<X509_EXTENSION, &X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

void AddName(X509_NAME* name, const char* field, const char* text) {
  X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(text), -1, -1, 0);
}

// `issuer` null: self-signed, an authority.
Result<Certificate> MakeCertificate(const char* common_name, std::uint64_t serial, EVP_PKEY* key,
                                    X509* issuer, EVP_PKEY* issuer_key) {
  Certificate certificate(X509_new());
  if (!certificate) return Internal("X509_new");
  X509* const x = certificate.get();
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial);
  // Long before and after every time that a test may set its clock to.
  ASN1_TIME_set_string(X509_getm_notBefore(x), "20050101000000Z");
  ASN1_TIME_set_string(X509_getm_notAfter(x), "20991231235959Z");
  X509_NAME* const subject = X509_get_subject_name(x);
  AddName(subject, "O", "wimwright lab (tests only)");
  AddName(subject, "CN", common_name);
  X509* const signed_by = issuer != nullptr ? issuer : x;
  X509_set_issuer_name(x, X509_get_subject_name(signed_by));
  X509_set_pubkey(x, key);
  const bool authority = issuer == nullptr;
  if (!AddExtension(x, signed_by, NID_basic_constraints,
                    authority ? "critical,CA:TRUE" : "critical,CA:FALSE") ||
      !AddExtension(x, signed_by, NID_key_usage,
                    authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") ||
      !AddExtension(x, signed_by, NID_subject_key_identifier, "hash") ||
      !AddExtension(x, signed_by, NID_authority_key_identifier, "keyid") ||
      (!authority && !AddExtension(x, signed_by, NID_ext_key_usage, "codeSigning"))) {
    return Internal("certificate extension");
  }
  if (X509_sign(x, issuer_key, EVP_sha256()) == 0) return Internal("X509_sign");
  return certificate;
}

Bytes ToDer(X509* certificate) {
  unsigned char* data = nullptr;
  const int size = i2d_X509(certificate, &data);
  Bytes bytes;
  if (size > 0) bytes = ToBytes(std::as_bytes(std::span(data, static_cast<std::size_t>(size))));
  OPENSSL_free(data);
  return bytes;
}

Bytes NameDer(const X509_NAME* name) {
  unsigned char* data = nullptr;
  const int size = i2d_X509_NAME(name, &data);
  Bytes bytes;
  if (size > 0) bytes = ToBytes(std::as_bytes(std::span(data, static_cast<std::size_t>(size))));
  OPENSSL_free(data);
  return bytes;
}

}  // namespace

Result<std::unique_ptr<Signer>> Signer::Create() {
  WW_TRY(const Key ca_key, MakeKey(SeedOf("lab authority")), "lab authority");
  WW_TRY(Key key, MakeKey(SeedOf("lab signer")), "lab signer");
  WW_TRY(const Certificate ca,
         MakeCertificate("wimwright lab authority", 1, ca_key.get(), nullptr, ca_key.get()),
         "lab authority");
  WW_TRY(const Certificate leaf,
         MakeCertificate("wimwright lab signer", kSignerSerial, key.get(), ca.get(), ca_key.get()),
         "lab signer");
  std::unique_ptr<Signer> signer(new Signer());
  signer->key_ = key.release();
  signer->ca_der_ = ToDer(ca.get());
  signer->certificate_der_ = ToDer(leaf.get());
  signer->issuer_der_ = NameDer(X509_get_issuer_name(leaf.get()));
  const Handle<BIO, &BIO_free> out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_X509(out.get(), ca.get()) != 1) return Internal("PEM_write_bio_X509");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  signer->ca_pem_.assign(text, static_cast<std::size_t>(size));
  return signer;
}

Signer::~Signer() { EVP_PKEY_free(key_); }

std::uint64_t Signer::serial() const { return kSignerSerial; }

Result<Bytes> Signer::Sign(ByteView data, bool sha256) const {
  const Handle<EVP_MD_CTX, &EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  const auto* const bytes = reinterpret_cast<const unsigned char*>(data.data());
  std::size_t size = 0;
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, sha256 ? EVP_sha256() : EVP_sha1(), nullptr,
                         key_) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, data.size()) != 1) {
    return Internal("EVP_DigestSign");
  }
  Bytes signature(size);
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     bytes, data.size()) != 1) {
    return Internal("EVP_DigestSign");
  }
  signature.resize(size);
  return signature;
}

}  // namespace ww::lab
