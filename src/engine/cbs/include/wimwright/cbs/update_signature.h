// The signatures that the files of an update carry themselves: of an MSU, of the cabinets in it.
// They come on top of the catalogues, which vouch for everything that is used (update_content.h).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "wimwright/base/progress.h"
#include "wimwright/cab/update_package.h"
#include "wimwright/manifest/catalog.h"

namespace ww::cbs {

struct FileSignature {
  enum class State {
    kAbsent,      // the file carries none: a WIM, a folder, a cabinet that nobody signed
    kNotChecked,  // it carries one; no trust store was given
    kVerified,    // digest of the file, signer, chain
  };
  State state = State::kAbsent;
  std::string signer;                     // of kVerified: subject, one line
  std::optional<TimePoint> signing_time;  // as manifest::SignatureInfo has it
};
// "absent", "not checked", "verified"
std::string_view StateName(FileSignature::State state);

struct UpdateSignatures {
  FileSignature file;                           // of the update itself
  std::map<std::string, FileSignature> inside;  // of packages in it, by cab::UpdateSource::name
};

// With a trust store, every file of `update` that carries a signature is hashed once, through the
// handle from which its packages are read, and must verify: else kVerificationFailed, the file
// named, with 0x800B0100 (no usable signature), 0x800B0109 (the chain ends elsewhere) or 0x80096010
// (the file was changed). A file without one is no error.
Result<UpdateSignatures> CheckFileSignatures(const cab::UpdateFile& update,
                                             const manifest::TrustStore* trust,
                                             const Cancellation& cancellation = NeverCancelled());

}  // namespace ww::cbs
