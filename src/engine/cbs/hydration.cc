#include "wimwright/cbs/hydration.h"

#include <fmt/format.h>

#include <algorithm>

#include "advice.h"
#include "wimwright/cbs/hresult.h"
#include "wimwright/delta/apply.h"
#include "wimwright/delta/store_wrapper.h"

namespace ww::cbs {
namespace {

constexpr std::uint64_t kMaxFile = 1ull << 30;

constexpr std::string_view kNeedsBase =
    "Add the checkpoint or the cumulative update that the image lacks to the same run, use an "
    "image that has never been cleaned up, or the full package of the update.";

bool ConcernsTheJob(const Error& error) {
  return error.code == Code::kIo || error.code == Code::kCancelled ||
         error.code == Code::kInternal || error.code == Code::kNoSpace;
}

// What a try with one candidate came to.
struct Miss {
  bool reverse_tried = false;
  bool forward_tried = false;
  std::string why;
};

class Hydrator {
 public:
  Hydrator(const Recipe& recipe, ByteView delta, const Sha256Digest& digest,
           const StoredFileReader& read)
      : recipe_(recipe), delta_(delta), digest_(digest), read_(read) {
    limits_.max_target = std::min(recipe.size.value_or(kMaxFile), kMaxFile);
    limits_.max_source = kMaxFile;
  }

  Result<Bytes> Run() {
    if (recipe_.size.value_or(0) > kMaxFile) {
      return Fail(Code::kLimit, recipe_.name + ": a file of over 1 GiB");
    }
    if (recipe_.kind == Recipe::Kind::kNull) return FromNothing();
    if (recipe_.kind == Recipe::Kind::kForward) {
      // Damage that shows without any basis: the CRC in front, the header.
      if (const auto header = delta::ReadHeader(delta_); !header) {
        return Fail(Error{Code::kVerificationFailed,
                          fmt::format("forward delta {}: {}", recipe_.name, header.error().message),
                          std::string(kDownloadAgain), kPsfxForwardDeltaFailed});
      }
    }
    for (const auto& candidate : recipe_.candidates) {
      auto made = From(candidate);
      if (made) return made;
      if (ConcernsTheJob(made.error())) return made;
      if (miss_.why.empty()) {
        miss_.why = fmt::format("{}: {}", candidate.file.path, made.error().message);
      }
    }
    return Fail(Verdict());
  }

 private:
  bool Fits(ByteView file) const {
    return (!recipe_.size || *recipe_.size == file.size()) && Sha256(file) == digest_;
  }

  Result<Bytes> FromNothing() const {
    auto made = delta::Apply({}, delta_, limits_);
    if (made && Fits(*made)) return made;
    return Fail(Error{
        Code::kVerificationFailed,
        fmt::format("null delta {}: {}", recipe_.name,
                    made ? "what it makes is not the file of the manifest" : made.error().message),
        std::string(kDownloadAgain), kPsfxNullDeltaFailed});
  }

  // As it lies in the store, or packed by a cleanup.
  Result<Bytes> Plain(const StoredFile& file) const {
    WW_TRY(auto bytes, read_(file), file.path);
    const auto wrapper = delta::DetectWrapper(bytes);
    if (wrapper == delta::Wrapper::kNone || wrapper == delta::Wrapper::kDcm ||
        wrapper == delta::Wrapper::kDcd) {
      return bytes;  // packed against another file: no candidate, as its digest will show
    }
    delta::Limits limits;
    limits.max_target = kMaxFile;
    auto plain = delta::Unwrap(bytes, {}, limits);
    if (!plain) return Fail(plain.error());
    return plain;
  }

