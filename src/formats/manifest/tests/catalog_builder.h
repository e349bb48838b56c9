// Catalogs, certificates and timestamps made for the tests: no bytes of anybody else.
#pragma once

#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wimwright/base/bytes.h"

namespace ww::manifest::testing {

struct KeyPair {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
  Bytes Der() const;
  std::string Pem() const;
};

struct CertificateOptions {
  std::string name;
  bool ca = false;
  std::string extended_usage;  // "codeSigning", "timeStamping"; "" = no such extension
  std::time_t not_before = 0, not_after = 0;
};

KeyPair MakeCertificate(const CertificateOptions& options, const KeyPair* issuer = nullptr);

// DER by hand: tag, length, content.
Bytes Der(std::uint8_t tag, ByteView content);
Bytes Der(std::uint8_t tag, const std::vector<Bytes>& parts);

struct ListMember {
  Bytes tag;
  Bytes digest;  // "" = no indirect data
  std::string name;
};
// A certificate trust list as catalogs have it.
Bytes MakeList(const std::vector<ListMember>& members);

struct SignOptions {
  const KeyPair* signer = nullptr;
  std::vector<const KeyPair*> others;                 // further certificates
  std::string content_type = "1.3.6.1.4.1.311.10.1";  // of the signed attribute
  std::string stored_type = "1.3.6.1.4.1.311.10.1";   // of the content
  const KeyPair* countersigner = nullptr;
  std::time_t countersigned_at = 0;
  bool spoil_countersignature = false;
  bool second_signer = false;
};
// Signed data over any sequence made by Der().
Bytes SignCatalog(ByteView list, const SignOptions& options);

}  // namespace ww::manifest::testing
