// Enablement packages: small, they make Windows call itself by a newer build than that of its
// packages and updates (windows-servicing.md 1.9).
#pragma once

#include "update_draft.h"

namespace ww::lab {

// What there is for a line of releases: 19041 or 26100.
struct Enablement {
  std::string_view kb;
  std::string_view package;
  unsigned build;
  std::string_view version;  // that people say: "25H2"
};
const Enablement& EnablementOf(const Profile& profile);

// The package that does it, in any version of the line.
WholePackage MakeEnablementPackage(Workshop& shop, const Profile& profile,
                                   std::string_view version);
// The update that brings it.
UpdateDraft MakeEnablement(Workshop& shop, const Profile& profile);
// As if that had been installed.
void AddEnablement(Workshop& shop, ImageModel& model);

}  // namespace ww::lab
