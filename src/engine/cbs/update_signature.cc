#include "wimwright/cbs/update_signature.h"

#include <fmt/format.h>

#include "advice.h"
#include "wimwright/cab/cabinet_signature.h"
#include "wimwright/cbs/hresult.h"
#include "wimwright/manifest/authenticode.h"

namespace ww::cbs {
namespace {

using State = FileSignature::State;

template <typename Hasher>
Result<Bytes> Hash(const File& file, const cab::CabinetSignature& signature,
                   const Cancellation& cancellation) {
  Hasher hasher;
  WW_RETURN_IF_ERROR(cab::HashSignedBytes(
      file, signature, [&hasher](ByteView bytes) { hasher.Update(bytes); }, cancellation));
  return ToBytes(hasher.Finish());
}

Result<FileSignature> Check(const File& file, const manifest::TrustStore* trust,
                            const Cancellation& cancellation) {
  const auto signature = cab::FindCabinetSignature(file);
  if (!signature && signature.error().code != Code::kCorrupt) return Fail(signature.error());
  if (signature && !*signature) return FileSignature{};
  if (trust == nullptr) return FileSignature{State::kNotChecked, {}, {}};
  if (!signature) {
    return Fail(Error{Code::kVerificationFailed, signature.error().message,
                      std::string(kDownloadAgain), kNoSignature});
  }
  if ((*signature)->size > manifest::kMaxFileSignature) {
    return Fail(Error{Code::kVerificationFailed, "a signature of more than 1 MiB",
                      std::string(kDownloadAgain), kNoSignature});
  }
  Bytes blob((*signature)->size);
  WW_RETURN_IF_ERROR(file.ReadAt((*signature)->offset, blob));
  const auto hash = [&](HashKind kind) {
    return kind == HashKind::kSha256 ? Hash<Sha256Hasher>(file, **signature, cancellation)
                                     : Hash<Sha1Hasher>(file, **signature, cancellation);
  };
  auto info = manifest::VerifyFileSignature(blob, *trust, hash);
  if (!info) return Fail(info.error());
  return FileSignature{State::kVerified, std::move(info->signer), info->signing_time};
}

}  // namespace

std::string_view StateName(FileSignature::State state) {
  switch (state) {
    case State::kAbsent:
      return "absent";
    case State::kNotChecked:
      return "not checked";
    case State::kVerified:
      break;
  }
  return "verified";
}

Result<UpdateSignatures> CheckFileSignatures(const cab::UpdateFile& update,
                                             const manifest::TrustStore* trust,
                                             const Cancellation& cancellation) {
  UpdateSignatures found;
  for (std::size_t i = 0; i < update.sources.size(); ++i) {
    const auto& source = update.sources[i];
    // Of a folder nothing but cabinets in it can be signed.
    const bool itself = i == 0 && update.kind != cab::ContainerKind::kFolder;
    auto signature = Check(*source.file, trust, cancellation);
    if (!signature) {
      const auto& error = signature.error();
      return Fail(error.code == Code::kCancelled
                      ? error
                      : error.Within(fmt::format("the signature of {}", source.name)));
    }
    (itself ? found.file : found.inside[source.name]) = *std::move(signature);
  }
  return found;
}

}  // namespace ww::cbs
