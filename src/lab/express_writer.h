// Updates of the forms that Windows has had since 1809: payload as differences, in folders, in a
// PSF and behind a second index (windows-servicing.md 1.6, 1.7, 6.5).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "update_draft.h"
#include "wimwright/delta/encode.h"

namespace ww::lab {

enum class ExpressForm {
  kInFolders,   // f\, r\ and n\ as members of the package
  kPsf,         // the same as records of a PSF
  kPsfTargets,  // records of a PSF, and PSFX.CIX, which names each basis by its digest
};

// Older version of a component that its files are made from; null: they are new.
using BaseOf = std::function<ComponentPtr(const Component&)>;

struct ExpressOptions {
  ExpressForm form = ExpressForm::kInFolders;
  delta::DeltaFormat deltas = delta::DeltaFormat::kPa30;
  bool reverse = true;  // r\ beside f\ and n\ (not for kPsfTargets, which goes forward only)
  std::string stem;     // "Windows11.0-KB9000511-x64": names index and PSF
  FileTime time = 0;
  // Damage: changes what is stored under a name, before its digests are taken.
  std::function<void(const std::string& name, Bytes& bytes)> damage = {};
};

struct ExpressParts {
  std::vector<UpdateMember> metadata;  // what the cabinet or WIM holds
  Bytes psf;                           // empty for kInFolders
};

// `members` as MakeMembers() gives them, `components` those of the same draft. Some files stay
// whole, as in genuine packages.
Result<ExpressParts> MakeExpress(const std::vector<UpdateMember>& members,
                                 const std::vector<ComponentPtr>& components, const BaseOf& base_of,
                                 const ExpressOptions& options);

// The reverse delta of a file, as an updated image keeps it.
Result<Bytes> MakeReverseDelta(const Content& now, const Content& before);

}  // namespace ww::lab