  Result<Bytes> Basis(const BasisCandidate& candidate) {
    WW_TRY(auto file, Plain(candidate.file), "basis");
    if (candidate.reverse) {
      WW_TRY(const auto reverse, Plain(*candidate.reverse), "reverse delta");
      miss_.reverse_tried = true;
      delta::Limits limits;
      limits.max_target = kMaxFile;
      WW_TRY(file, delta::Apply(file, reverse, limits),
             fmt::format("reverse delta {}", candidate.reverse->path));
    }
    if (recipe_.basis && Sha256(file) != *recipe_.basis) {
      return Fail(Code::kVerificationFailed, "not the basis that the package asks for");
    }
    return file;
  }

  Result<Bytes> From(const BasisCandidate& candidate) {
    auto basis = Basis(candidate);
    if (!basis) return basis;
    if (recipe_.kind == Recipe::Kind::kCarried) {
      if (Fits(*basis)) return basis;
      return Fail(Code::kVerificationFailed, "not the file of the manifest");
    }
    miss_.forward_tried = true;
    WW_TRY(auto made, delta::Apply(*basis, delta_, limits_), "forward delta");
    if (Fits(made)) return made;
    return Fail(Code::kVerificationFailed,
                "what the forward delta makes is not the manifest's file");
  }

  Error Verdict() const {
    if (recipe_.kind == Recipe::Kind::kCarried) {
      return {Code::kPrerequisiteMissing,
              fmt::format("{} is to be carried over from the image, which does not have it ({})",
                          recipe_.name, Why()),
              std::string(kNeedsBase), kPsfxMatchingBinaryMissing};
    }
    // With the very basis that the package means, the delta is to blame.
    if (miss_.forward_tried && recipe_.basis) {
      return {Code::kVerificationFailed,
              fmt::format("forward delta {} does not make its file ({})", recipe_.name, Why()),
              std::string(kDownloadAgain), kPsfxForwardDeltaFailed};
    }
    if (recipe_.basis) {
      return {
          Code::kPrerequisiteMissing,
          fmt::format("the image lacks the basis of forward delta {} ({})", recipe_.name, Why()),
          std::string(kNeedsBase), kMissingBaselines};
    }
    if (!miss_.forward_tried) {
      return {Code::kPrerequisiteMissing,
              fmt::format("no basis of forward delta {} can be restored ({})", recipe_.name, Why()),
              std::string(kNeedsBase),
              miss_.reverse_tried ? kPsfxReverseDeltaFailed : kPsfxMatchingBinaryMissing};
    }
    // Without a way back to the released version it is the image that lacks something.
    return {
        miss_.reverse_tried ? Code::kVerificationFailed : Code::kPrerequisiteMissing,
        fmt::format("forward delta {} fits no basis that the image has ({})", recipe_.name, Why()),
        std::string(kNeedsBase),
        miss_.reverse_tried ? kPsfxForwardDeltaFailed : kPsfxReverseDeltaMissing};
  }

  std::string Why() const { return miss_.why.empty() ? "there is no candidate" : miss_.why; }

  const Recipe& recipe_;
  const ByteView delta_;
  const Sha256Digest& digest_;
  const StoredFileReader& read_;
  delta::Limits limits_;
  Miss miss_;
};

}  // namespace

Result<Bytes> Hydrate(const Recipe& recipe, ByteView delta, const Sha256Digest& digest,
                      const StoredFileReader& read) {
  return Hydrator(recipe, delta, digest, read).Run();
}

Status CheckReverseDelta(ByteView file, ByteView delta) {
  const auto refused = [](const std::string& why) {
    return Fail(Error{Code::kVerificationFailed, "reverse delta: " + why,
                      std::string(kDownloadAgain), kPsfxReverseDeltaFailed});
  };
  const auto header = delta::ReadHeader(delta);
  if (!header) return refused(header.error().message);
  delta::Limits limits;
  limits.max_target = kMaxFile;
  const auto older = delta::Apply(file, delta, limits);
  if (!older) return refused(older.error().message);
  if (header->target_hash.empty()) return refused("it does not say what it makes");
  return {};
}

}  // namespace ww::cbs
