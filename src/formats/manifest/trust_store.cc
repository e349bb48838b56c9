#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "catalog_list.h"
#include "openssl_handles.h"
#include "wimwright/base/text.h"
#include "wimwright/manifest/catalog.h"

namespace ww::manifest {
namespace {

constexpr std::size_t kMaxTrusted = 10'000;
constexpr std::uint64_t kMaxTrustFile = 16u << 20;

}  // namespace

Result<TrustStore> TrustStore::FromFile(FileSystem& fs, const std::filesystem::path& path) {
  WW_TRY(const auto bytes, ReadFile(fs, path, kMaxTrustFile), "trust store");
  TrustStore store;
  WW_TRY_STATUS(store.Add(bytes), path.string());
  return store;
}

Status TrustStore::Add(ByteView certificate) {
  const auto bad = [] {
    ERR_clear_error();
    return Fail(Code::kCorrupt, "not a certificate in DER or PEM");
  };
  if (certificate.size() > kMaxCatalogBytes) return bad();
  std::vector<Bytes> found;
  const auto keep = [&found](X509* x509) {
    const int size = i2d_X509(x509, nullptr);
    if (size <= 0) return false;
    Bytes der(static_cast<std::size_t>(size));
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    found.push_back(std::move(der));
    return i2d_X509(x509, &out) == size;
  };
  if (AsText(certificate).find("-----BEGIN") == std::string_view::npos) {
    const unsigned char* at = Raw(certificate);
    const CertificateHandle x509(d2i_X509(nullptr, &at, static_cast<long>(certificate.size())));
    if (!x509 || at != Raw(certificate) + certificate.size() || !keep(x509.get())) return bad();
  } else {
    const BioHandle in(BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())));
    while (const auto x509 =
               CertificateHandle(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr))) {
      if (!keep(x509.get()) || found.size() > kMaxTrusted) return bad();
    }
    // Only the end of the file may end the list: a damaged certificate in the middle is an error.
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE || found.empty()) return bad();
    ERR_clear_error();
  }
  certificates_.insert(certificates_.end(), found.begin(), found.end());
  return {};
}

}  // namespace ww::manifest
