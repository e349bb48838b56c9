// Software updates and packages as the provider makes them, for the components that make them too.
#pragma once

#include "wimwright/provider/call.h"

namespace ww::provider {

inline constexpr std::uint32_t kRelationMember = 1, kRelationSuperseded = 6;  // RelationType

// Everything that a new SMS_SoftwareUpdate has by itself: key, model, dates, flags that nobody set.
// Its CI_UniqueID is there already; names come from LocalizedInformation.
void FillNewUpdate(Call& call, cim::Instance& made, std::uint32_t ci_id);

// A row of SMS_CIRelation.
Result<cim::Instance> MakeRelation(Call& call, std::uint32_t from, std::uint32_t to,
                                   std::uint32_t type);

// SourceVersion and its dates, as RefreshPkgSource does. The caller saves.
Status RaiseSourceVersion(Call& call, cim::Instance& package);
// Stores a package that a component changed.
Status SavePackage(Call& call, cim::Instance package);

}  // namespace ww::provider
