// The lab's certificate authority and its signing certificate.
#pragma once

#include <memory>
#include <string>

#include "wimwright/base/bytes.h"

struct evp_pkey_st;

namespace ww::lab {

// Both key pairs are computed from fixed seeds, so that a lab is the same every time and no private
// key lies in the repository. It also means that everybody has them: for tests only.
class Signer {
 public:
  static Result<std::unique_ptr<Signer>> Create();
  ~Signer();
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

  const std::string& ca_pem() const { return ca_pem_; }
  const Bytes& ca_der() const { return ca_der_; }
  const Bytes& certificate_der() const { return certificate_der_; }
  // Issuer name and serial number of the signing certificate, as a SignerInfo names it.
  const Bytes& issuer_der() const { return issuer_der_; }
  std::uint64_t serial() const;

  // RSA with PKCS#1 padding over `data`; SHA-1 for Windows 7, else SHA-256.
  Result<Bytes> Sign(ByteView data, bool sha256) const;

 private:
  Signer() = default;
  evp_pkey_st* key_ = nullptr;
  std::string ca_pem_;
  Bytes ca_der_, certificate_der_, issuer_der_;
};

}  // namespace ww::lab
