#include "cab_signer.h"

#include <algorithm>

#include "der_writer.h"
#include "signed_data_writer.h"
#include "wimwright/base/hash.h"

namespace ww::lab {
namespace {

constexpr std::string_view kCabData = "1.3.6.1.4.1.311.2.1.25";
constexpr std::size_t kOffsetOfSize = 48;
constexpr std::size_t kAlignment = 8;

// What is signed of a cabinet: found by trying on genuine files.
Bytes SignedBytes(ByteView cabinet) {
  Bytes out = ToBytes(cabinet.first(4));
  Append(out, cabinet.subspan(8, 26));
  Append(out, cabinet.subspan(56));
  return out;
}

}  // namespace

Result<Bytes> MakeSignedCab(const Signer& signer, Signing signing,
                            std::span<const CabInput> members, CabOptions options) {
  if (signing == Signing::kNone) return MakeCab(members, options);
  options.signature = Bytes(1);  // makes room in the header
  WW_TRY(Bytes cabinet, MakeCab(members, options), "cabinet");
  cabinet.pop_back();

  const bool sha256 = signing == Signing::kSha256;
  const Bytes covered = SignedBytes(cabinet);
  const Bytes digest =
      sha256 ? ToBytes(ByteView(Sha256(covered))) : ToBytes(ByteView(Sha1(covered)));
  const Bytes content = der::Concat(
      {der::Sequence({der::Oid(kCabData), der::Context(2, der::ContextPrimitive(0, {}))}),
       der::Sequence({AlgorithmDer(sha256 ? kSha256Oid : kSha1Oid), der::OctetString(digest)})});
  WW_TRY(Bytes blob, MakeSignedData(signer, sha256, kIndirectDataOid, content), "cabinet");
  blob.resize((blob.size() + kAlignment - 1) / kAlignment * kAlignment);

  Bytes size;
  AppendLe(size, static_cast<std::uint32_t>(blob.size()));
  std::copy(size.begin(), size.end(), cabinet.begin() + kOffsetOfSize);
  Append(cabinet, blob);
  return cabinet;
}

}  // namespace ww::lab
