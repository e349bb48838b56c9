#include "wimwright/http/certificate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "wimwright/base/handle.h"
#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::http {
namespace {

using KeyHandle = Handle<EVP_PKEY, &EVP_PKEY_free>;
using X509Handle = Handle<X509, &X509_free>;
using BioHandle = Handle<BIO, &BIO_free_all>;
using ExtensionHandle = Handle<X509_EXTENSION, &X509_EXTENSION_free>;

bool IsAddress(const std::string& name) {
  unsigned char out[16];
  return inet_pton(AF_INET, name.c_str(), out) == 1 || inet_pton(AF_INET6, name.c_str(), out) == 1;
}

bool IsHostName(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '*' || c == '_';
  });
}

bool AddExtension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

template <typename Write>
std::string ToPem(const Write& write) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  if (!bio || write(bio.get()) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

bool Fill(X509* certificate, EVP_PKEY* key, const std::vector<std::string>& names,
          std::chrono::days validity, TimePoint now) {
  unsigned char serial[16];
  if (RAND_bytes(serial, sizeof(serial)) != 1) return false;
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7F) | 0x40);  // positive, of full length
  const Handle<BIGNUM, &BN_free> number(BN_bin2bn(serial, sizeof(serial), nullptr));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
  // A day back: the clock of a client may be behind.
  const auto from = static_cast<time_t>((seconds - std::chrono::days(1)).count());
  const auto until = static_cast<time_t>((seconds + validity).count());
  std::string alternatives;
  for (const auto& name : names) {
    alternatives +=
        (alternatives.empty() ? "" : ",") + std::string(IsAddress(name) ? "IP:" : "DNS:") + name;
  }
  auto* subject = X509_get_subject_name(certificate);
  const auto common = names[0].substr(0, 64);
  return number && X509_set_version(certificate, 2) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr &&
         ASN1_TIME_set(X509_getm_notBefore(certificate), from) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), until) != nullptr &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common.data()),
                                    static_cast<int>(common.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1 &&
         X509_set_pubkey(certificate, key) == 1 &&
         AddExtension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         AddExtension(certificate, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
         AddExtension(certificate, NID_ext_key_usage, "serverAuth") &&
         AddExtension(certificate, NID_subject_key_identifier, "hash") &&
         AddExtension(certificate, NID_subject_alt_name, alternatives) &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

Status WriteNew(const std::filesystem::path& path, std::string_view text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return Fail(Code::kIo, path.string() + ": " + std::strerror(errno));
  while (!text.empty()) {
    const auto count = ::write(fd.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Fail(Code::kIo, path.string() + ": " + std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (fsync(fd.get()) != 0) return Fail(Code::kIo, path.string() + ": " + std::strerror(errno));
  return {};
}

}  // namespace

Result<Certificate> MakeSelfSigned(const std::vector<std::string>& names,
                                   std::chrono::days validity, KeyKind kind, const Clock& clock) {
  if (names.empty() || names.size() > 100) return Fail(Code::kUsage, "a certificate needs names");
  for (const auto& name : names) {
    if (!IsAddress(name) && !IsHostName(name)) {
      return Fail(Code::kUsage, "'" + name.substr(0, 100) + "' is no host name or address");
    }
  }
  if (validity.count() < 1 || validity.count() > 3650) {
    return Fail(Code::kUsage, "a certificate is valid for 1 to 3650 days");
  }
  const KeyHandle key(kind == KeyKind::kP256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048));
  const X509Handle certificate(X509_new());
  if (!key || !certificate || !Fill(certificate.get(), key.get(), names, validity, clock.Now())) {
    return Fail(Code::kInternal, "OpenSSL made no certificate");
  }
  Certificate out;
  out.certificate_pem = ToPem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
  out.key_pem = ToPem([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  if (out.certificate_pem.empty() || out.key_pem.empty()) {
    return Fail(Code::kInternal, "OpenSSL wrote no certificate");
  }
  return out;
}

Status WriteCertificate(const Certificate& certificate,
                        const std::filesystem::path& certificate_path,
                        const std::filesystem::path& key_path) {
  WW_RETURN_IF_ERROR(WriteNew(key_path, certificate.key_pem));
  if (auto written = WriteNew(certificate_path, certificate.certificate_pem); !written) {
    ::unlink(key_path.c_str());  // or the next attempt would find it
    return written;
  }
  return {};
}

Result<std::string> CertificateFingerprint(const std::filesystem::path& certificate_path) {
  const BioHandle bio(BIO_new_file(certificate_path.c_str(), "r"));
  if (!bio) return Fail(Code::kNotFound, certificate_path.string() + ": cannot be read");
  const X509Handle certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!certificate) return Fail(Code::kCorrupt, certificate_path.string() + ": no certificate");
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate.get(), EVP_sha256(), digest, &size) != 1) {
    return Fail(Code::kInternal, "no digest of the certificate");
  }
  const auto hex = ToUpperAscii(ToHex(std::as_bytes(std::span(digest, size))));
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    out += (i > 0 ? ":" : "") + hex.substr(i, 2);
  }
  return out;
}

}  // namespace ww::http
