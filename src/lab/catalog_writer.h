// Security catalogs: which manifests a package consists of, signed (windows-servicing.md 6.8).
#pragma once

#include <string>
#include <vector>

#include "signer.h"
#include "wimwright/base/clock.h"

namespace ww::lab {

// kSha1Tags: Windows 7; members tagged by upper-case hexadecimal SHA-1 in UTF-16.
// kSha256: Windows 8 and later; every member twice, tagged by raw SHA-1 and by raw SHA-256.
enum class CatalogForm { kSha1Tags, kSha256 };

struct CatalogMember {
  ByteView content;  // the plain file; borrowed
};

// Deterministic. `name` only varies the list identifier.
Result<Bytes> MakeCatalog(const Signer& signer, CatalogForm form, std::string_view name,
                          const std::vector<CatalogMember>& members, TimePoint now);

}  // namespace ww::lab
