// Security catalogs (`.cat`): PKCS#7 signed data over a list of file digests
// (windows-servicing.md 6.8).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wimwright/base/bytes.h"
#include "wimwright/base/clock.h"
#include "wimwright/base/file.h"
#include "wimwright/base/hash.h"

namespace ww::manifest {

struct Catalog {
  struct Member {
    Bytes tag;  // as stored: a digest, or its upper-case hex digits in UTF-16 with NUL (Windows 7)
    std::optional<Sha1Digest> sha1;
    std::optional<Sha256Digest> sha256;
    std::string name_hint;  // attribute `File`, when the catalog has it
  };
  Bytes list_identifier;
  FileTime this_update = 0;
  std::vector<Member> members;
  std::vector<std::pair<std::string, std::string>> attributes;  // OSAttr...

  // Whether a member has the digest of the plain file. Logarithmic.
  bool Contains(const Sha1Digest& digest) const;
  bool Contains(const Sha256Digest& digest) const;
  // SHA-256 first, SHA-1 for the catalogs that have nothing else.
  bool ContainsFile(ByteView content) const;

  std::vector<Sha1Digest> sha1_index;  // sorted, unique
  std::vector<Sha256Digest> sha256_index;
};

// Reads the list only: nothing is verified. kCorrupt, or kLimit beyond the caps on size and
// members.
Result<Catalog> ParseCatalog(ByteView der);

// Certificates that are trusted as the end of a chain. Each may be a root or an intermediate one.
class TrustStore {
 public:
  // A file of certificates, as Add() takes them. kNotFound, kIo, kCorrupt; kLimit beyond 16 MiB.
  static Result<TrustStore> FromFile(FileSystem& fs, const std::filesystem::path& path);
  // One certificate in DER, or any number in PEM.
  Status Add(ByteView certificate);
  bool empty() const { return certificates_.empty(); }
  std::size_t size() const { return certificates_.size(); }
  const std::vector<Bytes>& certificates() const { return certificates_; }  // DER

 private:
  std::vector<Bytes> certificates_;
};

struct SignatureInfo {
  std::string signer;              // subject, one line
  std::vector<std::string> chain;  // subjects, signer first, trust anchor last
  std::optional<TimePoint>
      signing_time;  // from a verified timestamp; nullopt: none, checked at clock time
};

// Whether the catalog is as somebody signed it, whoever that was: its signature fits the
// certificate that it brings, and its certificates fit each other. Timestamps are not looked at.
// kVerificationFailed with 0x80096010.
Status CheckOwnSignature(ByteView der);

// Verifies the catalog's signature over its list, the chain of the signer (a certificate for code
// signing) to `trust` at the time of the verified timestamp (Authenticode countersignature or RFC
// 3161), or at clock.Now() when there is none. Anything else is kVerificationFailed with 0x800B0100
// or 0x800B0109. No revocation check: that needs a network.
Result<SignatureInfo> VerifySignature(ByteView der, const TrustStore& trust,
                                      const Clock& clock = SystemClock());

}  // namespace ww::manifest
