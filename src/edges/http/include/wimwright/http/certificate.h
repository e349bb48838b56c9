// A self-signed certificate, so that the first start has TLS.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "wimwright/base/clock.h"
#include "wimwright/base/result.h"

namespace ww::http {

enum class KeyKind { kP256, kRsa2048 };

struct Certificate {
  std::string certificate_pem, key_pem;
};

// `names`: host names and addresses, the first of which is the common name; all become subject
// alternative names. kUsage for names that no certificate can carry.
Result<Certificate> MakeSelfSigned(const std::vector<std::string>& names,
                                   std::chrono::days validity, KeyKind kind = KeyKind::kP256,
                                   const Clock& clock = SystemClock());

// Writes both files, which must not exist, with mode 0600.
Status WriteCertificate(const Certificate& certificate,
                        const std::filesystem::path& certificate_path,
                        const std::filesystem::path& key_path);

// SHA-256 of the first certificate in the file, "AB:CD:..." as browsers and openssl show it.
Result<std::string> CertificateFingerprint(const std::filesystem::path& certificate_path);

}  // namespace ww::http
