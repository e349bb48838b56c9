// What several files here hold of OpenSSL.
#pragma once

#include <openssl/bio.h>
#include <openssl/x509.h>

#include "wimwright/base/bytes.h"
#include "wimwright/base/handle.h"

namespace ww::manifest {

using BioHandle = Handle<BIO, &BIO_free_all>;
using CertificateHandle = Handle<X509, &X509_free>;

inline const unsigned char* Raw(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace ww::manifest
