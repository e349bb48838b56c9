#include "wimwright/distribution/authority.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <mutex>

#include "small_file.h"
#include "wimwright/base/handle.h"
#include "wimwright/base/text.h"

namespace ww::distribution {
namespace {

namespace stdfs = std::filesystem;

using KeyHandle = Handle<EVP_PKEY, &EVP_PKEY_free>;
using X509Handle = Handle<X509, &X509_free>;
using RequestHandle = Handle<X509_REQ, &X509_REQ_free>;
using BioHandle = Handle<BIO, &BIO_free_all>;
using ExtensionHandle = Handle<X509_EXTENSION, &X509_EXTENSION_free>;

constexpr std::size_t kMostPem = 64 << 10;
constexpr std::chrono::days kAuthorityLife{365 * 30};
constexpr std::chrono::days kServerLife{365 * 5};
constexpr std::chrono::days kServerMargin{182};

template <typename Write>
std::string ToPem(const Write& write) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  if (!bio || write(bio.get()) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}
std::string PemOf(X509* certificate) {
  return ToPem([=](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}
std::string PemOf(EVP_PKEY* key) {
  return ToPem([=](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

BioHandle BioOf(std::string_view text) {
  return BioHandle(BIO_new_mem_buf(text.data(), static_cast<int>(std::min(text.size(), kMostPem))));
}
X509Handle ParseCertificate(std::string_view pem) {
  const auto bio = BioOf(pem);
  return X509Handle(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
}
KeyHandle ParseKey(std::string_view pem) {
  const auto bio = BioOf(pem);
  // No callback that asks a terminal for a passphrase.
  const auto none = [](char*, int, int, void*) { return 0; };
  return KeyHandle(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, none, nullptr) : nullptr);
}

std::string Fingerprint(X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return {};
  return ToHex(std::as_bytes(std::span(digest, size)));
}

struct Description {
  std::string name;  // of the subject
  std::string usage, extended_usage, alternatives;
  bool authority = false;
  std::chrono::days validity{0};
};

bool AddExtension(X509* certificate, int nid, const std::string& value) {
  if (value.empty()) return true;
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool SetName(X509_NAME* name, std::string_view text) {
  text = text.substr(0, 64);  // a common name has no more
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

// `issuer` may be the certificate itself: the authority's own.
X509Handle Issue(const Description& what, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key,
                 TimePoint now) {
  X509Handle out(X509_new());
  unsigned char serial[16];
  if (!out || RAND_bytes(serial, sizeof(serial)) != 1) return nullptr;
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7F) | 0x40);  // positive, of full length
  const Handle<BIGNUM, &BN_free> number(BN_bin2bn(serial, sizeof(serial), nullptr));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
  auto* const certificate = out.get();
  // A day back: the clock of the other side may be behind.
  const bool good =
      number && X509_set_version(certificate, 2) == 1 &&
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr &&
      ASN1_TIME_set(X509_getm_notBefore(certificate),
                    static_cast<time_t>((seconds - std::chrono::days(1)).count())) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(certificate),
                    static_cast<time_t>((seconds + what.validity).count())) != nullptr &&
      SetName(X509_get_subject_name(certificate), what.name) &&
      X509_set_issuer_name(certificate,
                           X509_get_subject_name(issuer != nullptr ? issuer : certificate)) == 1 &&
      X509_set_pubkey(certificate, key) == 1 &&
      AddExtension(certificate, NID_basic_constraints,
                   what.authority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") &&
      AddExtension(certificate, NID_key_usage, "critical," + what.usage) &&
      AddExtension(certificate, NID_ext_key_usage, what.extended_usage) &&
      AddExtension(certificate, NID_subject_key_identifier, "hash") &&
      AddExtension(certificate, NID_subject_alt_name, what.alternatives) &&
      X509_sign(certificate, issuer_key, EVP_sha256()) > 0;
  return good ? std::move(out) : nullptr;
}

bool IsStrong(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) return bits >= 256 && bits <= 521;
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) return bits >= 2048 && bits <= 8192;
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
}

std::string SerialOf(X509* certificate) {
  const Handle<BIGNUM, &BN_free> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  unsigned char bytes[32];
  if (!number || BN_num_bytes(number.get()) > static_cast<int>(sizeof(bytes))) return {};
  const int size = BN_bn2bin(number.get(), bytes);
  return ToHex(std::as_bytes(std::span(bytes, static_cast<std::size_t>(size))));
}

class AuthorityImpl final : public Authority {
 public:
  AuthorityImpl(stdfs::path path, KeyHandle key, X509Handle certificate, const Clock& clock)
      : path_(std::move(path)),
        key_(std::move(key)),
        certificate_(std::move(certificate)),
        pem_(PemOf(certificate_.get())),
        fingerprint_(Fingerprint(certificate_.get())),
        clock_(clock) {}

  const stdfs::path& certificate_path() const override { return path_; }
  const std::string& certificate_pem() const override { return pem_; }
  const std::string& fingerprint() const override { return fingerprint_; }

  Result<SignedPoint> SignPoint(std::string_view request_pem, std::string_view name,
                                std::chrono::days validity) override {
    if (request_pem.size() > kMostPem) return Fail(Code::kLimit, "the request is too long");
    const auto bio = BioOf(request_pem);
    const RequestHandle request(bio ? PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr)
                                    : nullptr);
    if (!request) return Fail(Code::kCorrupt, "this is no request for a certificate");
    auto* const key = X509_REQ_get0_pubkey(request.get());
    if (key == nullptr || X509_REQ_verify(request.get(), key) != 1) {
      return Fail(Code::kCorrupt, "the request is not signed by its key");
    }
    if (!IsStrong(key)) return Fail(Code::kUnsupported, "the key of the request is too weak");
    const auto now = clock_.Now();
    X509Handle made;
    {
      const std::lock_guard lock(mutex_);
      made = Issue({.name = std::string(name),
                    .usage = "digitalSignature",
                    .extended_usage = "clientAuth",
                    .validity = validity},
                   key, certificate_.get(), key_.get(), now);
    }
    if (!made) return Fail(Code::kInternal, "OpenSSL made no certificate");
    return SignedPoint{PemOf(made.get()),
                       {Fingerprint(made.get()), SerialOf(made.get()), now + validity}};
  }

  Status EnsureServer(const std::vector<std::string>& names, const stdfs::path& certificate,
                      const stdfs::path& key) override {
    if (IsGoodServer(certificate, key)) return {};
    std::string alternatives;
    for (const auto& name : names) {
      const Handle<ASN1_OCTET_STRING, &ASN1_OCTET_STRING_free> address(a2i_IPADDRESS(name.c_str()));
      // What OpenSSL reads as a list of its own is no name.
      if (name.find_first_of(",:;\n ") != std::string::npos && !address) continue;
      if (!alternatives.empty()) alternatives += ",";
      alternatives += (address ? "IP:" : "DNS:") + name;
    }
    const KeyHandle made(EVP_EC_gen("P-256"));
    X509Handle issued;
    if (made) {
      const std::lock_guard lock(mutex_);
      issued = Issue({.name = names.empty() ? "wimwright site" : names.front(),
                      .usage = "digitalSignature",
                      .extended_usage = "serverAuth",
                      .alternatives = alternatives,
                      .validity = kServerLife},
                     made.get(), certificate_.get(), key_.get(), clock_.Now());
    }
    if (!issued) return Fail(Code::kInternal, "OpenSSL made no certificate");
    WW_RETURN_IF_ERROR(ReplaceText(key, PemOf(made.get())));
    return ReplaceText(certificate, PemOf(issued.get()));
  }

 private:
  bool IsGoodServer(const stdfs::path& certificate, const stdfs::path& key) {
    const auto certificate_pem = ReadText(certificate, kMostPem);
    const auto key_pem = ReadText(key, kMostPem);
    if (!certificate_pem || !key_pem) return false;
    const auto there = ParseCertificate(*certificate_pem);
    const auto its_key = ParseKey(*key_pem);
    if (!there || !its_key || X509_check_private_key(there.get(), its_key.get()) != 1) return false;
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(clock_.Now() + kServerMargin).time_since_epoch();
    auto limit = static_cast<time_t>(seconds.count());
    return X509_verify(there.get(), X509_get0_pubkey(certificate_.get())) == 1 &&
           X509_cmp_time(X509_get0_notAfter(there.get()), &limit) > 0;
  }

  const stdfs::path path_;
  const KeyHandle key_;
  const X509Handle certificate_;
  const std::string pem_, fingerprint_;
  const Clock& clock_;
  std::mutex mutex_;
};

}  // namespace

Result<KeyAndRequest> MakeKeyAndRequest() {
  const KeyHandle key(EVP_EC_gen("P-256"));
  const RequestHandle request(X509_REQ_new());
  if (!key || !request || X509_REQ_set_version(request.get(), 0) != 1 ||
      X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) <= 0) {
    return Fail(Code::kInternal, "OpenSSL made no request");
  }
  return KeyAndRequest{PemOf(key.get()),
                       ToPem([&](BIO* bio) { return PEM_write_bio_X509_REQ(bio, request.get()); })};
}

Result<std::string> FingerprintOfPem(std::string_view certificate_pem) {
  const auto certificate = ParseCertificate(certificate_pem);
  if (!certificate) return Fail(Code::kCorrupt, "this is no certificate");
  return Fingerprint(certificate.get());
}

Result<TimePoint> ExpiryOfPem(std::string_view certificate_pem) {
  const auto certificate = ParseCertificate(certificate_pem);
  if (!certificate) return Fail(Code::kCorrupt, "this is no certificate");
  const Handle<ASN1_TIME, &ASN1_TIME_free> epoch(ASN1_TIME_set(nullptr, 0));
  int days = 0, seconds = 0;
  if (!epoch ||
      ASN1_TIME_diff(&days, &seconds, epoch.get(), X509_get0_notAfter(certificate.get())) != 1) {
    return Fail(Code::kCorrupt, "the certificate has no end");
  }
  return TimePoint(std::chrono::days(days) + std::chrono::seconds(seconds));
}

Result<std::unique_ptr<Authority>> Authority::Open(const stdfs::path& dir, const Clock& clock) {
  const auto certificate_path = dir / "distribution-ca.pem";
  const auto key_path = dir / "distribution-ca.key";
  std::error_code error;
  stdfs::create_directories(dir, error);
  if (!stdfs::exists(certificate_path, error)) {
    // The key is there first; without its certificate it has signed nothing and is made again.
    const KeyHandle key(EVP_EC_gen("P-256"));
    const auto made = key ? Issue({.name = "wimwright distribution",
                                   .usage = "keyCertSign,cRLSign",
                                   .authority = true,
                                   .validity = kAuthorityLife},
                                  key.get(), nullptr, key.get(), clock.Now())
                          : nullptr;
    if (!made) return Fail(Code::kInternal, "OpenSSL made no certificate");
    WW_TRY_STATUS(ReplaceText(key_path, PemOf(key.get())), "authority");
    WW_TRY_STATUS(ReplaceText(certificate_path, PemOf(made.get()), 0644), "authority");
  }
  WW_TRY(const auto certificate_pem, ReadText(certificate_path, kMostPem), "authority");
  WW_TRY(const auto key_pem, ReadText(key_path, kMostPem), "authority");
  auto certificate = ParseCertificate(certificate_pem);
  auto key = ParseKey(key_pem);
  if (!certificate || !key || X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Fail(Error{Code::kCorrupt,
                      certificate_path.string() + " and its key do not belong together",
                      "Restore both from a backup. Without them all points enroll again.", 0});
  }
  return std::make_unique<AuthorityImpl>(certificate_path, std::move(key), std::move(certificate),
                                         clock);
}

}  // namespace ww::distribution
